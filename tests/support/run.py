"""Programs run by the tests, and the processes that belong to them."""

from __future__ import annotations

import os
import secrets
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

MARK: Final = "ACTORS_TEST_MARK"
PATIENCE: Final = 30.0


class Program:
    """A program under way; every process that comes of it carries its mark."""

    def __init__(self, *command: str, cwd: Path | None = None) -> None:
        self._mark = secrets.token_hex(8)
        environment = {**os.environ, MARK: self._mark, "ACTORS_LOG_LEVEL": "critical"}
        self.process = subprocess.Popen(
            [sys.executable, *command],
            env=environment,
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def line(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def line_that_begins(self, start: str) -> str:
        while not (line := self.line()).startswith(start):
            assert line, f"it ended before it printed {start!r}: {self.end()}"
        return line

    def interrupt(self) -> None:
        """Ctrl-C."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> tuple[int, str, str]:
        """Wait for its end; its exit code and what it has printed since."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err

    def survivors(self, within: float = 5.0) -> list[int]:
        """Processes of it that are still alive after so many seconds."""
        mark = f"{MARK}={self._mark}".encode()
        return [pid for pid in _marked(mark) if not _ends(pid, within)]

    def kill_survivors(self) -> None:
        for pid in _marked(f"{MARK}={self._mark}".encode()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _marked(mark: bytes) -> list[int]:
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (path / "environ").read_bytes():
                found.append(int(path.name))
    return found


def _ends(pid: int, within: float) -> bool:
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        return bool(poll.poll(within * 1000))
    finally:
        os.close(pidfd)
