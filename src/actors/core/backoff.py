"""Backoff: a restart that waits, longer each time."""

from __future__ import annotations

from typing import Any

import attrs

from actors.core.message import Message


def _positive(_backoff: Any, field: attrs.Attribute[Any], value: float) -> None:
    if not value > 0:
        raise ValueError(f"{field.name} is {value!r}; it must be greater than 0")


def _factor(_backoff: Any, _field: Any, value: float) -> None:
    if not value >= 1:
        raise ValueError(f"factor is {value!r}; it must be at least 1")


def _share(_backoff: Any, _field: Any, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"jitter is {value!r}; it must be between 0 and 1")


class Backoff(Message):
    """Delays the restarts of a child: ``initial``, then ``factor`` times longer each time.

    It composes with the limit of its supervisor: each restart counts, however late it comes. Durations
    are in seconds. Raises `ValueError` for a value out of its range.
    """

    initial: float = attrs.field(default=0.1, converter=float, validator=_positive)
    """The delay before the first restart."""
    maximum: float = attrs.field(default=30.0, converter=float, validator=_positive)
    """No delay is longer."""
    factor: float = attrs.field(default=2.0, converter=float, validator=_factor)
    jitter: float = attrs.field(default=0.1, converter=float, validator=_share)
    """Up to which share a delay is shortened at random, so that not all come back at once."""
    reset_after: float = attrs.field(default=60.0, converter=float, validator=_positive)
    """After a life of so many seconds a restart is a first one again."""

    def attempt(self, previous: int, lived: float) -> int:
        """Which restart in a row comes next, after `previous` ones and a life of `lived` seconds."""
        return 1 if lived >= self.reset_after else previous + 1

    def delay(self, attempt: int, chance: float) -> float:
        """How long the restart of this number waits; `chance`, from 0 to 1, decides on the jitter."""
        try:
            full = min(self.maximum, self.initial * self.factor ** (attempt - 1))
        except OverflowError:
            full = self.maximum
        return full * (1 - self.jitter * chance)
