"""Lives: the times in which actors and systems begin, and begin again."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from statistics import mean

from actors import ActorRef, ActorSystem
from benchmarks.cast import Ask
from benchmarks.measure import PATIENCE, Figure, each, elapsed, spread
from benchmarks.stage import Stage


class Lives:
    """What it takes to start actors, and to have them again."""

    def __init__(self, stage: Stage, spares: int = 0) -> None:
        """With spares, `together` and `at_once` begin when so many wait."""
        self._stage = stage
        self._spares = spares

    def one_by_one(self, times: int) -> Figure:
        """From the spawn of an actor to its first reply, one actor after another."""
        return Figure(mean(self.together(1).typical for _ in range(times)))

    def together(self, count: int) -> Figure:
        """From the first spawn of many actors to the last one's first reply, for each."""

        def begin() -> list[ActorRef]:
            actors = self._stage.spawn(count)
            for actor in actors:
                actor.ask(Ask(n=1))
            return actors

        return self._each(count, begin)

    def at_once(self, count: int) -> Figure:
        """The same, where all are asked for before anyone waits for the first."""

        async def begin() -> list[ActorRef]:
            actors = await asyncio.gather(*self._stage.spawning(count))
            await asyncio.gather(*(actor.ask_async(Ask(n=1), timeout=PATIENCE) for actor in actors))
            return actors

        return self._each(count, lambda: asyncio.run(begin()))

    def _each(self, count: int, begin: Callable[[], list[ActorRef]]) -> Figure:
        if self._spares:
            self._stage.rest(self._spares)
        actors: list[ActorRef] = []
        took = each(count, lambda: actors.extend(begin()))
        self._stage.end(actors)
        return took

    def after_a_kill(self, times: int) -> Figure:
        """From the SIGKILL of an actor to its next reply."""
        return self._again(times, lambda _, pid: os.kill(pid, signal.SIGKILL))

    def after_an_exception(self, times: int) -> Figure:
        """From the message whose handler raises to the actor's next reply."""
        return self._again(times, lambda actor, _: actor.tell("fail"))

    def _again(self, times: int, fell: Callable[[ActorRef, int], None]) -> Figure:
        took: list[float] = []
        with self._stage.actors(1) as (actor,):
            for _ in range(times):
                pid = actor.ask("pid")
                began = time.perf_counter()
                fell(actor, pid)
                actor.ask(Ask(n=1), timeout=PATIENCE)
                took.append(time.perf_counter() - began)
        return spread(took)


def start_and_stop() -> Figure:
    """The time of an empty system's start and stop."""
    return Figure(elapsed(lambda: ActorSystem("empty").start().stop()))
