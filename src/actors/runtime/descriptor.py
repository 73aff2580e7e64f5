"""A file descriptor that is closed when nobody uses it any more."""

from __future__ import annotations

import contextlib
import os


class Descriptor:
    """Owns a file descriptor.

    Closed with its last reference: a thread that is writing keeps it from being closed and its number
    from naming another file. In a forked child, whose copy the parent knows nothing of, only the end of
    the process closes it.
    """

    __slots__ = ("_process", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self._process = os.getpid()

    def fileno(self) -> int:
        """The descriptor's number."""
        return self.number

    def __del__(self) -> None:
        if self._process == os.getpid():
            with contextlib.suppress(OSError):
                os.close(self.number)
