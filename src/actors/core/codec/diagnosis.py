"""Why a value cannot travel, and where in it the reason stands: slow, and run only after a failure."""

from __future__ import annotations

from enum import Enum
from typing import Any

from actors.core.advice import instead_of
from actors.core.codec import leaves
from actors.core.codec.limits import Limits
from actors.core.codec.nesting import CONTAINERS, kind_of
from actors.core.errors import EncodeError
from actors.core.glance import brief, glance, reason
from actors.core.message import Message
from actors.core.ref import ActorRef
from actors.core.schema import schema_of

_PLAIN = (type(None), bool, int, float, str, bytes, bytearray, memoryview)


def root(value: Any) -> str:
    """What a place within the value begins with."""
    cls = kind_of(value)
    return cls.__qualname__ if issubclass(cls, Message) else "message"


def diagnose(value: Any, limits: Limits) -> None:
    """Raise `EncodeError` at the first thing in the value which cannot travel, if there is one."""
    _Walk(limits).visit(value, root(value))


class _Walk:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.open: list[int] = []

    def visit(self, value: Any, place: str) -> None:
        cls = kind_of(value)
        if cls not in CONTAINERS and not issubclass(cls, Message):
            return self.leaf(value, place)
        if id(value) in self.open:
            raise EncodeError(place, f"{cls.__name__} contains itself; messages are trees")
        if len(self.open) >= self.limits.depth:
            raise EncodeError(
                place,
                f"nested more than {self.limits.depth} levels deep; "
                "send a flatter value, or raise the limit `depth`",
            )
        self.open.append(id(value))
        if issubclass(cls, Message):
            self.message(value, cls, place)
        else:
            self.container(value, place)
        self.open.pop()
        return None

    def message(self, message: Message, cls: type[Message], place: str) -> None:
        schema = schema_of(cls)
        for name, shape in schema.fields.items():
            shape.check(vars(message)[name], f"{place}.{name}")
        for name in schema.fields:
            self.visit(vars(message)[name], f"{place}.{name}")

    def container(self, value: Any, place: str) -> None:
        if len(value) > self.limits.items:
            raise EncodeError(
                place,
                f"{len(value)} items, where {self.limits.items} are allowed; "
                "send it in parts, or raise the limit `items`",
            )
        kind = kind_of(value)
        if kind is dict:
            for key, item in value.items():
                self.visit(key, f"{place} key {glance(key)}")
                self.visit(item, f"{place}[{brief(key)}]")
        elif kind in (list, tuple):
            for position, item in enumerate(value):
                self.visit(item, f"{place}[{position}]")
        else:
            for item in value:
                self.visit(item, f"{place}{{item}}")

    def leaf(self, value: Any, place: str) -> None:
        cls = kind_of(value)
        if cls in _PLAIN or issubclass(cls, ActorRef):
            if cls is memoryview and not value.c_contiguous:
                raise EncodeError(place, "a memoryview with gaps cannot travel; send bytes(...) of it")
            return
        known = leaves.DUMPS.get(cls)
        if known is None and not issubclass(cls, Enum):
            raise EncodeError(place, f"{glance(value)} cannot travel; {_way_out(cls)}")
        try:
            (known[1] if known else leaves.dump_enum)(value)
        except Exception as error:
            raise EncodeError(place, f"{glance(value)} cannot travel: {reason(error)}") from error


def _way_out(cls: type) -> str:
    for plain in (dict, list, set, frozenset, tuple, str, bytes, bool, int, float, *leaves.DUMPS):
        if issubclass(cls, plain):
            return f"it would arrive as a plain {plain.__name__}: send {plain.__name__}(...) of it"
    return instead_of(cls) or "make it a Message subclass or send plain values"
