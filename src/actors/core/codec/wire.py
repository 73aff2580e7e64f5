# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
"""Msgpack, and nothing else: the one module that imports it.

`Packer` packs exact types only (``strict_types``) and hands everything else to a hook, so a tuple
never turns into a list nor an ``IntEnum`` into an ``int`` on the way.
"""

import struct
from collections.abc import Callable
from functools import cache
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

SCALAR_HEADS: Final = frozenset(
    {*range(0x80), *range(0xA0, 0xC1), *range(0xC2, 0xC7), *range(0xCA, 0xD4), *range(0xD9, 0xDC)}
    | {*range(0xE0, 0x100)}
)
"""The first bytes of numbers, texts, ``bytes``, truth values and None."""
CONTAINER_HEADS: Final = frozenset({*range(0x80, 0xA0), *range(0xDC, 0xE0)})
"""Those of lists and dicts."""
NEVER_USED: Final = 0xC1
MESSAGE_MARK: Final = b"\xc1"
"""The one byte that begins no msgpack value: here it begins a stream which is one message."""
FAULTS: Final[tuple[type[Exception], ...]] = (
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    BufferError,
    struct.error,
    msgpack.UnpackException,
)
"""What a value that cannot be packed raises, or one that changes meanwhile, and bytes that are no message.

Any other `Exception` is not the value's: a signal handler has raised it, to end what it interrupts.
"""

_make: Callable[[Any, tuple[int, bytes]], Any] = tuple.__new__
_Packer: Callable[..., Any] = msgpack.Packer
_Unpacker: Callable[..., Any] = msgpack.Unpacker
_unpackb: Callable[..., Any] = msgpack.unpackb


def pack(value: Any, hook: Hook, errors: str | None) -> bytes:
    """`errors` is None, or ``"surrogatepass"``, which is slower, where a str has lone surrogates."""
    # A packer costs less than keeping one safe from threads, signal handlers and its own hook.
    packer = _Packer(default=hook, strict_types=True, unicode_errors=errors, buf_size=_BUFFER)
    packed: bytes = packer.pack(value)
    return packed


def pack_plain(value: Any) -> bytes:
    """Pack builtin types only; raises for any other value, and for one that is out of msgpack's range."""
    try:
        packer = _packers.pop()  # nobody else uses it now: no thread, signal handler or finalizer
    except IndexError:
        packer = _Packer(strict_types=True, buf_size=_BUFFER)
    packed: bytes = packer.pack(value)
    if len(packed) <= _KEPT:
        _packers.append(packer)
    return packed


_BUFFER: Final = 16 << 10
"""How many bytes a packer has to begin with; it doubles them when it needs more.

Two of the 256 KiB that it would have, one inside the other, are more than malloc keeps: it would get them
from the kernel, page by page, and give them back, for each nested value. That takes 20 µs.
"""
_packers: Final[list[Any]] = []
"""Packers that wait for use, in half the time of making one. One that fails is not used again."""
_KEPT: Final = 1 << 16
"""How many bytes a packer may have packed that is kept, for it keeps its memory."""


def extension(code: int, payload: bytes) -> Any:
    """What a hook returns for a value of its own; made past the checks of its constructor."""
    return _make(_ExtType, (code, payload))


def unpack(data: bytes | memoryview, hook: ExtHook, *, inside: int = 0) -> Any:
    """The one value in `data`; `inside` says how many unpacks this one is nested in.

    A header that lies about its length allocates nothing: no array, map or string can have more
    items than `data` has bytes, and the unpacker refuses one that says so.
    """
    if inside < _DEEP:
        return _unpackb(data, ext_hook=hook, strict_map_key=False, unicode_errors="surrogatepass")
    unpacker = _Unpacker(
        max_buffer_size=len(data),
        ext_hook=hook,
        strict_map_key=False,
        unicode_errors="surrogatepass",
    )
    unpacker.feed(data)
    value = unpacker.unpack()
    if unpacker.tell() != len(data):
        raise ValueError("trailing bytes")
    return value


unpack_plain: Callable[[bytes | memoryview], Any] = _unpackb
"""The one value in the data; extensions come as objects of no other use, as no hook knows them."""


_DEEP = 8
"""From here on unpack on the heap: ``unpackb`` is faster, but takes 40 KiB of the C stack."""


def kind_end(data: bytes, at: int) -> int:
    """Where those bytes end that say of what kind the stream at a place is: a message's tag, the head of a
    list or dict. The place itself for any other value.
    """
    head = data[at]
    if head == NEVER_USED:
        return at + 3 + (data[at + 1] << 8 | data[at + 2])
    return at + 1 if head in CONTAINER_HEADS else at


def body(stream: bytes | memoryview) -> bytes | memoryview:
    """The msgpack of a stream, without the tag before it if it is one message."""
    if stream[0] != NEVER_USED:
        return stream
    return memoryview(stream)[3 + (stream[1] << 8 | stream[2]) :]


def nests_deeper(data: bytes | memoryview, depth: int) -> bool:
    """Whether arrays and maps nest deeper than `depth` in valid msgpack, extensions not opened.

    The unpacker's own stack is the gauge: it holds a fixed number of levels, so we stand the value on
    a tower of lists that leaves room for `depth` more. Skipping over it takes a tenth of unpacking.
    """
    return not _skips(_ONE_LIST * (_stack_size() - depth), data)


_ONE_LIST = b"\x91"

HAS_GAUGE: Final[bool] = msgpack.Unpacker.__module__.endswith("_cmsgpack")
"""False for msgpack's pure Python fallback, whose stack is the interpreter's."""


@cache
def _stack_size() -> int:
    """How many levels the unpacker's stack holds: 512 or 1024, by version."""
    low, high = 0, 1 << 16
    while high - low > 1:
        middle = (low + high) // 2
        if _skips(_ONE_LIST * middle, b"\xc0"):
            low = middle
        else:
            high = middle
    return low


def _skips(*parts: bytes | memoryview) -> bool:
    unpacker = _Unpacker(max_buffer_size=sum(map(len, parts)))
    for part in parts:
        unpacker.feed(part)
    try:
        unpacker.skip()
    except ValueError:  # StackError is one
        return False
    return True
