"""Annotations, compiled into shapes once and for all."""

from __future__ import annotations

import types
import typing
from collections import abc
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path, PosixPath, PurePath, PurePosixPath, PureWindowsPath
from typing import Any, Literal, TypeVar, get_args, get_origin
from uuid import UUID

from actors.core.advice import instead_of
from actors.core.errors import EncodeError
from actors.core.generics import substitute
from actors.core.message import Message
from actors.core.ref import ActorRef
from actors.core.shape import (
    ANYTHING,
    Either,
    Entries,
    Instance,
    Items,
    Later,
    OneOf,
    Record,
    Row,
    Shape,
)

NoneType = type(None)

_PLAIN: dict[Any, Shape] = {
    Any: ANYTHING,
    object: ANYTHING,
    None: Instance("None", NoneType),
    NoneType: Instance("None", NoneType),
    int: Instance("int", int),
    bool: Instance("bool", bool),
    float: Instance("float", float, int),
    complex: Instance("complex", complex, float, int),
    str: Instance("str", str),
    typing.LiteralString: Instance("str", str),
    bytes: Instance("bytes", bytes, also=(bytearray, memoryview)),
    **{
        kind: Instance(kind.__name__, kind)
        for kind in (datetime, date, time, timedelta, UUID, Decimal, ActorRef)
    },
    **{
        kind: Instance(kind.__name__, kind)
        for kind in (PurePath, PurePosixPath, PureWindowsPath, Path, PosixPath)
    },
}

_ANY_OF = (list, tuple, set, frozenset, dict, str, bytes)
_KINDS: dict[Any, tuple[type[Any], ...]] = {
    list: (list,),
    set: (set,),
    frozenset: (frozenset,),
    abc.Set: (set, frozenset),
    abc.MutableSet: (set,),
    abc.Sequence: (list, tuple, str, bytes),
    abc.MutableSequence: (list,),
    abc.Iterable: _ANY_OF,
    abc.Collection: _ANY_OF,
}
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)


def compile_shape(
    annotation: Any, place: str, variables: Mapping[Any, Any] = types.MappingProxyType({})
) -> Shape:
    """The shape of an annotation; `place` names it in errors, e.g. ``Order.items``.

    Raises `EncodeError` if no value of such a type can travel.
    """
    return _Compiler(place).compile(substitute(annotation, variables))


class _Compiler:
    def __init__(self, place: str) -> None:
        self.place = place
        self.aliases: dict[int, Later] = {}

    def compile(self, annotation: Any) -> Shape:
        try:
            known = _PLAIN.get(annotation)
        except TypeError:  # unhashable, e.g. Annotated[int, []]
            known = None
        if known is not None:
            return known
        origin = get_origin(annotation) or annotation
        if origin is typing.Union or origin is types.UnionType:
            return Either([self.compile(option) for option in get_args(annotation)])
        if origin is Literal:
            return OneOf(get_args(annotation))
        if origin is tuple:
            return self.tuple(annotation)
        if origin in _KINDS:
            (item,) = get_args(annotation) or (Any,)
            shape = self.compile(item)
            return Items(f"{origin.__name__}[{shape.text}]", _KINDS[origin], shape)
        if origin in _MAPPINGS:
            key, value = get_args(annotation) or (Any, Any)
            return Entries(self.compile(key), self.compile(value))
        return self.wrapped(annotation, origin)

    def tuple(self, annotation: Any) -> Shape:
        items = get_args(annotation)
        if annotation in (tuple, typing.Tuple):  # noqa: UP006
            items = (Any, ...)
        if items[1:] == (...,):
            shape = self.compile(items[0])
            return Items(f"tuple[{shape.text}, ...]", (tuple,), shape)
        return Row([self.compile(item) for item in items])

    def wrapped(self, annotation: Any, origin: Any) -> Shape:
        """Annotations that stand for another one."""
        if origin in (typing.Annotated, typing.Final, typing.Required, typing.NotRequired):
            return self.compile(get_args(annotation)[0])
        if isinstance(annotation, typing.NewType):
            return self.compile(annotation.__supertype__)
        if isinstance(annotation, TypeVar):
            if annotation.__constraints__:
                return Either([self.compile(option) for option in annotation.__constraints__])
            return self.compile(Any if annotation.__bound__ is None else annotation.__bound__)
        if hasattr(origin, "__value__"):
            return self.alias(annotation, origin)
        return self.named(annotation, origin)

    def alias(self, annotation: Any, origin: Any) -> Shape:
        """``type Name = ...``, which may refer to itself."""
        if id(origin) in self.aliases:
            return self.aliases[id(origin)]
        later = self.aliases[id(origin)] = Later(origin.__name__)
        parameters = zip(origin.__type_params__, get_args(annotation), strict=False)
        later.shape = self.compile(substitute(origin.__value__, dict(parameters)))
        return later.shape

    def record(self, typed_dict: Any) -> Shape:
        hints = typing.get_type_hints(typed_dict, include_extras=True)
        fields = {name: self.compile(hint) for name, hint in hints.items()}
        # Where annotations are strings, __required_keys__ has not seen ``NotRequired``.
        optional = {name for name, hint in hints.items() if get_origin(hint) is typing.NotRequired}
        return Record(typed_dict.__name__, fields, typed_dict.__required_keys__ - optional)

    def named(self, annotation: Any, origin: Any) -> Shape:
        if typing.is_typeddict(origin):
            return self.record(origin)
        if isinstance(origin, type) and issubclass(origin, (Message, Enum)):
            return Instance(origin.__name__, origin)
        text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
        raise EncodeError(self.place, f"its type {text} cannot travel; {_way_out(annotation)}")


def _way_out(annotation: Any) -> str:
    if isinstance(annotation, typing.ForwardRef):
        return "only as `type Name = ...` (Python 3.12) may an alias refer to itself; annotate it as Any"
    if isinstance(annotation, str):
        return "the name is not defined where the message class is"
    if annotation is bytearray or annotation is memoryview:
        return "annotate it as bytes, which is what arrives"
    if isinstance(annotation, type) and issubclass(annotation, (tuple, list, dict, set)):
        return "make it a Message subclass, or use the plain builtin type"
    if isinstance(annotation, type) and (advice := instead_of(annotation)):
        return f"annotate it as what is sent: {advice}"
    return "make it a Message subclass, send plain values, or an ActorRef to whoever holds it"
