"""Measuring: what is done, how often, and the figure that comes of it."""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import attrs

LONG_ENOUGH: Final = 1.5
"""How long one round of round trips goes on at most, in seconds."""
FEWEST: Final = 3
PATIENCE: Final = 120.0
"""How long anything may take before the run is given up, in seconds."""


@attrs.frozen
class Figure:
    """What one round gives: what is typical, and what one of a hundred exceeds, where that is asked."""

    typical: float
    p99: float | None = None


Measure = Callable[[], Figure]
"""Does its work once and returns what one message, start, round trip or actor takes of it."""


def elapsed(once: Callable[[], object]) -> float:
    """The time of doing something once."""
    began = time.perf_counter()
    once()
    return time.perf_counter() - began


def each(count: int, together: Callable[[], object]) -> Figure:
    """The time of one of `count` things that are done together."""
    return Figure(elapsed(together) / count)


def round_trips(count: int, once: Callable[[], object]) -> Figure:
    """The times of doing something so often, or as often as there is time for."""
    times: list[float] = []
    end = time.perf_counter() + LONG_ENOUGH
    while len(times) < count and (len(times) < FEWEST or time.perf_counter() < end):
        times.append(elapsed(once))
    return spread(times)


def kept_on(core: int, measure: Measure) -> Figure:
    """What is measured while this process is kept on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        return measure()
    finally:
        os.sched_setaffinity(0, before)


def trips_of_threads(count: int, ways: Sequence[Callable[[], object]]) -> Figure:
    """A thread for each way, all at once; what each of `count` trips takes its thread."""
    times: list[float] = []

    def timed(way: Callable[[], object]) -> None:
        times.append(elapsed(way))

    _in_threads([partial(timed, way) for way in ways], count // len(ways))
    return spread(times)


def each_of_threads(count: int, ways: Sequence[Callable[[], object]]) -> Figure:
    """A thread for each way, all at once; what one of `count` trips takes of the time of all."""
    share = count // len(ways)
    return each(share * len(ways), lambda: _in_threads(ways, share))


def _in_threads(ways: Sequence[Callable[[], object]], count: int) -> None:
    def go(way: Callable[[], object]) -> None:
        for _ in range(count):
            way()

    threads = [threading.Thread(target=go, args=(way,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def spread(times: Sequence[float]) -> Figure:
    """The median of times, and their 99th percentile."""
    ordered = sorted(times)
    return Figure(statistics.median(ordered), ordered[min(len(ordered) * 99 // 100, len(ordered) - 1)])
