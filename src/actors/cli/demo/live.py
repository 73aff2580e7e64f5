"""The live view: progress bars and a growing list of incidents; needs rich."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from actors.cli.demo.incident import Incident
from actors.cli.demo.report import Report
from actors.cli.demo.totals import Standing
from actors.cli.demo.view import View


class LiveView(View):
    """Draws two bars, the actors' and the plain count's, with the incidents scrolling above."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._progress = Progress(
            TextColumn("{task.description:11}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("files  {task.fields[tokens]}"),
            TimeElapsedColumn(),
            console=self._console,
        )
        self._actors = self._progress.add_task("actors", total=None, tokens="")
        self._plain = self._progress.add_task("one process", total=None, tokens="", start=False)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def counting(self, standing: Standing, files: int) -> None:
        tokens = f"{standing.tally.tokens:,} tokens"
        self._progress.update(self._actors, completed=standing.done, total=files, tokens=tokens)

    def comparing(self, done: int, files: int) -> None:
        if not self._progress.tasks[self._plain].started:
            self._progress.start_task(self._plain)
        self._progress.update(self._plain, completed=done, total=files)

    def incident(self, incident: Incident) -> None:
        colour = "magenta" if incident.cause == "SIGSEGV" else "red"
        line = Text(f"  {incident}")
        line.highlight_words([incident.cause], style=f"bold {colour}")
        self._console.print(line)

    def end(self, report: Report) -> None:
        self._progress.stop()
        self._console.print()
        for line in report.lines():
            colour = {"exact": "bold green", "WRONG": "bold red"}.get(line.split()[0], "")
            self._console.print(Text(line, style=colour), soft_wrap=True)
