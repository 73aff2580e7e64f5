"""A running system, and what it is made to do while the time is taken."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from statistics import mean, median
from typing import Any, Final

from actors import ActorRef, ActorSystem, child
from benchmarks.yardsticks.cast import Ask, AskMany, Echo, Flood
from benchmarks.yardsticks.measure import each, elapsed, p50, percentile
from benchmarks.yardsticks.usage import cpu_time, pss

PATIENCE: Final = 120.0
THREADS: Final = 8
IN_FLIGHT: Final = 1_000


class Stage:
    """Times, in seconds, of what actors are for; each method does it all once."""

    def __init__(self, system: ActorSystem) -> None:
        self.system = system
        self.echo = system.spawn(Echo)
        self._senders: list[ActorRef] = []

    def ask(self, trips: int, percent: int = 50) -> float:
        return percentile(trips, lambda: self.echo.ask(Ask(n=1)), percent)

    def ask_with(self, payload: bytes, trips: int) -> float:
        """The bytes travel there and back."""
        return p50(trips, lambda: self.echo.ask(payload, timeout=PATIENCE))

    def ask_from_an_actor(self, trips: int) -> float:
        with self._actors(1) as (asker,):
            return asker.ask(AskMany(other=self.echo, count=trips), timeout=PATIENCE)

    def ask_from_asyncio(self, trips: int) -> float:
        async def main() -> list[float]:
            times: list[float] = []
            for _ in range(trips):
                began = time.perf_counter()
                await self.echo.ask_async(Ask(n=1))
                times.append(time.perf_counter() - began)
            return times

        return median(asyncio.run(main()))

    def ask_from_threads(self, trips: int) -> float:
        share = trips // THREADS

        def work() -> None:
            for _ in range(share):
                self.echo.ask(Ask(n=1))

        def together() -> None:
            threads = [threading.Thread(target=work) for _ in range(THREADS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        return each(share * THREADS, together)

    def futures(self) -> float:
        """So many asks at once, each a `concurrent.futures.Future`."""

        def together() -> None:
            futures = [self.echo.ask_future(Ask(n=1), timeout=PATIENCE) for _ in range(IN_FLIGHT)]
            for future in futures:
                future.result()

        return each(IN_FLIGHT, together)

    def gather(self) -> float:
        """So many asks at once, gathered by `asyncio`."""

        async def main() -> float:
            asks = [self.echo.ask_async(Ask(n=1), timeout=PATIENCE) for _ in range(IN_FLIGHT)]
            began = time.perf_counter()
            await asyncio.gather(*asks)
            return (time.perf_counter() - began) / IN_FLIGHT

        return asyncio.run(main())

    def tells(self, senders: int, value: Any, count: int) -> float:
        """From actors to an actor, until the last message has been handled."""
        while len(self._senders) < senders:
            self._senders.append(self.system.spawn(Echo))
        share = count // senders

        def together() -> None:
            for sender in self._senders[:senders]:
                sender.tell(Flood(to=self.echo, value=value, count=share))
            left = share * senders
            while left > 0:
                left -= self.echo.ask("seen", timeout=PATIENCE)

        return each(share * senders, together)

    def start(self, times: int) -> float:
        """From the spawn of an actor to its first reply, one actor after another."""
        return mean(self.starts(1) for _ in range(times))

    def starts(self, count: int) -> float:
        """From the first spawn of many actors to the last one's first reply, for each."""
        actors: list[ActorRef] = []

        def together() -> None:
            actors.extend(self.system.spawn(child(Echo)) for _ in range(count))
            for actor in actors:
                actor.ask(Ask(n=1))

        took = each(count, together)
        self._end(actors)
        return took

    def kills(self, count: int) -> float:
        """From the SIGKILL of an actor to the next reply, p50."""
        with self._actors(1) as (actor,):

            def once() -> None:
                os.kill(pid, signal.SIGKILL)
                actor.ask(Ask(n=1), timeout=PATIENCE)

            times: list[float] = []
            for _ in range(count):
                pid = actor.ask("pid")
                times.append(elapsed(once))
            return median(times)

    def memory(self, count: int) -> float:
        """What an actor adds to the memory of all (PSS), in bytes."""
        guardian = self.system.guardian_pid
        others = pss(guardian) + pss("self")
        with self._actors(count) as actors:
            pids = [actor.ask("pid") for actor in actors]
            return (sum(map(pss, [*pids, guardian])) + pss("self") - others) / count

    def idle(self, count: int, seconds: float) -> float:
        """The cores that the system and this process take while nothing is asked of them."""
        with self._actors(count) as actors:
            pids = [actor.ask("pid") for actor in actors]
            pids += [self.system.guardian_pid, os.getpid()]
            time.sleep(0.2)
            before = sum(map(cpu_time, pids))
            time.sleep(seconds)
            return (sum(map(cpu_time, pids)) - before) / seconds

    @contextmanager
    def _actors(self, count: int) -> Generator[list[ActorRef]]:
        actors = [self.system.spawn(child(Echo)) for _ in range(count)]
        try:
            yield actors
        finally:
            self._end(actors)

    def _end(self, actors: list[ActorRef]) -> None:
        for actor in actors:
            actor.kill()
        for actor in actors:
            actor.join(PATIENCE)


def start_and_stop() -> float:
    """The time of an empty system's start and stop."""
    return elapsed(lambda: ActorSystem("empty").start().stop())
