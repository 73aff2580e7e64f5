"""Reuse: the file of a large message that has been dealt with is kept for the next one to be written.

The pages of a fresh file of 64 MiB take 15 ms, and 8 to be given back, where writing to them takes 12,
and reading them 12. Who answers a large question with a large reply is done with the one file within a
moment of needing the other. So a file is kept for half a second, under a name of this process: should
that end before, it is swept as the file of a dead sender.
"""

from __future__ import annotations

import atexit
import os
import stat
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Final, NamedTuple

from actors.runtime.mutex import Mutex

SMALLEST: Final = 256 << 10
"""From so many bytes on it pays."""
LARGEST: Final = 288 << 20
"""What is larger than that, 256 MiB and some more, is not kept: a process holds no more for a moment."""
_MOMENT: Final = 0.5
"""For how long a file is kept, in seconds."""
_ROOMY: Final = 4
"""How many times its size must be free on its disk."""
_WASTEFUL: Final = 2
"""A file of more than so many times the size of a message is not cut for it."""


class Kept(NamedTuple):
    """A file that is nobody's message any more."""

    path: str
    size: int
    until: float


class Reuse:
    """The file that this process keeps, if any. Thread-safe."""

    def __init__(self) -> None:
        self._process = 0
        """In which the rest is true; in its forks nothing is kept."""
        self._kept: deque[Kept] = deque()
        self._lock = Mutex()
        self._sweeping = False

    def keep(self, path: str, aside: str) -> bool:
        """Keep a file for a moment, as `aside` in the same directory; False if that is not worth it."""
        try:
            if self._process != os.getpid():
                self._begin()
            size = _size(path)
            if not SMALLEST <= size <= LARGEST or not _is_roomy(path, size):
                return False
            with self._lock:
                return self._put_aside(path, Kept(aside, size, time.monotonic() + _MOMENT))
        except (OSError, RuntimeError, MemoryError):  # it is gone, or no thread can be had to sweep it
            return False

    def take(self, path: str, size: int) -> int | None:
        """The descriptor of a kept file, to be written over by so many bytes; None if there is none.

        The file is at `path` from now on, and no longer than that.
        """
        if self._process != os.getpid():
            return None
        with self._lock:
            if not self._kept or self._kept[0].size > _WASTEFUL * size:
                return None
            try:
                os.rename(self._kept[0].path, path)
            except OSError:  # removed with all that lay there, or on another disk: to be swept
                return None
            kept = self._kept.popleft()
        return _open(path, min(size, kept.size))

    def remove(self) -> None:
        """Keep nothing any more."""
        if self._process == os.getpid():
            with suppress(IndexError):
                while True:
                    _remove(self._kept.popleft().path)

    def _begin(self) -> None:
        kept, lock, me = deque[Kept](), Mutex(), os.getpid()
        self._kept, self._lock, self._sweeping, self._process = kept, lock, False, me
        atexit.register(self.remove)

    def _put_aside(self, path: str, kept: Kept) -> bool:
        self._have_swept()
        if self._kept:  # looked at last: a signal handler may have kept another one meanwhile
            return False
        self._kept.append(kept)
        try:
            os.rename(path, kept.path)
        except BaseException:
            self._kept.remove(kept)
            _remove(kept.path)
            raise
        return True

    def _have_swept(self) -> None:
        if not self._sweeping:
            threading.Thread(target=self._sweep, name="actors-reuse", daemon=True).start()
            self._sweeping = True

    def _sweep(self) -> None:
        """Remove what has been kept for long enough, until nothing is kept."""
        left, late = _MOMENT, list[Kept]()
        while left > 0.0:
            time.sleep(left)
            with self._lock:
                left = self._kept[0].until - time.monotonic() if self._kept else 0.0
                late = [] if left > 0.0 else list(self._kept)
                if left <= 0.0:
                    self._kept.clear()
                    self._sweeping = False
        for kept in late:  # not under the lock, as the kernel takes its time for many pages
            _remove(kept.path)


REUSE: Final = Reuse()


def _size(path: str) -> int:
    """How large a file of this user is that has no other name; 0 for anything else."""
    status = os.lstat(path)
    alone = stat.S_ISREG(status.st_mode) and status.st_uid == os.getuid() and status.st_nlink == 1
    return status.st_size if alone else 0


def _open(path: str, size: int) -> int:
    """Open a file to write over it, cut to a size."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.ftruncate(descriptor, size)
        except BaseException:
            os.close(descriptor)
            raise
    except BaseException:
        _remove(path)
        raise
    return descriptor


def _is_roomy(path: str, size: int) -> bool:
    disk = os.statvfs(os.path.dirname(path))
    return disk.f_bavail * disk.f_frsize >= _ROOMY * size


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
