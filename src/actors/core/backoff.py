"""Backoff: a restart that waits, longer each time."""

from __future__ import annotations

from actors.core.demand import LASTING, number, option
from actors.core.message import Message


class Backoff(Message):
    """Delays the restarts of a child: ``initial``, then ``factor`` times longer each time.

    It composes with the limit of its supervisor: each restart counts, however late it comes. Durations
    are in seconds. Raises `ValueError` for a value out of its range, or an `initial` longer than `maximum`,
    and `TypeError` for what is no number.
    """

    initial: float = option(0.1, LASTING)
    """The delay before the first restart."""
    maximum: float = option(30.0, LASTING)
    """No delay is longer."""
    factor: float = option(2.0, number(1))
    jitter: float = option(0.1, number(0, 1))
    """Up to which share a delay is shortened at random, so that not all come back at once."""
    reset_after: float = option(60.0, LASTING)
    """After a life of so many seconds a restart is a first one again."""

    def __attrs_post_init__(self) -> None:
        if self.initial > self.maximum:
            raise ValueError(
                f"initial is {self.initial:g}, longer than maximum, which is {self.maximum:g}; "
                "give a longer maximum, or a shorter initial"
            )

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
