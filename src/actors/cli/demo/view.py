"""Views: what is to be seen of a run while it lasts."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from actors.cli.demo.incident import Incident
from actors.cli.demo.report import Report
from actors.cli.demo.totals import Standing


class View:
    """Shows nothing; the base of the others."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def counting(self, standing: Standing, files: int) -> None:
        """The actors have come so far."""

    def comparing(self, done: int, files: int) -> None:
        """The plain count has come so far."""

    def incident(self, incident: Incident) -> None:
        """A worker has died and is back."""

    def end(self, report: Report) -> None:
        """The run is over."""


class JsonView(View):
    """Shows one JSON object at the end."""

    def end(self, report: Report) -> None:
        print(report.json())
