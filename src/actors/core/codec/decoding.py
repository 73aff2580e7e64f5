"""One value on its way in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from actors.core.address import Address
from actors.core.codec import leaves, wire
from actors.core.codec.limits import Limits
from actors.core.codec.nesting import kind_of
from actors.core.errors import DecodeError
from actors.core.message import lookup
from actors.core.ref import ActorRef
from actors.core.schema import schema_of


class Decoding:
    """Unpacks one stream. Raises `DecodeError` or other `wire.FAULTS`."""

    level = 0
    nested = False
    """Whether a container inside the value came as an extension."""

    def __init__(
        self, limits: Limits, bind: Callable[[Address], ActorRef], segments: Sequence[bytes]
    ) -> None:
        self.limits = limits
        self.bind = bind
        self.segments = segments

    def value(self, stream: bytes | memoryview) -> Any:
        if stream[0] == wire.NEVER_USED:
            return self.message(stream, 1)
        return wire.unpack(stream, self.hook)

    def message(self, data: bytes | memoryview, start: int) -> Any:
        """A message: two bytes with the length of its tag, the tag, a map of fields by name."""
        begin = start + 2
        end = begin + (data[start] << 8 | data[start + 1])
        tag = str(data[begin:end], "utf-8")
        cls = lookup(tag)
        if cls is None:
            raise DecodeError("message", f"unknown tag {tag!r}; {_way_to_know(tag)}")
        fields = wire.unpack(data[end:], self.hook, inside=self.level)
        if kind_of(fields) is not dict:
            raise DecodeError(cls.__qualname__, f"its fields are a {kind_of(fields).__name__}")
        return schema_of(cls).build(fields)

    def hook(self, code: int, payload: bytes) -> Any:
        """The value of an extension."""
        load = leaves.LOADS.get(code)
        if load is not None:
            return load(payload)
        if code == wire.SEGMENT:
            return self.segment(payload)
        if code == wire.REF:
            return self.ref(payload)
        self.nested = True
        self.level += 1
        if self.level > self.limits.depth:
            raise DecodeError("message", f"nested more than {self.limits.depth} levels deep")
        value = self.container(code, payload)
        self.level -= 1
        return value

    def container(self, code: int, payload: bytes) -> Any:
        if code == wire.MESSAGE:
            return self.message(payload, 0)
        make = _COLLECTIONS.get(code)
        if make is None:
            raise DecodeError("message", f"unknown extension type {code}")
        return make(_list(wire.unpack(payload, self.hook, inside=self.level)))

    def segment(self, payload: bytes) -> bytes:
        index = int.from_bytes(payload, "big")
        if index >= len(self.segments):
            raise DecodeError("message", f"segment {index} of {len(self.segments)} does not exist")
        return bytes(self.segments[index])

    def ref(self, payload: bytes) -> ActorRef:
        system, number, path = _list(wire.unpack(payload, _leaf, inside=self.level))
        if type(system) is not str or type(number) is not int or type(path) is not str:
            raise DecodeError("message", "a reference with a malformed address")
        return self.bind(Address(system, number, path))


_COLLECTIONS: dict[int, Callable[[list[Any]], Any]] = {
    wire.TUPLE: tuple,
    wire.SET: set,
    wire.FROZENSET: frozenset,
}


def _way_to_know(tag: str) -> str:
    if "<locals>" in tag:
        return "the class is defined inside a function; define it at the top of a module"
    return "import the module which defines this message class in the receiving process"


def _leaf(code: int, payload: bytes) -> Any:
    """The hook inside a reference, where nothing may nest."""
    return leaves.LOADS[code](payload)


def _list(value: Any) -> list[Any]:
    if kind_of(value) is not list:
        raise DecodeError("message", f"a list belongs where a {kind_of(value).__name__} stands")
    items: list[Any] = value
    return items
