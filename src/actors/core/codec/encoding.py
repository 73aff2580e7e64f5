"""One value on its way out: fast, and silent about where it fails (see `diagnosis`)."""

from __future__ import annotations

from enum import Enum
from typing import Any

from actors.core.codec import leaves, wire
from actors.core.codec.limits import SEGMENT_MIN, Limits
from actors.core.message import Message
from actors.core.ref import ActorRef
from actors.core.schema import schema_of

BUFFERS = frozenset({bytes, bytearray, memoryview})
_LIFTED = BUFFERS | {list, dict}
_COLLECTIONS = {tuple: wire.TUPLE, set: wire.SET, frozenset: wire.FROZENSET}
_SMALL = 32


class Encoding:
    """Packs one value, collecting the large ``bytes`` in it as segments.

    Msgpack packs ``bytes`` without asking, so large ones have to be found before. That costs a walk
    over the value (`lift`); where they do not stand near the top, it is made only after a first
    attempt has shown that there may be any.
    """

    __slots__ = ("errors", "level", "lifting", "limits", "segments")

    def __init__(self, limits: Limits, *, lifting: bool = False, errors: str | None = None) -> None:
        self.limits = limits
        self.lifting = lifting
        self.errors = errors
        self.level = 0
        self.segments: list[bytes] = []

    def stream(self, value: Any) -> bytes:
        """The stream of a value. Raises almost anything if it cannot travel."""
        cls = type(value)
        if issubclass(cls, Message):
            return wire.MESSAGE_MARK + self.message(value, cls)
        return self.pack(value)

    def pack(self, value: Any) -> bytes:
        if self.lifting or _holds_buffer(value):
            value = self.lift(value)
        return wire.pack(value, self.hook, self.errors)

    def message(self, message: Message, cls: type[Message]) -> bytes:
        schema = schema_of(cls)
        return schema.header + self.pack(schema.dismantle(message))

    def hook(self, value: Any) -> Any:
        """What msgpack packs in place of a value it does not know."""
        cls = type(value)
        leaf = leaves.DUMPS.get(cls)
        if leaf is not None:
            code, dump = leaf
            return wire.extension(code, dump(value))
        if cls in _COLLECTIONS:
            return self.nested(_COLLECTIONS[cls], self.pack, list(value))
        if issubclass(cls, Message):
            return self.nested(wire.MESSAGE, self.message, value, cls)
        if issubclass(cls, Enum):
            return wire.extension(wire.ENUM, leaves.dump_enum(value))
        if issubclass(cls, ActorRef):
            address = value.address
            return wire.extension(wire.REF, self.pack([address.system, address.id, address.path]))
        raise TypeError(f"{cls.__name__} cannot travel")

    def nested(self, code: int, dump: Any, *arguments: Any) -> Any:
        self.level += 1
        if self.level > self.limits.depth:
            raise ValueError("too deep")
        extension = wire.extension(code, dump(*arguments))
        self.level -= 1
        return extension

    def lift(self, value: Any) -> Any:
        """The value with large ``bytes`` taken out, into the segments; itself if there are none."""
        kind = type(value)
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


def may_hold_buffers(stream: bytes) -> bool:
    """Whether a packed stream may hold ``bytes`` that should be segments; False is certain."""
    return len(stream) >= SEGMENT_MIN and (b"\xc5" in stream or b"\xc6" in stream)


def _holds_buffer(value: Any) -> bool:
    """A glance at the top for large ``bytes``, where they mostly stand."""
    kind = type(value)
    if kind in BUFFERS:
        return _size(value) >= SEGMENT_MIN
    if kind is list and len(value) <= _SMALL:
        return any(type(item) in BUFFERS and _size(item) >= SEGMENT_MIN for item in value)
    if kind is dict and len(value) <= _SMALL:
        return any(type(item) in BUFFERS and _size(item) >= SEGMENT_MIN for item in value.values())
    return False


def _size(value: bytes | bytearray | memoryview) -> int:
    return value.nbytes if type(value) is memoryview else len(value)
