"""Contests: ours and its rivals in turn, so that a machine whose speed drifts drifts for all alike."""

from __future__ import annotations

import attrs

from benchmarks.measure import Measure
from benchmarks.result import Result, Series, Unit


@attrs.frozen
class Rival:
    """Who else is measured, and how far ours shall reach."""

    name: str
    measure: Measure
    faster: float | None = None
    more: float | None = None


@attrs.frozen
class Contest:
    """What is measured in one go: something of ours, and the same of each rival."""

    name: str
    ours: Measure
    rivals: tuple[Rival, ...] = ()
    unit: Unit = Unit.SECONDS


def hold(contest: Contest, section: str, rounds: int) -> Result:
    """Measure all in turn, round by round, after one round that does not count."""
    measures = [contest.ours, *(rival.measure for rival in contest.rivals)]
    counted = [[measure() for measure in measures] for _ in range(rounds + 1)][1:]
    ours, *theirs = zip(*counted, strict=True)
    rivals = (
        Series(rival.name, figures, rival.faster, rival.more)
        for rival, figures in zip(contest.rivals, theirs, strict=True)
    )
    return Result(section, contest.name, contest.unit, Series("actors", ours), tuple(rivals))
