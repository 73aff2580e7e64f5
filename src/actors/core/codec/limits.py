"""How large and how deep a message may be."""

import attrs

from actors.core.demand import option, whole

SEGMENT_MIN = 32 * 1024
"""``bytes`` of at least this length travel beside the stream: to copy shorter ones costs less."""

DEEPEST = 128
"""A level takes up to four frames of Python's recursion limit, which is 1,000 unless raised."""


@attrs.frozen(kw_only=True)
class Limits:
    """Checked where a message is sent and again where it is received."""

    size: int = option(2**31 - 1, whole(1, 2**32 - 1))
    """The most bytes a message may take, stream and segments together."""
    depth: int = option(100, whole(1, DEEPEST))
    """How deep lists, dicts, tuples, sets and messages may nest in each other."""
    items: int = option(2**24, whole(0, 2**32 - 1))
    """The most items of one list, tuple or set, or entries of one dict."""


DEFAULT_LIMITS = Limits()
