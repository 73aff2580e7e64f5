"""One value on its way out: the general way, silent about where it fails (see `diagnosis`)."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from actors.core.codec import leaves, wire
from actors.core.codec.limits import SEGMENT_MIN, Limits
from actors.core.codec.nesting import kind_of, within
from actors.core.message import Message
from actors.core.ref import ActorRef
from actors.core.schema import schema_of

BUFFERS = frozenset({bytes, bytearray, memoryview})
_LIFTED = BUFFERS | {list, dict}
_COLLECTIONS: dict[type[Any], int] = {tuple: wire.TUPLE, set: wire.SET, frozenset: wire.FROZENSET}
_SMALL = 32
_WARY = 4
"""The level at which to measure before packing on: msgpack recurses 1,024 times in each, on the C stack."""
_BIN32 = re.compile(rb"\xc6(?=[\x00-\x7f])")  # bytes of 64 KiB to 2 GiB, and never part of UTF-8


class Encoding:
    """Packs one value, collecting the large ``bytes`` in it as segments.

    Msgpack packs ``bytes`` without asking, so large ones have to be found before, which costs a walk
    over the value (`lift`). It is made if a glance shows any near the top, or in a field of a message
    or an item of a tuple; or, for those of 64 KiB and more, anywhere, if a first attempt packed any.
    """

    __slots__ = ("errors", "level", "lifting", "limits", "nested", "segments")

    def __init__(self, limits: Limits, *, lifting: bool = False, errors: str | None = None) -> None:
        self.limits = limits
        self.lifting = lifting
        self.errors = errors
        self.level = 0
        self.nested = False
        """Whether a container inside the value travels as an extension."""
        self.segments: list[bytes] = []

    def stream(self, value: Any) -> bytes:
        """The stream of a value. Raises almost anything if it cannot travel."""
        cls = kind_of(value)
        if issubclass(cls, Message):
            return wire.MESSAGE_MARK + self.message(value, cls)
        return self.pack(value)

    def pack(self, value: Any) -> bytes:
        if self.lifting or _shows_buffer(value):
            value = self.lift(value)
        return wire.pack(value, self.hook, self.errors)

    def message(self, message: Message, cls: type[Message]) -> bytes:
        schema = schema_of(cls)
        fields = schema.dismantle(message)
        if schema.scalar:
            return schema.header + wire.pack(fields, self.hook, self.errors)
        return schema.header + self.pack(fields)

    def hook(self, value: Any) -> Any:
        """What msgpack packs in place of a value it does not know."""
        cls = kind_of(value)
        leaf = leaves.DUMPS.get(cls)
        if leaf is not None:
            code, dump = leaf
            return wire.extension(code, dump(value))
        if cls in _COLLECTIONS:
            return self.container(_COLLECTIONS[cls], self.pack, list(value))
        if issubclass(cls, Message):
            return self.container(wire.MESSAGE, self.message, value, cls)
        if issubclass(cls, Enum):
            return wire.extension(wire.ENUM, leaves.dump_enum(value))
        if issubclass(cls, ActorRef):
            address = value.address
            return wire.extension(wire.REF, self.pack([address.system, address.id, address.path]))
        raise TypeError(f"{cls.__name__} cannot travel")

    def container(self, code: int, dump: Any, *arguments: Any) -> Any:
        self.nested = True
        self.level += 1
        if self.level == _WARY and not within(arguments[0], self.limits):
            raise ValueError("too deep, or too many items")
        extension = wire.extension(code, dump(*arguments))
        self.level -= 1
        return extension

    def lift(self, value: Any) -> Any:
        """The value with large ``bytes`` taken out, into the segments; itself if there are none."""
        kind = kind_of(value)
        if kind in BUFFERS:
            return self.segment(value) if _size(value) >= SEGMENT_MIN else value
        if kind is list:
            if _LIFTED.isdisjoint(map(type, value)):
                return value
            return [self.lift(item) for item in value]
        if kind is dict:
            return {self.lift(key): self.lift(item) for key, item in value.items()}
        return value

    def segment(self, value: bytes | bytearray | memoryview) -> Any:
        # bytes() of bytes is the same object; what is mutable is copied, as it may change later.
        self.segments.append(bytes(value))
        return wire.extension(wire.SEGMENT, (len(self.segments) - 1).to_bytes(4, "big"))


def has_large_buffer(stream: bytes) -> bool:
    """Whether large ``bytes`` stand in a packed stream, deeper than a glance has reached."""
    if len(stream) <= 0xFFFF:
        return False
    for header in _BIN32.finditer(stream):
        start = header.end()
        size = int.from_bytes(stream[start : start + 4], "big")
        if 0xFFFF < size <= len(stream) - start - 4:
            return True
    return False


def _shows_buffer(value: Any, levels: int = 3) -> bool:
    """Whether large ``bytes`` stand near the top of a value, where they mostly do."""
    kind = kind_of(value)
    if kind in BUFFERS:
        return _size(value) >= SEGMENT_MIN
    if kind is dict and len(value) <= _SMALL:
        value = value.values()
    elif kind is not list or len(value) > _SMALL:
        return False
    if _LIFTED.isdisjoint(map(kind_of, value)):  # as a rule
        return False
    for item in value:
        kind = kind_of(item)
        if kind in _LIFTED and (kind in BUFFERS or levels) and _shows_buffer(item, levels - 1):
            return True
    return False


def _size(value: bytes | bytearray | memoryview) -> int:
    return value.nbytes if type(value) is memoryview else len(value)
