"""Credits: the bound of a mailbox, as a pipe that holds one byte for each free place.

Like a semaphore, but found by path, open to `poll`, and mendable: places that a killed process took along
can be given back, because the bytes in the pipe can be counted and a semaphore's holders cannot.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from actors.runtime.descriptor import Descriptor
from actors.runtime.mailbox.journal import waiting_bytes


class Credits:
    """The free places of a mailbox bounded to `size` messages."""

    def __init__(self, path: str | Path, size: int) -> None:
        self.size = size
        self._pipe = Descriptor(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))

    def fileno(self) -> int:
        """The descriptor: readable while a place is free."""
        return self._pipe.number

    @property
    def free(self) -> int:
        """How many places are free now."""
        return waiting_bytes(self._pipe.number)

    def take(self) -> bool:
        """Take a free place; False if there is none."""
        try:
            return bool(os.read(self._pipe.number, 1))
        except BlockingIOError:
            return False

    def give(self) -> None:
        """Give a place back, unless all are free already (one had been mended too early)."""
        if self.free < self.size:
            self._add(1)

    def mend(self) -> None:
        """Give back the places that killed processes took along; only for an empty mailbox.

        A putter that is merely slow or stopped is taken for dead: the mailbox may then hold more than
        its bound, by one for each message that had its place and has not been written.
        """
        missing = self.size - self.free
        if missing > 0:
            self._add(missing)

    def _add(self, places: int) -> None:
        with contextlib.suppress(BlockingIOError):  # full, as others have given places back meanwhile
            os.write(self._pipe.number, b"+" * places)

    def close(self) -> None:
        """Let go of this process's end; it is closed once no thread uses it any more."""
        del self._pipe
