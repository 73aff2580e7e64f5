"""Supervision decisions: pure functions of a spec, a reason and a history.

After OTP's ``supervisor.erl``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import TypeVar

import attrs

from actors.core.demand import COUNT, LASTING, option
from actors.core.reason import End, ExitReason
from actors.core.strategy import AutoShutdown, Strategy
from actors.core.terms import Restart

T = TypeVar("T")


class Verdict(Enum):
    """What becomes of a child that has ended."""

    RESTART = auto()
    """It is restarted with its group, and that counts."""
    RENEW = auto()
    """It is started anew alone, and that does not count: nothing has failed."""
    STOP = auto()
    """It stays down, and that is all."""
    GIVE_UP = auto()
    """It ought to be restarted, and has been too often."""


@attrs.frozen
class Intensity:
    """How many restarts are allowed within how many seconds, in a window that slides.

    Raises `ValueError` for a number out of its range and `TypeError` for what is none.
    """

    max_restarts: int = option(3, COUNT)
    within: float = option(5.0, LASTING)

    def allows(self, history: Sequence[float], now: float) -> bool:
        """Whether one more restart is allowed `now`, after those at the times of `history`."""
        return len(self.recent(history, now)) < self.max_restarts

    def recent(self, history: Sequence[float], now: float) -> list[float]:
        """The restarts that still count."""
        return [moment for moment in history if now - moment <= self.within]


def decide(
    restart: Restart, reason: ExitReason, history: Sequence[float], now: float, intensity: Intensity
) -> Verdict:
    """What becomes of a child that ended for `reason`, after restarts at the times of `history`."""
    match restart, reason.end:
        case _, End.SHUTDOWN:
            return Verdict.STOP
        case Restart.TEMPORARY, _:
            return Verdict.STOP
        case _, End.RECYCLED:
            return Verdict.RENEW
        case Restart.TRANSIENT, End.NORMAL:
            return Verdict.STOP
        case _:
            return Verdict.RESTART if intensity.allows(history, now) else Verdict.GIVE_UP


def restarted_with(strategy: Strategy, children: Sequence[T], ended: T) -> list[T]:
    """Which children, in start order, are restarted because `ended` is."""
    match strategy:
        case Strategy.ONE_FOR_ONE:
            return [ended]
        case Strategy.ONE_FOR_ALL:
            return list(children)
        case Strategy.REST_FOR_ONE:
            return list(children[children.index(ended) :])


def shuts_down(auto_shutdown: AutoShutdown, significant: bool, others: Iterable[bool]) -> bool:
    """Whether a supervisor ends because a child has ended for good by itself.

    `significant` tells whether that child was, and `others` of each remaining child whether it is.
    """
    match auto_shutdown:
        case AutoShutdown.NEVER:
            return False
        case AutoShutdown.ANY_SIGNIFICANT:
            return significant
        case AutoShutdown.ALL_SIGNIFICANT:
            return significant and not any(others)


def tries_again(retry: int, deaths: int) -> bool:
    """Whether a message that its actor has died of so many times is handed to it once more."""
    return deaths <= retry
