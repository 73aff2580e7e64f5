"""A crowd: many actors in a system of their own, and what each of them costs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from actors import ActorRef
from benchmarks.cast import Ask
from benchmarks.measure import PATIENCE, Figure, each
from benchmarks.stage import Stage, stage
from benchmarks.usage import cpu_time, pss, wake_ups

_FEW: Final = 10
_SETTLED: Final = 0.2
"""After how many seconds those who have started, answered or rehearsed sleep."""


class Crowd:
    """So many actors that live on, idle but for what is asked here."""

    def __init__(self, stage: Stage, count: int) -> None:
        self._stage = stage
        alone = self._memory()
        self._actors = stage.spawn(count)
        self._added = (self._memory() - alone) / count

    def memory(self) -> Figure:
        """What an actor has added to the memory of all (PSS), in bytes."""
        return Figure(self._added)

    def cores(self, seconds: float) -> Figure:
        """The processor time that they and the guardian take while nothing is asked of them."""
        return self._rate(cpu_time, seconds)

    def wake_ups(self, seconds: float) -> Figure:
        """How often in a second one of them or the guardian wakes while nothing is asked of them."""
        return self._rate(wake_ups, seconds)

    def fan_out(self) -> Figure:
        """A question to each of them at once, until the last has answered; for each."""

        def together() -> None:
            for answer in [actor.ask_future(Ask(n=1), timeout=PATIENCE) for actor in self._actors]:
                answer.result()

        return each(len(self._actors), together)

    def restarts(self, times: int) -> Figure:
        """The guardian's processor time for the restart of a killed actor, of the same few in any crowd.

        Each has been restarted once before: the first time, the guardian's pages are copied (3 to 4 ms).
        """
        guardian, few = self._stage.system.guardian_pid, self._actors[:_FEW]
        for actor in few:
            self._kill(actor)
        before = cpu_time(guardian)
        for place in range(times):
            self._kill(few[place % len(few)])
        return Figure((cpu_time(guardian) - before) / times)

    def _kill(self, actor: ActorRef) -> None:
        os.kill(actor.ask("pid"), signal.SIGKILL)
        actor.ask(Ask(n=1), timeout=PATIENCE)

    def _memory(self) -> int:
        time.sleep(_SETTLED)
        return sum(map(pss, self._stage.pids()))

    def _rate(self, used: Callable[[int], float], seconds: float) -> Figure:
        pids = self._stage.pids()[:-1]  # not this process, which measures
        time.sleep(_SETTLED)
        before = sum(map(used, pids))
        time.sleep(seconds)
        return Figure((sum(map(used, pids)) - before) / seconds)


@contextmanager
def crowd(count: int) -> Generator[Crowd]:
    """So many actors, for the time of a block."""
    with stage("crowd") as empty:
        yield Crowd(empty, count)
