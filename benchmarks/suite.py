"""What is measured: each yardstick of the design against its floor."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

from actors import ActorRef, ActorSystem, child
from benchmarks import floors
from benchmarks.cast import Ask, AskMany, Echo, Flood
from benchmarks.measure import Comparison, each, p50, percentile

LARGE = 64 << 20


class Suite:
    """Comparisons over one running system; `scale` shrinks their counts."""

    def __init__(self, stack: ExitStack, scale: float) -> None:
        self._stack = stack
        self._scale = scale
        self._system = stack.enter_context(ActorSystem("benchmarks", max_restarts=10**6))
        self._echo = self._system.spawn(Echo, name="echo")

    def _count(self, count: int) -> int:
        return max(100, int(count * self._scale))

    def comparisons(self) -> Iterator[Comparison]:
        """Each comparison, made ready when its turn comes."""
        yield from self._asks()
        yield from self._tells()
        yield from self._payloads()
        yield from self._lives()

    def _asks(self) -> Iterator[Comparison]:
        trips = self._count(3_000)
        queue = self._stack.enter_context(floors.queue_round_trip())
        pipe = self._stack.enter_context(floors.pipe_round_trip())
        ours, of_queue = partial(p50, trips, self._ask), partial(p50, trips, queue)
        yield Comparison("ask, p50", "Queue pair", 10, ours, of_queue)
        yield Comparison("ask, p50", "blocking pipe echo", 5, ours, partial(p50, trips, pipe))
        slowest = partial(percentile, trips, self._ask, 99)
        yield Comparison("ask, p99", "Queue pair p99", 1, slowest, partial(percentile, trips, queue, 99))
        yield Comparison("ask from an actor", "Queue pair", 5, partial(self._from_actor, trips), of_queue)
        yield Comparison("ask from asyncio", "Queue pair", 1, partial(self._from_asyncio, trips), of_queue)
        threads = partial(self._from_threads, trips)
        yield Comparison("ask, 8 threads at once", "Queue pair", 1, threads, of_queue)
        futures = partial(each, 1_000, self._futures)
        yield Comparison("1,000 futures in flight", "Queue pair", 1, futures, of_queue)

    def _tells(self) -> Iterator[Comparison]:
        senders = [self._system.spawn(Echo) for _ in range(4)]
        small, middle, large = floors.MESSAGE, os.urandom(16 << 10), os.urandom(60 << 10)
        for name, number, value, count, reach in (
            ("tell 1→1, handled", 1, small, self._count(50_000), 2),
            ("tell 4→1, handled", 4, small, self._count(50_000), 2),
            ("tell of 16 KiB, handled", 1, {"data": middle}, self._count(4_000), 1),
            ("tell of 60 KiB, handled", 1, {"data": large}, self._count(4_000), 1),
        ):
            ours = partial(self._flood, senders[:number], value, count)
            floor = floors.queue_throughput(number, count, value)
            yield Comparison(name, "Queue", reach, partial(each, count, ours), partial(each, count, floor))

    def _payloads(self) -> Iterator[Comparison]:
        for size, most in ((1 << 10, 2_000), (1 << 20, 100), (LARGE, 3)):
            payload, trips = os.urandom(size), max(3, int(most * self._scale))
            floor = self._stack.enter_context(floors.connection_round_trip(payload))
            ours = partial(self._echo.ask, payload, timeout=60)
            name = f"ask with {_size(size)} each way"
            yield Comparison(
                name, "Connection echo", 1, partial(p50, trips, ours), partial(p50, trips, floor)
            )

    def _lives(self) -> Iterator[Comparison]:
        fork = partial(floors.bare, "seconds", "fork", 50)
        server = partial(floors.bare, "seconds", "forkserver", 20)
        spawns = partial(each, 50, self._spawns)
        yield Comparison("spawn to first reply, of 50", "bare fork", 1 / 2, spawns, fork)
        yield Comparison("spawn to first reply, of 50", "forkserver", 2, spawns, server)
        yield Comparison("SIGKILL to next reply, p50", "bare fork", 1 / 3, self._kills, fork)

    def _ask(self) -> int:
        return self._echo.ask(Ask(n=1))

    def _from_actor(self, trips: int) -> float:
        asker = self._system.spawn(Echo)
        took = asker.ask(AskMany(other=self._echo, count=trips), timeout=120)
        asker.stop()
        return took

    def _from_asyncio(self, trips: int) -> float:
        async def main() -> float:
            began = time.perf_counter()
            for _ in range(trips):
                await self._echo.ask_async(Ask(n=1))
            return (time.perf_counter() - began) / trips

        return asyncio.run(main())

    def _from_threads(self, trips: int) -> float:
        def work() -> None:
            for _ in range(trips // 8):
                self._echo.ask(Ask(n=1))

        def together() -> None:
            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        return each(trips // 8 * 8, together)

    def _futures(self) -> None:
        for future in [self._echo.ask_future(Ask(n=1), timeout=60) for _ in range(1_000)]:
            future.result()

    def _flood(self, senders: list[ActorRef], value: object, count: int) -> None:
        share = count // len(senders)
        for sender in senders:
            sender.tell(Flood(to=self._echo, value=value, count=share))
        left = share * len(senders)
        while left > 0:
            left -= self._echo.ask("seen", timeout=120)

    def _spawns(self) -> None:
        actors = [self._system.spawn(child(Echo)) for _ in range(50)]
        for actor in actors:
            actor.ask(Ask(n=1))
        for actor in actors:
            actor.kill()
        for actor in actors:
            actor.join()

    def _kills(self) -> float:
        actor = self._system.spawn(child(Echo))

        def once() -> None:
            actor.ask(Ask(n=1), timeout=60)

        times: list[float] = []
        for _ in range(20):
            os.kill(actor.ask("pid"), signal.SIGKILL)
            times.append(_time(once))
        actor.kill()
        actor.join()
        return sorted(times)[len(times) // 2]

    def memory(self) -> tuple[float, float]:
        """What an actor and a bare forked child add to the memory of all, in MiB (PSS)."""
        actors = [self._system.spawn(child(Echo)) for _ in range(20)]
        pids = [actor.ask("pid") for actor in actors]
        with_actors = sum(map(floors.pss, [*pids, self._system.guardian_pid]))
        for actor in actors:
            actor.stop()
            actor.join()
        alone = floors.pss(self._system.guardian_pid)
        own, bare = (with_actors - alone) / len(actors), floors.bare("memory", "fork", 20)
        return own / 2**20, bare / 2**20

    def idle(self, seconds: float) -> float:
        """The processor time that the idle system takes, in percent of one core."""
        pids = [self._system.guardian_pid, self._echo.ask("pid")]
        time.sleep(0.2)
        before = sum(map(_ticks, pids))
        time.sleep(seconds)
        return (sum(map(_ticks, pids)) - before) / os.sysconf("SC_CLK_TCK") / seconds * 100


def start_and_stop() -> float:
    """The time of an empty system's start and stop."""
    return _time(lambda: ActorSystem("empty").start().stop())


def _time(once: Callable[[], object]) -> float:
    began = time.perf_counter()
    once()
    return time.perf_counter() - began


def _ticks(pid: int) -> int:
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _size(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"
