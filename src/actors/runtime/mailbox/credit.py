"""Credits: the bound of a mailbox, as a pipe that holds one byte for each free place.

Like a semaphore, but found by path, open to `poll`, and mendable: places that a killed process took along
can be given back, because the bytes in the pipe can be counted and a semaphore's holders cannot.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from actors.runtime.mailbox.journal import waiting_bytes

MOST: Final = 4096
"""The largest bound of a mailbox: what a pipe of one page holds."""


class Credits:
    """The free places of a mailbox bounded to `size` messages."""

    def __init__(self, path: Path, size: int) -> None:
        self.size = size
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def fileno(self) -> int:
        """The descriptor: readable while a place is free."""
        return self._pipe

    @property
    def free(self) -> int:
        """How many places are free now."""
        return waiting_bytes(self._pipe)

    def take(self) -> bool:
        """Take a free place; False if there is none."""
        try:
            return bool(os.read(self._pipe, 1))
        except BlockingIOError:
            return False

    def give(self) -> None:
        """Give a place back, unless all are free already (one had been mended too early)."""
        if self.free < self.size:
            os.write(self._pipe, b"+")

    def mend(self) -> None:
        """Give back the places that killed processes took along; only for an empty mailbox.

        A putter that is merely slow or stopped between taking its place and writing its message is
        taken for dead: the mailbox may then hold one message more than its bound.
        """
        missing = self.size - self.free
        if missing > 0:
            os.write(self._pipe, b"+" * missing)

    def close(self) -> None:
        """Close this process's end."""
        os.close(self._pipe)
