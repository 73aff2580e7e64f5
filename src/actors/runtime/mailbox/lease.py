"""The reader's lease: a mailbox has one reading process at a time.

A `lockf` lock: not inherited by forked children, and dropped by the kernel when its process ends, before
the process's pidfd tells anybody.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from io import FileIO
from pathlib import Path
from typing import ClassVar, Final

_PATIENCE: Final = 0.02
_FLOCK: Final = struct.Struct("hhqqi4x")  # struct flock: type, whence, start, length, pid


class Lease:
    """The right to read one mailbox; `acquire` tells whether this process has it now.

    A `lockf` lock belongs to a process and a file, and closing any descriptor of the file drops it. So of
    all leases of a process only one at a time opens a file: the one that has claimed it.

    A signal handler may raise after any call. So the descriptor is a `FileIO`'s from the start, which
    closes it; and a claim takes no lock, which a `with` may leave locked then (so on CPython 3.14).
    """

    _claims: ClassVar[dict[tuple[int, int], Lease]] = {}

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
        try:
            if self._claim():
                self._lock(me)
        finally:
            if self._process != me:
                self._disclaim()
        return self._process == me

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
        try:
            if self._process == os.getpid():
                self._process = 0
                self._file.close()
        finally:
            self._disclaim()

    def abandon(self) -> None:
        """Close the copy that a forked child has inherited; the parent keeps its lease."""
        if self._process and self._process != os.getpid():
            self._process = 0
            self._file.close()

    def holder(self) -> int:
        """The process that has the lease, 0 if there is none."""
        if self._process == os.getpid():
            return self._process
        try:
            return self._ask() if self._claim() else os.getpid()
        finally:
            self._disclaim()

    def _claim(self) -> bool:
        """Whether no other lease of this process has to do with the file; until `_disclaim` none will."""
        self._identity = _identity(self._path)
        return self._claims.setdefault(self._identity, self) is self

    def _disclaim(self) -> None:
        if self._claims.get(self._identity) is self:
            del self._claims[self._identity]

    def _ask(self) -> int:
        with FileIO(self._path, "r+") as file:
            asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, *_, holder = _FLOCK.unpack(fcntl.fcntl(file, fcntl.F_GETLK, asked))
        return 0 if kind == fcntl.F_UNLCK else int(holder)

    def _lock(self, me: int) -> None:
        """Have the lease for this process, unless another one has it."""
        file = FileIO(self._path, "r+")
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file, self._process = file, me
        except BaseException as error:
            file.close()
            if not isinstance(error, BlockingIOError):
                raise

    @classmethod
    def _after_fork(cls) -> None:
        cls._claims = {}


def _identity(path: str | Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino


os.register_at_fork(after_in_child=Lease._after_fork)  # pyright: ignore[reportPrivateUsage]
