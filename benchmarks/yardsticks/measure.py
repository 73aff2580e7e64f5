"""Measuring: two things in turn, so that a machine whose speed drifts drifts for both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from enum import Enum

import attrs

Measure = Callable[[], float]
"""Does its work once and returns what one message, start, round trip or actor takes of it."""


class Unit(Enum):
    """What a measure returns."""

    SECONDS = "s"
    BYTES = "B"
    CORES = "cores"

    def show(self, value: float) -> str:
        """The value as people read it."""
        match self:
            case Unit.SECONDS:
                return f"{value * 1e6:.1f} µs" if value < 1e-3 else f"{value * 1e3:.1f} ms"
            case Unit.BYTES:
                return f"{value / 2**20:.2f} MiB"
            case Unit.CORES:
                return f"{value * 100:.1f} % of a core"


@attrs.frozen
class Comparison:
    """What is compared with which floor, and how far it shall reach."""

    name: str
    floor_name: str
    ours: Measure
    floor: Measure
    faster: float | None = None
    """The floor's measure divided by ours shall be at least this."""
    more: float | None = None
    """Ours less the floor's shall be at most this."""
    unit: Unit = Unit.SECONDS


@attrs.frozen
class Result:
    """What came of it."""

    comparison: Comparison
    pairs: tuple[tuple[float, float], ...]
    """Ours and the floor's, round by round."""

    @property
    def ours(self) -> float:
        return statistics.median(ours for ours, _ in self.pairs)

    @property
    def floor(self) -> float:
        return statistics.median(floor for _, floor in self.pairs)

    @property
    def ratios(self) -> list[float]:
        """The floor's by ours, sorted: more is better."""
        return sorted(floor / ours for ours, floor in self.pairs if ours)

    @property
    def ratio(self) -> float | None:
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def reached(self) -> bool | None:
        """Whether it reaches what it shall; None if nothing is asked of it."""
        faster, more = self.comparison.faster, self.comparison.more
        if faster is not None:
            return self.ratio is not None and self.ratio >= faster
        if more is not None:
            return self.ours - self.floor <= more
        return None


def compare(comparison: Comparison, rounds: int) -> Result:
    """Measure ours and the floor in turn, after one round that does not count."""
    pairs = [(comparison.ours(), comparison.floor()) for _ in range(rounds + 1)]
    return Result(comparison, tuple(pairs[1:]))


def p50(count: int, once: Callable[[], object]) -> float:
    """The median time of doing something."""
    return percentile(count, once, 50)


def percentile(count: int, once: Callable[[], object], percent: int) -> float:
    """The time that so many of a hundred do not exceed."""
    times = sorted(elapsed(once) for _ in range(count))
    return times[min(count * percent // 100, count - 1)]


def elapsed(once: Callable[[], object]) -> float:
    """The time of doing something once."""
    began = time.perf_counter()
    once()
    return time.perf_counter() - began


def each(count: int, together: Callable[[], object]) -> float:
    """The time of one of `count` things that are done together."""
    return elapsed(together) / count
