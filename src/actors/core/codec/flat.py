"""Flat values: scalars, dicts of scalars, and messages whose fields are all scalars.

Most messages are such, and here they take a straight line, worked out once for each class. Nothing in
them is nested or an extension, and no ``bytes`` are so large that they travel beside the stream, so its
length alone shows that they keep the limits. Whatever turns out not to be flat, or wrong, goes the
general way, which knows how to say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

from actors.core.codec import wire
from actors.core.codec.limits import SEGMENT_MIN
from actors.core.codec.nesting import kind_of
from actors.core.errors import DecodeError
from actors.core.message import Message, defined, lookup_packed
from actors.core.schema import Schema, fields_of, schema_of

Dump = Callable[[Any], bytes | None]
Load = Callable[[bytes | memoryview], Message]

_SCALARS: Final[frozenset[type]] = frozenset({int, float, bool, str, type(None)})
_HOOKS: Final = ("__attrs_pre_init__", "__attrs_post_init__", "__new__")


def _dump_dict(value: dict[Any, Any]) -> bytes | None:
    return wire.pack_plain(value) if _are_flat(value.values()) else None


def _dump_bytes(value: bytes) -> bytes | None:
    return wire.pack_plain(value) if len(value) < SEGMENT_MIN else None


def _are_flat(values: Iterable[Any]) -> bool:
    for value in values:
        kind = kind_of(value)
        if kind not in _SCALARS and (kind is not bytes or len(value) >= SEGMENT_MIN):
            return False
    return True


def _is_not_flat(_value: Any) -> None:
    """Leave it to the general way."""


class _Dumps(dict[type, Dump]):
    def __missing__(self, cls: type) -> Dump:
        if not issubclass(cls, Message):
            return _is_not_flat
        schema = schema_of(cls)
        dump = self[cls] = _dump_of(schema) if schema.flat else _is_not_flat
        return dump


class _Loads(dict[type[Message], Load | None]):
    def __missing__(self, cls: type[Message]) -> Load | None:
        schema = schema_of(cls)
        load = self[cls] = _load_of(schema) if schema.flat else None
        return load


DUMPS: Final = _Dumps(
    {list: _is_not_flat, dict: _dump_dict, bytes: _dump_bytes, **dict.fromkeys(_SCALARS, wire.pack_plain)}
)
"""What packs the values of a type; it returns None for one that is not flat.

Raises any of the `wire.FAULTS` if a value is not what its class says.
"""

LOADS: Final = _Loads()
"""What makes a message of a class from its packed fields, None where they are not flat.

Raises any of the `wire.FAULTS` if the fields are not what the class says.
"""


def get_acquainted() -> None:
    """Work out now what would be worked out when a message of each class that is defined first travels.

    A class whose fields cannot travel says so then, as if nobody had tried.
    """
    for cls in defined():
        with suppress(BaseException):  # its annotations are the user's, and may raise anything
            _ = DUMPS[cls], LOADS[cls]


def _dump_of(schema: Schema) -> Dump:
    head, width, pack = wire.MESSAGE_MARK + schema.header, schema.width, wire.pack_plain
    checks = [(name, exact) for name, exact, _ in schema.checks]

    def dump(message: Message) -> bytes | None:
        fields = message.__dict__
        if len(fields) != width:
            return None
        for name, exact in checks:
            if type(fields[name]) not in exact:
                return None
        return head + pack(fields)

    def dump_small(message: Message) -> bytes | None:
        return dump(message) if _are_flat(vars(message).values()) else None

    return dump if schema.scalar else dump_small


def _load_of(schema: Schema) -> Load:
    """Makes an object past its `__init__` where that would do nothing but set the fields."""
    cls, width = schema.cls, schema.width
    checks = [(name, exact) for name, exact, _ in schema.checks]
    tag = cls.__tag__.encode()
    new, unpack, plain = object.__new__, wire.unpack_plain, _only_sets(cls)
    give: Callable[[Message, dict[str, Any]], None] = vars(Message)["__dict__"].__set__

    def load(data: bytes | memoryview) -> Message:
        fields = unpack(data)
        for name, exact in checks:
            if type(fields[name]) not in exact:
                raise DecodeError(cls.__qualname__, name)
        if len(fields) != width:
            raise DecodeError(cls.__qualname__, "other fields")
        if lookup_packed(tag) is not cls:
            raise DecodeError(cls.__qualname__, "defined anew")
        if not plain:
            return schema.construct(fields)
        message = new(cls)
        give(message, fields)
        return message

    return load


def _only_sets(cls: type[Message]) -> bool:
    """Whether the `__init__` of a class does nothing but set fields: validates, converts, adds nothing."""
    fields: tuple[Any, ...] = fields_of(cls)
    if any(not field.init or field.validator or field.converter for field in fields):
        return False
    return not any(getattr(cls, hook, None) is not getattr(object, hook, None) for hook in _HOOKS)
