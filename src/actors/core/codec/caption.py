"""The caption of a stream: what kind of value it holds, without the value being made."""

from __future__ import annotations

from typing import Final

from actors.core.codec import wire

_UNKNOWN: Final = "value"
_KINDS: Final = (
    (0x00, 0x7F, "int"),
    (0x80, 0x8F, "dict"),
    (0x90, 0x9F, "list"),
    (0xA0, 0xBF, "str"),
    (0xC0, 0xC0, "None"),
    (0xC2, 0xC3, "bool"),
    (0xC4, 0xC6, "bytes"),
    (0xCA, 0xCB, "float"),
    (0xCC, 0xD3, "int"),
    (0xD9, 0xDB, "str"),
    (0xDC, 0xDD, "list"),
    (0xDE, 0xDF, "dict"),
    (0xE0, 0xFF, "int"),
)


def caption(stream: bytes) -> str:
    """The tag of a message's class, or the type of a plain value; ``value`` where it takes more to know."""
    if stream[:1] == wire.MESSAGE_MARK:
        end = 3 + int.from_bytes(stream[1:3], "big")
        return stream[3:end].decode(errors="replace") or _UNKNOWN
    first = stream[0] if stream else 0xC1
    return next((kind for low, high, kind in _KINDS if low <= first <= high), _UNKNOWN)
