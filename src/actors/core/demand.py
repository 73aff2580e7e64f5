"""Demands: what the value of an option has to be, and what is said of one that is not."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from numbers import Integral, Real
from typing import Any, Final

import attrs

from actors.core.glance import brief

Test = Callable[[Any], bool]


def _any(_value: Any) -> bool:
    return True


def _unchanged(value: Any) -> Any:
    return value


@attrs.frozen
class Demand:
    """What a value has to be. As the validator of a field it calls the value by the field's name."""

    text: str
    """As in "mailbox_size is 2.5; it must be ..."."""
    kind: Test
    """Whether a value is of a right type."""
    fits: Test = _any
    """Whether a value of a right type is within the bounds."""
    convert: Callable[[Any], Any] = _unchanged
    """Makes a right value of what stands for one, and leaves everything else as it is."""

    def check(self, name: str, value: Any) -> Any:
        """The value, converted. Raises `TypeError` for a wrong type and `ValueError` for a wrong value."""
        right = self.convert(value)
        if not self.kind(right):
            raise TypeError(self._refusal(name, value))
        if not self.fits(right):
            raise ValueError(self._refusal(name, value))
        return right

    def __call__(self, _instance: Any, field: attrs.Attribute[Any], value: Any) -> None:
        self.check(field.name, value)

    def _refusal(self, name: str, value: Any) -> str:
        return f"{name} is {brief(value)}; it must be {self.text}"


def option(default: Any, demand: Demand) -> Any:
    """A field of an attrs class whose values have to be as demanded."""
    return attrs.field(default=default, converter=demand.convert, validator=demand)


def whole(least: int, most: float = math.inf) -> Demand:
    """A whole number."""
    text = f"a whole number, {_bounds(least, most)}"
    return Demand(text, _is(int), lambda value: least <= value <= most, _whole)


def number(least: float, most: float = math.inf) -> Demand:
    """Any number; not a number is none."""
    text = f"a number, {_bounds(least, most)}"
    return Demand(text, _is(float), lambda value: least <= value <= most, _float)


def choice(kind: type[StrEnum]) -> Demand:
    """A member of an enumeration, or its value."""
    *most, last = (repr(member.value) for member in kind)
    text = f"{', '.join(most)} or {last} ({kind.__name__})"

    def convert(value: Any) -> Any:
        return kind(value) if isinstance(value, str) and value in kind.__members__.values() else value

    return Demand(text, _is(str), _is(kind), convert)


def instance(kind: type) -> Demand:
    """A value of a class."""
    return Demand(f"a {kind.__name__}", _is(kind))


def optional(demand: Demand, meaning: str) -> Demand:
    """A value as demanded, or None, which has a meaning."""
    return Demand(
        f"{demand.text}, or None for {meaning}",
        lambda value: value is None or demand.kind(value),
        lambda value: value is None or demand.fits(value),
        demand.convert,
    )


def no_seconds(name: str, value: Any) -> TypeError:
    """What to raise where reckoning with a duration has failed, which was not checked beforehand."""
    return TypeError(f"{name} is {brief(value)}; it must be a number of seconds (math.inf for no limit)")


def _is(kind: type) -> Test:
    def test(value: Any) -> bool:
        return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))

    return test


def _bounds(least: float, most: float) -> str:
    return f"at least {least}" if most == math.inf else f"at least {least} and at most {most}"


def _whole(value: Any) -> Any:
    is_whole = _is(Integral)(value) or (isinstance(value, float) and value.is_integer())  # such as 1e9
    return int(value) if is_whole else value


def _float(value: Any) -> Any:
    try:
        return float(value) if _is(Real)(value) else value
    except OverflowError:
        return math.inf if value > 0 else -math.inf


COUNT: Final = whole(0)
FLAG: Final = Demand("True or False", _is(bool))
TEXT: Final = instance(str)
SECONDS: Final = Demand("a number of seconds, at least 0", _is(float), lambda value: value >= 0, _float)
LASTING: Final = Demand("a number of seconds, greater than 0", _is(float), lambda value: value > 0, _float)
"""A duration that is not nothing."""
