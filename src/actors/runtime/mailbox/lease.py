"""The reader's lease: a mailbox has one reading process at a time.

A `lockf` lock: not inherited by forked children, and dropped by the kernel when its process ends, before
the process's pidfd tells anybody.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
import time
from pathlib import Path
from typing import Final

_PATIENCE: Final = 0.02
_FLOCK: Final = struct.Struct("hhqqi4x")  # struct flock: type, whence, start, length, pid


class Lease:
    """The right to read one mailbox; `acquire` tells whether this process has it now.

    A `lockf` lock belongs to a process and a file, and closing any descriptor of the file drops it. So
    `_held` tells two holders within one process apart, by the file, and nobody opens a file that it names.
    """

    _held: Final[dict[tuple[int, int], int]] = {}
    _guard = threading.RLock()  # reentrant, as garbage may be collected, and release, at any time

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._file = (0, 0)
        self._descriptor = -1
        self._process = 0

    def acquire(self) -> bool:
        """Take the lease if nobody has it. It is this process's until `release` or its end."""
        if self._process == os.getpid():
            return True
        with self._guard:
            self._file = _identity(self._path)
            if self._held.get(self._file) == os.getpid() or not self._lock():
                return False
            self._process = self._held[self._file] = os.getpid()
        return True

    def acquire_soon(self) -> bool:
        """`acquire`, with some patience for a process that merely counts what waits."""
        last = time.monotonic() + _PATIENCE
        while not self.acquire():
            if time.monotonic() > last:
                return False
            time.sleep(_PATIENCE / 20)
        return True

    def release(self) -> None:
        """Give the lease up, if this process has it."""
        if self._process == os.getpid():
            with self._guard:
                self._held.pop(self._file, None)
                self._process = 0
                os.close(self._descriptor)

    def abandon(self) -> None:
        """Close the copy that a forked child has inherited; the parent keeps its lease."""
        if self._process and self._process != os.getpid():
            self._process = 0
            os.close(self._descriptor)

    def holder(self) -> int:
        """The process that has the lease, 0 if there is none."""
        with self._guard:
            if self._held.get(_identity(self._path)) == os.getpid():
                return os.getpid()
            return self._ask()

    def _ask(self) -> int:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, *_, holder = _FLOCK.unpack(fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
        finally:
            os.close(descriptor)
        return 0 if kind == fcntl.F_UNLCK else int(holder)

    def _lock(self) -> bool:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                return False
            raise
        self._descriptor = descriptor
        return True

    @classmethod
    def _after_fork(cls) -> None:
        cls._guard = threading.RLock()


def _identity(path: str | Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino


os.register_at_fork(after_in_child=Lease._after_fork)  # pyright: ignore[reportPrivateUsage]
