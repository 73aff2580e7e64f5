"""What is measured: each yardstick of the design against its floors, section by section.

What a section needs runs from its first contest to its last.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from functools import partial
from typing import Final

from actors import Mailbox
from benchmarks import bare, floors
from benchmarks.asks import THREADS, Asks
from benchmarks.cast import Number
from benchmarks.contest import Contest, Rival
from benchmarks.crowd import crowd
from benchmarks.lives import Lives, start_and_stop
from benchmarks.measure import Figure, Measure, each_of_threads, kept_on, round_trips, trips_of_threads
from benchmarks.pairs import busy_pairs
from benchmarks.peers.contests import side_by_side
from benchmarks.peers.registry import Entry
from benchmarks.result import Unit
from benchmarks.stage import stage
from benchmarks.tells import Tells

KIB: Final = 1 << 10
MIB: Final = 1 << 20
FEW: Final = 10
MANY: Final = 500
FLAT: Final = 0.8
"""A cost counts as flat if among many actors it is at most a quarter higher than among few."""
NOTHING: Final = Rival("none", lambda: Figure(0.0), more=0.0)
PAYLOADS: Final = {
    "1 KiB": (KIB, 2_000),
    "16 KiB": (16 * KIB, 1_000),
    "60 KiB": (60 * KIB, 500),
    "1 MiB": (MIB, 100),
    "16 MiB": (16 * MIB, 10),
    "64 MiB": (64 * MIB, 4),
    "256 MiB": (256 * MIB, 3),
}


class Suite:
    """All sections; `scale` shrinks their counts, and `peers` says whose are measured too."""

    def __init__(self, scale: float = 1.0, peers: tuple[Entry, ...] = ()) -> None:
        self._scale = scale
        self._peers = peers

    def sections(self) -> dict[str, Callable[[], Generator[Contest]]]:
        """The contests of each section."""
        return {
            "asks": self.asks,
            "tells": self.tells,
            "payloads": self.payloads,
            "mailbox": self.mailbox,
            "starts": self.starts,
            "scale": self.crowds,
            "load": self.load,
            "peers": partial(side_by_side, self._peers, self._count),
        }

    def asks(self) -> Generator[Contest]:
        """Round trips."""
        trips, cores = self._count(3_000), sorted(os.sched_getaffinity(0))
        with (
            stage("asks") as ours,
            floors.round_trip(floors.queue) as queue_pair,
            floors.round_trip(floors.simple_queue) as simple_queue_pair,
            floors.pipe_round_trip(core=cores[-1]) as far,
            floors.pipe_round_trip(core=cores[0]) as near,
            floors.pipe_round_trip(floors.spinning) as spinning_pipes,
            floors.connection_round_trip(floors.pack(floors.MESSAGE)) as connection,
            floors.round_trips(floors.queue, THREADS) as queue_pairs,
        ):
            asks, queue = Asks(ours), partial(round_trips, trips, queue_pair)

            def on_first(once: floors.Once) -> Measure:
                return partial(kept_on, cores[0], partial(round_trips, trips, once))

            rivals = (
                Rival("Queue pair", queue, faster=10),
                Rival("SimpleQueue pair", partial(round_trips, trips, simple_queue_pair)),
                Rival("blocking pipe echo", on_first(far), faster=5),
                Rival("the same, both on one core", on_first(near)),
                Rival("spinning pipe echo", partial(round_trips, trips, spinning_pipes)),
                Rival("Connection echo", partial(round_trips, trips, connection)),
            )
            yield Contest("ask from the main thread", partial(asks.from_main, trips), rivals)
            others: dict[str, Measure] = {
                "ask from an actor": partial(asks.from_an_actor, trips),
                "ask from asyncio": partial(asks.from_asyncio, trips),
                "1,000 asks in flight, futures": asks.futures,
                "1,000 asks in flight, asyncio": asks.gathered,
            }
            for name, measure in others.items():
                yield Contest(name, measure, (Rival("Queue pair", queue),))
            own = f"{THREADS} Queue pairs, a thread each"
            yield Contest(
                f"ask from a thread among {THREADS}",
                partial(asks.from_threads, trips),
                (Rival(own, partial(trips_of_threads, trips, queue_pairs)),),
            )
            yield Contest(
                f"asks of {THREADS} threads, each",
                partial(asks.through_threads, trips),
                (Rival(own, partial(each_of_threads, trips, queue_pairs)),),
            )

    def tells(self) -> Generator[Contest]:
        """Throughput, each message until it has been handled."""
        count = self._count(50_000)
        with stage("tells") as ours, floors.ring(50) as ring:
            tells = Tells(ours)
            for senders in (1, 4):
                floor = partial(_from_many, senders, count, floors.MESSAGE)
                for kind, value in (("dict", floors.MESSAGE), ("Message", Number(n=1))):
                    to_one = partial(tells.to_one, senders, value, count)
                    yield Contest(f"tell {senders}→1, {kind}", to_one, floor(faster=2.0))
            for kib in (16, 60):
                large, few = {"data": os.urandom(kib * KIB)}, self._count(4_000)
                floor = partial(_from_many, 1, few, large)
                yield Contest(
                    f"tell 1→1, {kib} KiB", partial(tells.to_one, 1, large, few), floor(faster=1.0)
                )
            to_many = partial(tells.to_many, 16, Number(n=1), count)
            queues = partial(floors.one_to_many, floors.queue, 16, count, floors.MESSAGE)
            yield Contest("tell 1→16, Message", to_many, (Rival("16 Queues", queues),))
            laps = self._count(40)
            lap = partial(_hops, ring, 50, laps)
            yield Contest(
                "a hop round a ring of 50",
                partial(tells.round_a_ring, 50, laps),
                (Rival("blocking pipes", lap),),
            )

    def payloads(self) -> Generator[Contest]:
        """Round trips of bytes."""
        with stage("payloads") as ours:
            asks = Asks(ours)
            for name, (size, trips) in PAYLOADS.items():
                payload, trips = os.urandom(size), self._count(trips)
                with floors.connection_round_trip(payload) as echo:
                    floor = partial(round_trips, trips, echo)
                    reach = 1.0 if size == 64 * MIB else None
                    yield Contest(
                        f"ask with {name}",
                        partial(asks.with_payload, payload, trips),
                        (Rival("Connection echo", floor, faster=reach),),
                    )

    def mailbox(self) -> Generator[Contest]:
        """A mailbox by itself, without actors."""
        trips = self._count(2_000)
        with (
            floors.round_trip(Mailbox) as ours,
            floors.round_trip(floors.queue) as queue_pair,
            floors.round_trip(floors.simple_queue) as simple_queue_pair,
        ):
            rivals = (
                Rival("Queue pair", partial(round_trips, trips, queue_pair)),
                Rival("SimpleQueue pair", partial(round_trips, trips, simple_queue_pair)),
            )
            yield Contest("there and back", partial(round_trips, trips, ours), rivals)
        for name, size, count in (
            ("20 B", 20, 50_000),
            ("1 KiB", KIB, 50_000),
            ("60 KiB", 60 * KIB, 3_000),
        ):
            value, count = os.urandom(size), self._count(count)
            one_way = partial(floors.many_to_one, Mailbox, 1, count, value)
            yield Contest(f"{name} one way", one_way, _from_many(1, count, value))

    def starts(self) -> Generator[Contest]:
        """Beginnings of processes."""
        count = self._count(50)
        fork = partial(bare.start, "fork", count)
        preloaded = Rival("bare forkserver", partial(bare.start, "forkserver", self._count(20)), faster=2)
        spawn = Rival("bare spawn", partial(bare.start, "spawn", self._count(5)))
        with stage("starts") as ours:
            lives = Lives(ours)
            one = partial(lives.one_by_one, self._count(20))
            yield Contest("spawn to first reply, 1 actor", one, (Rival("bare fork", fork),))
            yield Contest(
                "spawn to first reply, 50 actors",
                partial(lives.together, count),
                (
                    Rival("bare fork", fork, faster=1 / 2),
                    Rival(
                        "bare fork, all live on", partial(bare.start_of_many, "fork", count), faster=1 / 2
                    ),
                    preloaded,
                    spawn,
                ),
            )
            yield Contest(
                "spawn to first reply, 50 at once",
                partial(lives.at_once, count),
                (Rival("bare fork, at once", partial(bare.start_at_once, "fork", count)),),
            )
            p50, kills = partial(bare.start_p50, "fork", count), self._count(20)
            yield Contest(
                "SIGKILL to next reply",
                partial(lives.after_a_kill, kills),
                (Rival("bare fork", p50, faster=1 / 3),),
            )
            raised = partial(lives.after_an_exception, kills)
            yield Contest("exception to next reply", raised, (Rival("bare fork", p50),))
        with stage("spares", spares=count) as ours:
            lives = Lives(ours, spares=count)
            yield Contest(
                "spawn to first reply, 50 actors, as many spares",
                partial(lives.together, count),
                (
                    Rival("bare fork, all live on", partial(bare.start_of_many, "fork", count)),
                    Rival("bare forkserver", partial(bare.start, "forkserver", self._count(20))),
                ),
            )
            yield Contest(
                "spawn to first reply, 50 at once, as many spares",
                partial(lives.at_once, count),
                (Rival("bare fork, at once", partial(bare.start_at_once, "fork", count)),),
            )
        yield Contest(
            "start and stop of a system", start_and_stop, (Rival("import of it", bare.imports_time),)
        )

    def crowds(self) -> Generator[Contest]:
        """What one of many actors costs, beside one of few."""
        many, seconds, kills = self._count(MANY), 1.0, self._count(20)
        among_many, of_few = f"one of {many}", f"one of {FEW}"
        with stage("starts") as ours:
            lives = Lives(ours)
            rivals = (Rival(of_few, partial(lives.together, FEW), faster=FLAT),)
            yield Contest(f"spawn to first reply, {among_many}", partial(lives.together, many), rivals)
        forks = [partial(bare.start_of_many, "fork", number) for number in (many, FEW)]
        yield Contest(f"bare fork, {among_many}", forks[0], (Rival(of_few, forks[1]),))
        with crowd(FEW) as few, crowd(many) as all_of_them:
            fork = Rival("bare fork", partial(bare.memory, "fork", 20), more=MIB)
            yield Contest(f"memory (PSS), {of_few}", few.memory, (fork,), Unit.BYTES)
            pairs: dict[str, tuple[Measure, Measure, Unit]] = {
                "memory (PSS)": (all_of_them.memory, few.memory, Unit.BYTES),
                "fan-out, ask": (all_of_them.fan_out, few.fan_out, Unit.SECONDS),
                "guardian's CPU per restart": (
                    partial(all_of_them.restarts, kills),
                    partial(few.restarts, kills),
                    Unit.SECONDS,
                ),
            }
            for name, (of_many, of_ten, unit) in pairs.items():
                yield Contest(f"{name}, {among_many}", of_many, (Rival(of_few, of_ten, faster=FLAT),), unit)
            idle = partial(all_of_them.cores, seconds)
            yield Contest(f"idle system of {many}, CPU", idle, (NOTHING,), Unit.CORES)
            woken = partial(all_of_them.wake_ups, seconds)
            yield Contest(f"idle system of {many}, wake-ups", woken, (NOTHING,), Unit.WAKE_UPS)

    def load(self) -> Generator[Contest]:
        """More busy actors than cores."""
        asks = self._count(4_000)
        without = partial(busy_pairs, 8, asks, spin=False)
        yield Contest(
            "8 busy pairs, an ask",
            partial(busy_pairs, 8, asks, spin=True),
            (Rival("without spinning", without, faster=0.95),),
        )

    def _count(self, count: int) -> int:
        return max(3, round(count * self._scale))


def _from_many(senders: int, count: int, value: object, faster: float | None = None) -> tuple[Rival, ...]:
    return (
        Rival("Queue", partial(floors.many_to_one, floors.queue, senders, count, value), faster),
        Rival("SimpleQueue", partial(floors.many_to_one, floors.simple_queue, senders, count, value)),
    )


def _hops(lap: Callable[[], object], size: int, laps: int) -> Figure:
    return Figure(round_trips(laps, lap).typical / size)
