"""Castings: roles for processes that are still to come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

import attrs

from actors.runtime.guardian.loop import Loop, Timer
from actors.runtime.guardian.process import ActorProcess

_MOMENT: Final = 0.01
"""For how many seconds they wait for the next process; a fork takes a fifth of that."""
OnCast = Callable[[ActorProcess | None], None]
"""Gets the process that plays a role; None if there is none that could."""


@attrs.frozen(eq=False)
class _Casting:
    """A role, and whom to tell who plays it."""

    role: bytes
    wanted: Callable[[], bool]
    then: OnCast


class Castings:
    """Those that wait, in order: each for as long as processes come."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._waiting: deque[_Casting] = deque()
        self._clock: Timer | None = None
        """Rings when the first has waited for long enough since the last process came."""

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, role: bytes, wanted: Callable[[], bool], then: OnCast) -> None:
        """Have a role wait, which is passed over if it is no longer `wanted` when its turn comes."""
        self._waiting.append(_Casting(role, wanted, then))
        self._wind(_MOMENT)

    def cast(self, tell: Callable[[bytes], ActorProcess | None]) -> None:
        """A process has come, which is to be told the first role."""
        self._unwind()
        while self._waiting:
            casting = self._waiting.popleft()
            if casting.wanted():
                casting.then(tell(casting.role))
                break
        self._wind(_MOMENT)

    def give_up(self) -> None:
        """None will come."""
        self._unwind()
        self._wind(0.0)

    def drop(self) -> None:
        """Nobody is to be told anything any more."""
        self._waiting.clear()
        self._unwind()

    def _wind(self, seconds: float) -> None:
        """Start the clock if it does not run, and there is somebody for whom it could ring."""
        if self._waiting and self._clock is None:
            self._clock = self._loop.call_later(seconds, self._rung)

    def _unwind(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _rung(self) -> None:
        """Give the first up; the next one unless a process has come by the loop's next round."""
        self._clock = None
        casting = self._waiting.popleft()
        self._wind(0.0)
        if casting.wanted():
            casting.then(None)
