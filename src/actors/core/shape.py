"""Shapes: annotations compiled into checks of values, with the place of what does not fit.

A value fits where a type checker would let it pass: an ``int`` is a ``float``, a ``bool`` an ``int``.
"""

from __future__ import annotations

import collections.abc as abc
import types
import typing
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path, PosixPath, PurePath, PurePosixPath, PureWindowsPath
from typing import Any, Literal, NoReturn, TypeVar, get_args, get_origin
from uuid import UUID

from actors.core.errors import DecodeError, EncodeError
from actors.core.glance import glance
from actors.core.generics import substitute
from actors.core.message import Message
from actors.core.ref import ActorRef

NoneType = type(None)
Misfit = tuple[str, str]
"""The place of the innermost value which does not fit, and the problem with it."""


class Shape:
    """What an annotation lets pass."""

    text: str
    exact: frozenset[type] = frozenset()
    """Types whose values fit without a further look."""

    def fits(self, value: Any) -> bool:
        raise NotImplementedError

    def misfit(self, value: Any, place: str) -> Misfit:
        """Where and why a value, for which `fits` is False, does not."""
        return place, f"expected {self.text}, got {glance(value)}"

    def check(
        self, value: Any, place: str, error: type[EncodeError] | type[DecodeError] = EncodeError
    ) -> None:
        """Raise `error` with the place and the problem unless the value fits."""
        if type(value) not in self.exact and not self.fits(value):
            raise error(*self.misfit(value, place))

    def all_fit(self, values: Collection[Any]) -> bool:
        return self.exact.issuperset(map(type, values)) or all(map(self.fits, values))


class Anything(Shape):
    """``Any`` and ``object``: the codec alone decides whether it travels."""

    text = "anything"

    def fits(self, value: Any) -> bool:
        return True

    def all_fit(self, values: Collection[Any]) -> bool:
        return True


class Instance(Shape):
    """A value of one class or another, or of their subclasses."""

    def __init__(self, text: str, *classes: type, also: tuple[type, ...] = ()) -> None:
        self.text = text
        self.exact = frozenset(classes)
        self.classes = (*classes, *also)

    def fits(self, value: Any) -> bool:
        return isinstance(value, self.classes)


class OneOf(Shape):
    """``Literal``: equal to a choice and of its type."""

    def __init__(self, choices: tuple[Any, ...]) -> None:
        self.text = " or ".join(map(repr, choices))
        self.choices = [(type(choice), choice) for choice in choices]

    def fits(self, value: Any) -> bool:
        return (type(value), value) in self.choices


class Either(Shape):
    """A union."""

    def __init__(self, options: list[Shape]) -> None:
        self.text = " | ".join(option.text for option in options)
        self.options = options
        self.exact = frozenset().union(*(option.exact for option in options))

    def fits(self, value: Any) -> bool:
        return any(type(value) in each.exact or each.fits(value) for each in self.options)

    def misfit(self, value: Any, place: str) -> Misfit:
        faults = [option.misfit(value, place) for option in self.options]
        deeper = [fault for fault in faults if fault[0] != place]
        return deeper[0] if len(deeper) == 1 else super().misfit(value, place)


class Items(Shape):
    """A list, set, sequence, ...: every item has the same shape."""

    def __init__(self, text: str, kinds: tuple[type, ...], item: Shape) -> None:
        self.text = f"{text}[{item.text}]"
        self.kinds = kinds
        self.item = item

    def fits(self, value: Any) -> bool:
        return isinstance(value, self.kinds) and self.item.all_fit(value)

    def misfit(self, value: Any, place: str) -> Misfit:
        if not isinstance(value, self.kinds):
            return super().misfit(value, place)
        position, item = next(
            (position, item) for position, item in enumerate(value) if not self.item.fits(item)
        )
        ordered = isinstance(value, list | tuple)
        return self.item.misfit(item, f"{place}[{position}]" if ordered else f"{place}{{item}}")


class Entries(Shape):
    """A dict: its keys have one shape, its values another."""

    def __init__(self, key: Shape, value: Shape) -> None:
        self.text = f"dict[{key.text}, {value.text}]"
        self.key = key
        self.value = value

    def fits(self, value: Any) -> bool:
        return (
            isinstance(value, dict)
            and self.key.all_fit(typing.cast("dict[Any, Any]", value))
            and self.value.all_fit(typing.cast("dict[Any, Any]", value).values())
        )

    def misfit(self, value: Any, place: str) -> Misfit:
        if not isinstance(value, dict):
            return super().misfit(value, place)
        for key, item in typing.cast("dict[Any, Any]", value).items():
            if not self.key.fits(key):
                return self.key.misfit(key, f"{place} key")
            if not self.value.fits(item):
                return self.value.misfit(item, f"{place}[{key!r}]")
        raise AssertionError("a value without fault has no misfit")


class Row(Shape):
    """A tuple of fixed length."""

    def __init__(self, items: list[Shape]) -> None:
        self.text = f"tuple[{', '.join(item.text for item in items) or '()'}]"
        self.items = items

    def fits(self, value: Any) -> bool:
        return (
            isinstance(value, tuple)
            and len(typing.cast("tuple[Any, ...]", value)) == len(self.items)
            and all(item.fits(each) for item, each in zip(self.items, value, strict=True))
        )

    def misfit(self, value: Any, place: str) -> Misfit:
        if isinstance(value, tuple) and len(value) == len(self.items):  # pyright: ignore[reportUnknownArgumentType]
            for position, (item, each) in enumerate(zip(self.items, value, strict=True)):
                if not item.fits(each):
                    return item.misfit(each, f"{place}[{position}]")
        return super().misfit(value, place)


class Record(Shape):
    """A ``TypedDict``."""

    def __init__(self, name: str, fields: dict[str, Shape], required: frozenset[str]) -> None:
        self.text = name
        self.fields = fields
        self.required = required

    def fits(self, value: Any) -> bool:
        return (
            isinstance(value, dict)
            and self.required <= value.keys() <= self.fields.keys()
            and all(
                self.fields[key].fits(item) for key, item in typing.cast("dict[str, Any]", value).items()
            )
        )

    def misfit(self, value: Any, place: str) -> Misfit:
        if not isinstance(value, dict):
            return super().misfit(value, place)
        entries = typing.cast("dict[str, Any]", value)
        for key, item in entries.items():
            if key not in self.fields:
                return place, f"{self.text} has no key {key!r}"
            if not self.fields[key].fits(item):
                return self.fields[key].misfit(item, f"{place}[{key!r}]")
        return place, f"{self.text} needs the key {min(self.required - entries.keys())!r}"


class Later(Shape):
    """A type alias that refers to itself: compiled when first met by a value."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.shape: Shape = ANYTHING

    def fits(self, value: Any) -> bool:
        return self.shape.fits(value)

    def misfit(self, value: Any, place: str) -> Misfit:
        return self.shape.misfit(value, place)


ANYTHING = Anything()

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
_KINDS: dict[Any, tuple[type, ...]] = {
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
            return Items(origin.__name__, _KINDS[origin], self.compile(item))
        if origin in _MAPPINGS:
            key, value = get_args(annotation) or (Any, Any)
            return Entries(self.compile(key), self.compile(value))
        return self.wrapped(annotation, origin)

    def tuple(self, annotation: Any) -> Shape:
        items = get_args(annotation)
        if annotation in (tuple, typing.Tuple):  # noqa: UP006
            items = (Any, ...)
        if items[1:] == (...,):
            return Items("tuple", (tuple,), self.compile(items[0]))
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

    def named(self, annotation: Any, origin: Any) -> Shape:
        if typing.is_typeddict(origin):
            hints = typing.get_type_hints(origin)
            fields = {name: self.compile(hint) for name, hint in hints.items()}
            return Record(origin.__name__, fields, origin.__required_keys__)
        if isinstance(origin, type) and issubclass(origin, (Message, Enum)):
            return Instance(origin.__name__, origin)
        self.refuse(annotation)

    def refuse(self, annotation: Any) -> NoReturn:
        text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
        raise EncodeError(self.place, f"its type {text} cannot travel; {_way_out(annotation)}")


def _way_out(annotation: Any) -> str:
    if isinstance(annotation, str | typing.ForwardRef):
        return "the name is not defined where the message class is"
    if annotation is bytearray or annotation is memoryview:
        return "annotate it as bytes, which is what arrives"
    if isinstance(annotation, type) and issubclass(annotation, (tuple, list, dict, set)):
        return "make it a Message subclass, or use the plain builtin type"
    return "make it a Message subclass, send plain values, or an ActorRef to whoever holds it"
