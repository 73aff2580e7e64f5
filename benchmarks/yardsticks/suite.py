"""What is measured: each yardstick of the design against its floor."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Final

from benchmarks.yardsticks import bare, floors, stage
from benchmarks.yardsticks.cast import Number
from benchmarks.yardsticks.measure import Comparison, Unit, p50, percentile
from benchmarks.yardsticks.stage import Stage

MIB: Final = 1 << 20
FLAT: Final = 0.8
"""A cost counts as flat if among many actors it is at most a quarter higher than among few."""


class Suite:
    """Comparisons over one running system; `scale` shrinks their counts."""

    def __init__(self, stage: Stage, stack: ExitStack, scale: float = 1.0) -> None:
        self._stage = stage
        self._stack = stack
        self._scale = scale

    def comparisons(self) -> Iterator[Comparison]:
        """All of them; their floors run from the moment in which they are asked for."""
        yield from self.asks()
        yield from self.tells()
        yield from self.payloads()
        yield from self.starts()
        yield from self.footprints()

    def asks(self) -> Iterator[Comparison]:
        """Round trips."""
        ours, trips = self._stage, self._count(3_000)
        queue = self._stack.enter_context(floors.queue_round_trip())
        pipe = self._stack.enter_context(floors.pipe_round_trip())
        connection = self._stack.enter_context(floors.connection_round_trip(floors.pack(floors.MESSAGE)))
        of_queue = partial(p50, trips, queue)
        ask = partial(ours.ask, trips)
        yield Comparison("ask, p50", "Queue pair", ask, of_queue, faster=10)
        yield Comparison("ask, p50", "blocking pipe echo", ask, partial(p50, trips, pipe), faster=5)
        yield Comparison("ask, p50", "Connection echo", ask, partial(p50, trips, connection))
        slow = partial(percentile, trips, queue, 99)
        yield Comparison("ask, p99", "Queue pair, p99", partial(ours.ask, trips, 99), slow)
        yield Comparison(
            "ask from an actor", "Queue pair", partial(ours.ask_from_an_actor, trips), of_queue
        )
        yield Comparison(
            "ask from 8 threads", "Queue pair", partial(ours.ask_from_threads, trips), of_queue
        )
        yield Comparison("ask from asyncio", "Queue pair", partial(ours.ask_from_asyncio, trips), of_queue)
        yield Comparison("1,000 asks in flight, futures", "Queue pair", ours.futures, of_queue)
        yield Comparison("1,000 asks in flight, asyncio", "Queue pair", ours.gather, of_queue)

    def tells(self) -> Iterator[Comparison]:
        """Throughput, each message until it has been handled."""
        count, few = self._count(50_000), self._count(4_000)
        for senders in (1, 4):
            floor = partial(floors.queue_throughput, senders, count, floors.MESSAGE)
            for kind, value in (("dict", floors.MESSAGE), ("Message", Number(n=1))):
                yield Comparison(
                    f"tell {senders}→1, {kind}",
                    "Queue of msgpack",
                    partial(self._stage.tells, senders, value, count),
                    floor,
                    faster=2,
                )
        for kib in (16, 60):
            data = {"data": os.urandom(kib << 10)}
            yield Comparison(
                f"tell 1→1, {kib} KiB",
                "Queue of msgpack",
                partial(self._stage.tells, 1, data, few),
                partial(floors.queue_throughput, 1, few, data),
                faster=1,
            )

    def payloads(self) -> Iterator[Comparison]:
        """Round trips of bytes."""
        for name, size, trips in (
            ("1 KiB", 1 << 10, 2_000),
            ("16 KiB", 16 << 10, 1_000),
            ("60 KiB", 60 << 10, 500),
            ("1 MiB", MIB, 100),
            ("64 MiB", 64 * MIB, 5),
        ):
            payload, trips = os.urandom(size), self._count(trips)
            with floors.connection_round_trip(payload) as echo:
                yield Comparison(
                    f"ask with {name}",
                    "Connection echo",
                    partial(self._stage.ask_with, payload, trips),
                    partial(p50, trips, echo),
                    faster=1 if size == 64 * MIB else None,
                )

    def starts(self) -> Iterator[Comparison]:
        """Beginnings of processes."""
        ours, count = self._stage, self._count(50)
        fork = partial(bare.start, "fork", count)
        forkserver = partial(bare.start, "forkserver", self._count(20))
        spawn = partial(bare.start, "spawn", self._count(10))
        many, one = partial(ours.starts, count), partial(ours.start, self._count(20))
        yield Comparison("spawn to first reply, 1 actor", "bare fork", one, fork)
        yield Comparison("spawn to first reply, 50 actors", "bare fork", many, fork, faster=1 / 2)
        yield Comparison("spawn to first reply, 50 actors", "bare forkserver", many, forkserver, faster=2)
        yield Comparison("spawn to first reply, 50 actors", "bare spawn", many, spawn)
        kills, fork_p50 = partial(ours.kills, self._count(20)), partial(bare.start_p50, "fork", count)
        yield Comparison("SIGKILL to next reply, p50", "bare fork, p50", kills, fork_p50, faster=1 / 3)
        imports = bare.imports_time
        yield Comparison("start and stop of a system", "import of it", stage.start_and_stop, imports)

    def footprints(self) -> Iterator[Comparison]:
        """Memory, idleness, and crowds."""
        ours, crowd = self._stage, self._count(500)
        yield Comparison(
            "memory that an actor adds (PSS)",
            "bare fork",
            partial(ours.memory, 20),
            partial(bare.memory, "fork", 20),
            more=MIB,
            unit=Unit.BYTES,
        )
        yield Comparison(
            "idle system of 10 actors", "", partial(ours.idle, 10, 2.0), float, more=0, unit=Unit.CORES
        )
        yield Comparison(
            f"start, one of {crowd} actors",
            "one of 10",
            partial(ours.starts, crowd),
            partial(ours.starts, 10),
            faster=FLAT,
        )
        yield Comparison(
            f"memory (PSS), one of {crowd} actors",
            "one of 10",
            partial(ours.memory, crowd),
            partial(ours.memory, 10),
            faster=FLAT,
            unit=Unit.BYTES,
        )

    def _count(self, count: int) -> int:
        return max(3, round(count * self._scale))
