"""The plain view: lines, for pipes, logs and terminals without rich."""

from __future__ import annotations

import time
from typing import Final

from actors.cli.demo.incident import Incident
from actors.cli.demo.report import Report
from actors.cli.demo.totals import Standing
from actors.cli.demo.view import View

_EVERY: Final = 1.0
"""How many seconds lie between two lines of progress."""


class PlainView(View):
    """Prints a line for each incident, and one about the progress every second."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._due = 0.0

    def counting(self, standing: Standing, files: int) -> None:
        if self._is_time():
            self._say(f"{standing.done:,} of {files:,} files, {standing.tally.tokens:,} tokens")

    def comparing(self, done: int, files: int) -> None:
        if self._is_time():
            self._say(f"one process, to compare: {done:,} of {files:,} files")

    def incident(self, incident: Incident) -> None:
        self._say(f"  {incident}")

    def end(self, report: Report) -> None:
        print()
        for line in report.lines():
            print(line)

    def _is_time(self) -> bool:
        now = time.monotonic()
        due = now >= self._due
        if due:
            self._due = now + _EVERY
        return due

    def _say(self, text: str) -> None:
        print(f"{time.monotonic() - self._began:5.1f} s  {text}", flush=True)
