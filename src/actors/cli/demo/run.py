"""The run: the demo from the first file to the report."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final

from actors import ActorSystem, EventStream, child
from actors.cli.demo.chaos import Chaos
from actors.cli.demo.foreman import Crawl, Foreman
from actors.cli.demo.incident import Incidents
from actors.cli.demo.poison import poisoned_file
from actors.cli.demo.report import Report
from actors.cli.demo.tally import Tally, count
from actors.cli.demo.totals import HowFar, Standing, Totals
from actors.cli.demo.view import View

_TICK: Final = 0.05
_PATIENCE: Final = 60.0
_EACH: Final = 1.0
"""A run may take so many seconds, and so many more for each file."""
_MANY: Final = 10_000
"""Restarts within a minute: this system expects to be killed."""


class Run:
    """Counts files with actors, against all odds, and then without either."""

    def __init__(self, files: Sequence[str], *, workers: int, kill_every: float, view: View) -> None:
        self.files = files
        self.workers = workers
        self.view = view
        self.incidents = Incidents()
        self.chaos = Chaos("foreman", kill_every)

    def report(self) -> Report:
        """Do it all. Nothing is left behind, however it ends."""
        began = time.monotonic()
        standing = self._count_with_actors()
        between = time.monotonic()
        plain = self._count_plainly(set(standing.poison))
        return Report(
            workers=self.workers,
            standing=standing,
            plain=plain,
            kills=self.chaos.kills,
            incidents=self.incidents,
            seconds=between - began,
            plain_seconds=time.monotonic() - between,
        )

    def _count_with_actors(self) -> Standing:
        middle = len(self.files) // 2
        with (
            ActorSystem("demo", max_restarts=_MANY, within=60.0) as system,
            poisoned_file() as poison,
            system.events() as events,
        ):
            totals = system.spawn(Totals, name="totals")
            foreman = system.spawn(child(Foreman, self.workers, totals), name="foreman")
            crawl = Crawl(files=(*self.files[:middle], poison, *self.files[middle:]))
            future = foreman.ask_future(crawl, timeout=_PATIENCE + _EACH * len(crawl.files))
            while not future.done():
                self._hear(events)
                self.chaos.strike()
                self.view.counting(totals.ask(HowFar(), timeout=_PATIENCE), len(crawl.files))
            return self._concluded(future, events)

    def _hear(self, events: EventStream) -> bool:
        """Note what happens, for a moment; whether anything did."""
        event = events.next(timeout=_TICK)
        if event is None:
            return False
        self.chaos.hear(event)
        incident = self.incidents.hear(event)
        if incident is not None:
            self.view.incident(incident)
        return True

    def _concluded(self, future: Future[Standing], events: EventStream) -> Standing:
        standing = future.result()
        while self._hear(events):
            pass
        self.view.counting(standing, standing.done)
        return standing

    def _count_plainly(self, poison: set[str]) -> Tally:
        plain = Tally()
        for number, path in enumerate(self.files, start=1):
            if path not in poison:
                plain += count(path)
            self.view.comparing(number, len(self.files))
        return plain
