"""How large and how deep a message may be."""

from collections.abc import Callable

import attrs

SEGMENT_MIN = 32 * 1024
"""``bytes`` of at least this length travel beside the stream: to copy shorter ones costs less."""

DEEPEST = 128
"""A level takes up to four frames of Python's recursion limit, which is 1,000 unless raised."""


def _within(least: int, most: int) -> Callable[[object, "attrs.Attribute[int]", int], None]:
    def validate(_instance: object, field: "attrs.Attribute[int]", value: int) -> None:
        if not least <= value <= most:
            raise ValueError(f"{field.name}={value} is not within {least}..{most}")

    return validate


@attrs.frozen(kw_only=True)
class Limits:
    """Checked where a message is sent and again where it is received."""

    size: int = attrs.field(default=2**31 - 1, validator=_within(1, 2**32 - 1))
    """The most bytes a message may take, stream and segments together."""
    depth: int = attrs.field(default=100, validator=_within(1, DEEPEST))
    """How deep lists, dicts, tuples, sets and messages may nest in each other."""
    items: int = attrs.field(default=2**24, validator=_within(0, 2**32 - 1))
    """The most items of one list, tuple or set, or entries of one dict."""


DEFAULT_LIMITS = Limits()
