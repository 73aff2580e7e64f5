"""Supervision decisions: pure functions of a spec, a reason and a history.

After OTP's ``supervisor.erl``.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import TypeVar

import attrs

from actors.core.reason import End, ExitReason
from actors.core.spec import Restart, Strategy

T = TypeVar("T")


class Verdict(Enum):
    """What becomes of a child that has ended."""

    RESTART = auto()
    STOP = auto()
    """It stays down, and that is all."""
    GIVE_UP = auto()
    """It ought to be restarted, and has been too often."""


@attrs.frozen
class Intensity:
    """How many restarts are allowed within how many seconds, in a window that slides."""

    max_restarts: int = 3
    within: float = 5.0

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
        case Restart.TRANSIENT, End.NORMAL:
            return Verdict.STOP
        case _:
            return Verdict.RESTART if intensity.allows(history, now) else Verdict.GIVE_UP


def restarted_with(strategy: Strategy, children: Sequence[T], ended: T) -> list[T]:
    """Which children, in start order, are restarted because `ended` is."""
    at = children.index(ended)
    match strategy:
        case Strategy.ONE_FOR_ONE:
            return [ended]
        case Strategy.ONE_FOR_ALL:
            return list(children)
        case Strategy.REST_FOR_ONE:
            return list(children[at:])
