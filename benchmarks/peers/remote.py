"""A peer as the benchmark holds it: a program of its own, so that its threads and forks are its own too."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from subprocess import PIPE
from typing import IO, Any

from benchmarks.measure import Figure
from benchmarks.peers.peer import Fate
from benchmarks.peers.registry import Entry


class Remote:
    """A running peer."""

    def __init__(self, entry: Entry, program: subprocess.Popen[str], printed: IO[str]) -> None:
        self.entry = entry
        self._program = program
        self._printed = printed

    def ask(self, count: int) -> Figure:
        return Figure(**self._do("ask", count))

    def tell(self, count: int) -> Figure:
        return Figure(**self._do("tell", count))

    def spawn(self, count: int) -> Figure:
        return Figure(**self._do("spawn", count))

    def kill(self) -> Fate:
        """Have an actor killed; the peer may not be good for much afterwards."""
        return Fate(**self._do("kill", 0))

    def _do(self, what: str, count: int) -> Any:
        requests, answers = self._program.stdin, self._program.stdout
        assert requests is not None
        assert answers is not None
        print(json.dumps([what, count]), file=requests, flush=True)
        line = answers.readline()
        if not line:
            self._printed.seek(0)
            raise RuntimeError(f"{self.entry.name} ended instead of its {what}:\n{self._printed.read()}")
        return json.loads(line)


@contextmanager
def running(entry: Entry) -> Generator[Remote]:
    """Start a peer, and end it."""
    line = [sys.executable, "-m", "benchmarks.peers.host", entry.module, *entry.argument.split()]
    with (
        tempfile.TemporaryFile("w+") as printed,
        subprocess.Popen(line, stdin=PIPE, stdout=PIPE, stderr=printed, text=True) as program,
    ):
        yield Remote(entry, program, printed)
