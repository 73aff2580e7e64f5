"""A glance at a value: short enough for an error message, whatever the value is."""

from reprlib import Repr
from typing import Any

_LONGEST = 60


class _Glance(Repr):
    def repr_bytes(self, value: bytes, _level: int) -> str:
        return repr(value) if len(value) <= _LONGEST else f"{value[:20]!r}... ({len(value)} bytes)"


_repr = _Glance()
_repr.maxstring = _repr.maxother = _LONGEST


def glance(value: Any) -> str:
    """The type and the beginning of the repr of a value, such as ``str 'x'``; never raises."""
    return "None" if value is None else f"{type(value).__name__} {brief(value)}"


def brief(value: Any) -> str:
    """The beginning of the repr of a value, such as ``'x'``; never raises."""
    try:
        return _repr.repr(value)
    except Exception:  # noqa: BLE001 - a repr is the user's code, and the error at hand matters more
        return "(its repr fails)"


def reason(error: BaseException) -> str:
    """What an exception says, or its type if it says nothing; never raises."""
    try:
        return str(error) or type(error).__name__
    except Exception:  # noqa: BLE001 - as above
        return type(error).__name__


def abridged(text: str, length: int) -> str:
    """A text of which no more than so many characters are shown: its beginning and its end."""
    half = length // 2
    return text if len(text) <= length else f"{text[:half]}\n[…]\n{text[-half:]}"
