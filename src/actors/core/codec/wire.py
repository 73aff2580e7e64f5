# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
"""Msgpack, and nothing else: the one module that imports it.

`Packer` packs exact types only (``strict_types``) and hands everything else to a hook, so a tuple
never turns into a list nor an ``IntEnum`` into an ``int`` on the way.
"""

from collections.abc import Callable
from typing import Any, Final

import msgpack

Hook = Callable[[Any], Any]
ExtHook = Callable[[int, bytes], Any]

_ExtType: Any = msgpack.ExtType

# Codes of extension types. A peer of another version knows them by these numbers: never reuse one.
MESSAGE: Final = 1
TUPLE: Final = 2
SET: Final = 3
FROZENSET: Final = 4
SEGMENT: Final = 5
REF: Final = 6
INT: Final = 7
ENUM: Final = 8
DATETIME: Final = 9
DATE: Final = 10
TIME: Final = 11
TIMEDELTA: Final = 12
UUID: Final = 13
DECIMAL: Final = 14
COMPLEX: Final = 15
PATH: Final = 16

NEVER_USED: Final = 0xC1
MESSAGE_MARK: Final = b"\xc1"
"""The one byte that begins no msgpack value: here it begins a stream which is one message."""

_make: Callable[..., Any] = tuple.__new__
_Packer: Callable[..., Any] = msgpack.Packer
_unpackb: Callable[..., Any] = msgpack.unpackb


def pack(value: Any, hook: Hook, errors: str | None) -> bytes:
    """`errors` is None, or ``"surrogatepass"``, which is slower, where a str has lone surrogates."""
    # A packer costs less than keeping one safe from threads, signal handlers and its own hook.
    packed: bytes = _Packer(default=hook, strict_types=True, unicode_errors=errors).pack(value)
    return packed


def extension(code: int, payload: bytes) -> Any:
    """What a hook returns for a value of its own; made past the checks of its constructor."""
    return _make(_ExtType, (code, payload))


def unpack(data: bytes | memoryview, hook: ExtHook, items: int) -> Any:
    """`items` bounds each array and map; so does the length of `data`, against lying headers."""
    size = len(data)
    if size <= items:
        return _unpackb(data, ext_hook=hook, strict_map_key=False, unicode_errors="surrogatepass")
    return _unpackb(
        data,
        ext_hook=hook,
        strict_map_key=False,
        unicode_errors="surrogatepass",
        max_array_len=items,
        max_map_len=items,
    )
