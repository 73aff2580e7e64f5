"""Results: what came of a contest, as data that can be written down and read again."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from statistics import median
from typing import Any

import attrs

from benchmarks.measure import Figure


class Unit(Enum):
    """What a figure counts."""

    SECONDS = "s"
    BYTES = "B"
    CORES = "cores"
    WAKE_UPS = "wake-ups/s"

    def show(self, value: float) -> str:
        """The value as people read it."""
        match self:
            case Unit.SECONDS if value < 1e-3:
                return f"{value * 1e6:.1f} µs"
            case Unit.SECONDS:
                return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"
            case Unit.BYTES:
                return f"{value / 2**20:.2f} MiB"
            case Unit.CORES:
                return f"{value * 100:.1f} % of a core"
            case Unit.WAKE_UPS:
                return f"{value:.1f}/s"


@attrs.frozen
class Series:
    """The figures of one who was measured, round by round, and what is asked of ours beside it."""

    name: str
    rounds: tuple[Figure, ...]
    faster: float | None = None
    """This one's figure divided by ours shall be at least so much."""
    more: float | None = None
    """Ours less this one's figure shall be at most so much."""

    @property
    def typical(self) -> float:
        return median(figure.typical for figure in self.rounds)

    @property
    def span(self) -> tuple[float, float]:
        """The lowest and the highest round."""
        figures = [figure.typical for figure in self.rounds]
        return min(figures), max(figures)

    @property
    def p99(self) -> float | None:
        tails = [figure.p99 for figure in self.rounds if figure.p99 is not None]
        return median(tails) if tails else None


@attrs.frozen
class Result:
    """Ours and all that were measured in turn with it."""

    section: str
    name: str
    unit: Unit
    ours: Series
    rivals: tuple[Series, ...]

    def ratios(self, rival: Series) -> list[float]:
        """The rival's figure by ours, round by round and sorted: more is better."""
        pairs = zip(self.ours.rounds, rival.rounds, strict=True)
        return sorted(theirs.typical / ours.typical for ours, theirs in pairs if ours.typical)

    def ratio(self, rival: Series) -> float | None:
        """The median of them; None if ours is nothing."""
        ratios = self.ratios(rival)
        return median(ratios) if ratios else None

    def reached(self, rival: Series) -> bool | None:
        """Whether ours does what is asked of it beside this rival; None if nothing is."""
        if rival.faster is not None:
            ratio = self.ratio(rival)
            return ratio is not None and ratio >= rival.faster
        if rival.more is not None:
            return self.ours.typical - rival.typical <= rival.more
        return None

    def as_data(self) -> dict[str, Any]:
        """Values that JSON has."""
        return {**attrs.asdict(self), "unit": self.unit.value}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Result:
        """What `as_data` made."""
        rivals = tuple(map(_series, data["rivals"]))
        return cls(data["section"], data["name"], Unit(data["unit"]), _series(data["ours"]), rivals)


def _series(data: Mapping[str, Any]) -> Series:
    rounds = tuple(Figure(**figure) for figure in data["rounds"])
    return Series(data["name"], rounds, data["faster"], data["more"])
