"""The report: what a run has come to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median

import attrs

from actors.cli.demo.incident import Incidents
from actors.cli.demo.tally import Tally
from actors.cli.demo.totals import Standing


@attrs.frozen
class Report:
    """The count of the actors beside the plain one; `exact` is what the demo is about."""

    workers: int
    standing: Standing
    plain: Tally
    kills: int
    incidents: Incidents
    seconds: float
    plain_seconds: float

    @property
    def exact(self) -> bool:
        """Whether the killed actors have counted what one undisturbed process counts."""
        return self.standing.tally == self.plain

    @property
    def exit_code(self) -> int:
        """0 if the counts are equal, else 1."""
        return 0 if self.exact else 1

    def lines(self) -> Iterator[str]:
        """The end of a run, for people."""
        yield f"actors       {self.standing.tally} in {self.seconds:.1f} s, {self.workers} workers"
        yield f"one process  {self.plain} in {self.plain_seconds:.1f} s"
        yield f"crashes      {self._crashes()}"
        for path in self.standing.poison:
            yield f"poison       {path} segfaulted its worker twice and was set aside"
        yield "exact        the totals are equal" if self.exact else "WRONG        the totals differ"

    def json(self) -> str:
        """The end of a run, for programs."""
        return json.dumps(
            {
                "exact": self.exact,
                "actors": vars(self.standing.tally),
                "plain": vars(self.plain),
                "workers": self.workers,
                "seconds": round(self.seconds, 3),
                "plain_seconds": round(self.plain_seconds, 3),
                "kills": self.kills,
                "deaths": dict(self.incidents.deaths),
                "restarts": len(self.incidents.survived),
                "restart_ms": [round(one.after * 1000, 2) for one in self.incidents.survived],
                "poison": list(self.standing.poison),
            }
        )

    def _crashes(self) -> str:
        deaths = self.incidents.deaths
        if not deaths:
            return "none"
        kinds = ", ".join(f"{count} {cause}" for cause, count in deaths.most_common())
        times = [one.after * 1000 for one in self.incidents.survived] or [0.0]
        took = f"back in {median(times):.1f} ms (median), {max(times):.1f} ms at most"
        return f"{deaths.total()} survived ({kinds}), {took}"
