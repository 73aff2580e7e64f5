"""Alarms: what an actor's process has to do at certain times, between messages."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable

Ring = Callable[[], None]


class Alarm:
    """Something to do at a time, once or again and again. The `Timer` of a `Context`."""

    __slots__ = ("every", "ring")

    def __init__(self, ring: Ring, every: float | None) -> None:
        self.ring: Ring | None = ring
        self.every = every

    def cancel(self) -> None:
        """Do it no more. Harmless if it has been done."""
        self.ring = None


class Alarms:
    """The alarms of one process. Any thread may add one; those that are due are rung by one."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, on_new: Callable[[], None] = lambda: None
    ) -> None:
        """`on_new` is called when one is added: whoever waits for the next has to look again."""
        self._clock = clock
        self._on_new = on_new
        self.coming: list[tuple[float, int, Alarm]] = []
        """Those to come: a heap, by time."""
        self._numbers = itertools.count()

    def add(self, seconds: float, ring: Ring, *, again: bool = False) -> Alarm:
        """Do something in so many seconds, and `again` after as many."""
        alarm = Alarm(ring, seconds if again else None)
        self._push(seconds, alarm)
        return alarm

    def left(self) -> float | None:
        """How many seconds there are until the next; None if there is none."""
        while self.coming and self.coming[0][2].ring is None:
            first = heapq.heappop(self.coming)
            if first[2].ring is not None:  # another thread has added it since the look
                heapq.heappush(self.coming, first)
        return max(0.0, self.coming[0][0] - self._clock()) if self.coming else None

    def ring_due(self) -> None:
        """Do what is due, each thing once, however late it is."""
        now = self._clock()
        due: list[Alarm] = []
        while self.coming and self.coming[0][0] <= now:
            due.append(heapq.heappop(self.coming)[2])
        for alarm in due:
            if alarm.ring is not None:
                alarm.ring()
            if alarm.ring is not None and alarm.every is not None:
                self._push(alarm.every, alarm)

    def _push(self, seconds: float, alarm: Alarm) -> None:
        heapq.heappush(self.coming, (self._clock() + seconds, next(self._numbers), alarm))
        self._on_new()
