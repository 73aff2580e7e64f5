"""Measuring: two things in turn, so that a machine whose speed drifts drifts for both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import attrs

Timer = Callable[[], float]
"""Does its work once and returns seconds: for one message, one start, one round trip."""


@attrs.frozen
class Comparison:
    """What is compared, and how much faster than its floor it shall be."""

    name: str
    floor_name: str
    reach: float
    """The floor's time divided by ours, at least."""
    ours: Timer
    floor: Timer


@attrs.frozen
class Result:
    """What came of it; times in seconds."""

    name: str
    floor_name: str
    reach: float
    ours: float
    floor: float
    ratio: float
    least: float
    most: float

    @property
    def reached(self) -> bool:
        return self.ratio >= self.reach


def compare(comparison: Comparison, rounds: int) -> Result:
    """The medians of several rounds, ours and the floor's in turn, and their ratio round by round."""
    for warm in (comparison.ours, comparison.floor):
        warm()
    pairs = [(comparison.ours(), comparison.floor()) for _ in range(rounds)]
    ratios = [floor / ours for ours, floor in pairs]
    return Result(
        name=comparison.name,
        floor_name=comparison.floor_name,
        reach=comparison.reach,
        ours=statistics.median(ours for ours, _ in pairs),
        floor=statistics.median(floor for _, floor in pairs),
        ratio=statistics.median(ratios),
        least=min(ratios),
        most=max(ratios),
    )


def p50(count: int, once: Callable[[], object]) -> float:
    """The median time of doing something."""
    return percentile(count, once, 50)


def percentile(count: int, once: Callable[[], object], percent: int) -> float:
    """The time that so many of a hundred do not exceed."""
    times: list[float] = []
    for _ in range(count):
        began = time.perf_counter()
        once()
        times.append(time.perf_counter() - began)
    return statistics.quantiles(times, n=100)[percent - 1]


def each(count: int, together: Callable[[], object]) -> float:
    """The time of one of `count` things that are done together."""
    began = time.perf_counter()
    together()
    return (time.perf_counter() - began) / count
