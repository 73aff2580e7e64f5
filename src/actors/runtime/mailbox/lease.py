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
from io import FileIO
from pathlib import Path
from typing import Final

_PATIENCE: Final = 0.02
_FLOCK: Final = struct.Struct("hhqqi4x")  # struct flock: type, whence, start, length, pid


class Lease:
    """The right to read one mailbox; `acquire` tells whether this process has it now.

    A `lockf` lock belongs to a process and a file, and closing any descriptor of the file drops it. So
    `_held` tells two holders within one process apart, by the file, and nobody opens a file that it names.

    A signal handler may raise after any call. So the descriptor is a `FileIO`'s from the start, which
    closes it, and no call stands between the assignments that belong together.
    """

    _held: Final[dict[tuple[int, int], int]] = {}
    _guard = threading.RLock()  # reentrant, as garbage may be collected, and release, at any time

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._identity = (0, 0)
        self._file: FileIO
        self._process = 0

    def acquire(self) -> bool:
        """Take the lease if nobody has it. It is this process's until `release` or its end."""
        me = os.getpid()
        if self._process == me:
            return True
        with self._guard:
            identity = _identity(self._path)
            if self._held.get(identity) == me or (file := self._locked()) is None:
                return False
            self._file, self._identity = file, identity
            self._process = self._held[identity] = me
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
                del self._held[self._identity]
                self._process = 0
                self._file.close()

    def abandon(self) -> None:
        """Close the copy that a forked child has inherited; the parent keeps its lease."""
        if self._process and self._process != os.getpid():
            self._process = 0
            self._file.close()

    def holder(self) -> int:
        """The process that has the lease, 0 if there is none."""
        with self._guard:
            if self._held.get(_identity(self._path)) == os.getpid():
                return os.getpid()
            return self._ask()

    def _ask(self) -> int:
        with FileIO(self._path, "r+") as file:
            asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, *_, holder = _FLOCK.unpack(fcntl.fcntl(file, fcntl.F_GETLK, asked))
        return 0 if kind == fcntl.F_UNLCK else int(holder)

    def _locked(self) -> FileIO | None:
        file = FileIO(self._path, "r+")
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException as error:
            file.close()
            if isinstance(error, BlockingIOError):
                return None
            raise
        return file

    @classmethod
    def _after_fork(cls) -> None:
        cls._guard = threading.RLock()


def _identity(path: str | Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino


os.register_at_fork(after_in_child=Lease._after_fork)  # pyright: ignore[reportPrivateUsage]
