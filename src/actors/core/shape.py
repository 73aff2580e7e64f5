"""Shapes: what values may be, and where and why one that does not fit fails to.

A value fits where a type checker would let it pass: an ``int`` is a ``float``, a ``bool`` an ``int``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from actors.core.errors import DecodeError, EncodeError
from actors.core.glance import brief, glance

Misfit = tuple[str, str]
"""The place of the innermost value which does not fit, and the problem with it."""

# Typed so that a check with isinstance leaves the value Any, for its items may be anything.
_DICT: type[Any] = dict
_TUPLE: type[Any] = tuple


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
        self.choices: list[tuple[type[Any], Any]] = [(type(choice), choice) for choice in choices]

    def fits(self, value: Any) -> bool:
        return any(type(value) is kind and value == choice for kind, choice in self.choices)


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

    def __init__(self, text: str, kinds: tuple[type[Any], ...], item: Shape) -> None:
        self.text = text
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
        return isinstance(value, _DICT) and self.key.all_fit(value) and self.value.all_fit(value.values())

    def misfit(self, value: Any, place: str) -> Misfit:
        if not isinstance(value, _DICT):
            return super().misfit(value, place)
        for key, item in value.items():
            if not self.key.fits(key):
                return self.key.misfit(key, f"{place} key")
            if not self.value.fits(item):
                return self.value.misfit(item, f"{place}[{brief(key)}]")
        raise AssertionError("a value without fault has no misfit")


class Row(Shape):
    """A tuple of fixed length."""

    def __init__(self, items: list[Shape]) -> None:
        self.text = f"tuple[{', '.join(item.text for item in items) or '()'}]"
        self.items = items

    def fits(self, value: Any) -> bool:
        return (
            isinstance(value, _TUPLE)
            and len(value) == len(self.items)
            and all(item.fits(each) for item, each in zip(self.items, value, strict=True))
        )

    def misfit(self, value: Any, place: str) -> Misfit:
        if isinstance(value, _TUPLE) and len(value) == len(self.items):
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
            isinstance(value, _DICT)
            and self.required <= value.keys() <= self.fields.keys()
            and all(self.fields[key].fits(item) for key, item in value.items())
        )

    def misfit(self, value: Any, place: str) -> Misfit:
        if not isinstance(value, _DICT):
            return super().misfit(value, place)
        entries = value
        for key, item in entries.items():
            if key not in self.fields:
                return place, f"{self.text} has no key {brief(key)}"
            if not self.fields[key].fits(item):
                return self.fields[key].misfit(item, f"{place}[{brief(key)}]")
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
