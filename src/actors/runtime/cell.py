"""Cells: memory that an asker shares with who answers it, for the reply that comes while it looks.

A reply through a pipe costs each end a system call, and each look for it another. While one thread of a
process spins for the reply to one question, that reply may be laid into the cell of the process. Its words
of eight bytes, those that are looked at most in one line of the processor's cache with a short reply::

    0         8         16          64     72       80
    AWAITED   CLAIMED   CLOSED      LAID   LENGTH   the reply …

The asker clears CLAIMED and says which question's reply is AWAITED. Who has the only reply to that question
claims the cell, looks again whether it is awaited, lays it down and says so. An asker that looks no more
awaits nothing, says for which question it has CLOSED the cell, and looks a last time. Each writes a word
and then, behind a fence, reads the other's (Dekker's algorithm): so the asker finds the reply, or whoever
answers sees that nobody looks and sends it through the pipe; or both, and the second is passed over.

A cell that had been claimed when its asker looked no more may still be written to: it is not opened again
until that reply has come through the pipe. Should who answers be killed just then, and the asker's time be
up before anybody tells it so, all replies to its process come through the pipe from there on.

What one side writes the other must see in the same order, as with x86-64: elsewhere no cell ever opens.
"""

from __future__ import annotations

import io
import mmap
import os
import sys
import threading
from collections import deque
from contextlib import suppress
from typing import Final

SIZE: Final = 4096
"""How large a cell is, in bytes: a page."""
_START: Final = 80
ROOM: Final = SIZE - _START
"""The longest reply that a cell takes, in bytes."""
_AWAITED: Final = 0
_CLAIMED: Final = 1
_CLOSED: Final = 2
_LAID: Final = 8
_LENGTH: Final = 9
_GLANCE: Final = 25e-9
"""How long a glance into the cell takes, in seconds, more or less."""
_NEVER: Final = -1
_MANY: Final = 64


class Cell:
    """The end of the asker: of the thread that has opened it, for a question."""

    def __init__(self, memory: mmap.mmap | None, moment: float) -> None:
        """For replies that come within a `moment`, in seconds. Without memory it never opens."""
        self._memory: mmap.mmap | bytes = memory or b""
        self._words = memoryview(memory or bytearray(SIZE)).cast("Q")
        self._glances = range(int(moment / _GLANCE))
        self.question = 0
        """The question that it is open for; 0 if it is not."""
        self.doubtful = 0 if memory else _NEVER
        """The one whose reply may still be laid here, though nobody looks for it."""
        self.taken_late: deque[int] = deque(maxlen=_MANY)
        """Those whose replies have been taken in the end and may come through the pipe as well."""

    @classmethod
    def create(cls, path: str, moment: float) -> Cell:
        """Make the cell of a process; one that never opens if it cannot be shared, or a moment is none."""
        memory = None
        if moment > 0.0 and _is_orderly():
            try:
                memory = _make(path)
            except (OSError, MemoryError):
                with suppress(OSError):
                    os.unlink(path)
        return cls(memory, moment)

    @property
    def holds(self) -> bool:
        """Whether a reply lies here that has not been taken."""
        question = self.question
        return question > 0 and self._words[_LAID] == question

    def open(self, question: int) -> bool:
        """Have the reply to a question that is about to be asked be laid here; False if that cannot be."""
        if self.question or self.doubtful:
            return False
        self.question = question  # with no call in between, so that no other thread is first
        self._words[_CLAIMED] = 0
        self._words[_AWAITED] = question
        return True

    def watch(self, question: int) -> bytes | None:
        """The reply, if it is laid here within a moment. Closes the cell."""
        words = self._words
        for _ in self._glances:
            if words[_LAID] == question:
                reply = self._memory[_START : _START + words[_LENGTH]]
                self.question = 0
                return reply
        return self.close(question)

    def close(self, question: int) -> bytes | None:
        """Have the reply come through the pipe; or return it, as it lies here in the end."""
        if self.question != question:
            return None
        words = self._words
        words[_AWAITED] = 0
        words[_CLOSED] = question
        self.question, self.doubtful = 0, question
        _fence()
        if words[_LAID] == question:
            reply = self._memory[_START : _START + words[_LENGTH]]
            words[_CLOSED] = 0
            self.taken_late.append(question)
            self.doubtful = 0
            return reply
        if not words[_CLAIMED]:
            self.doubtful = 0
        return None


class CellWriter:
    """The end of who answers. Thread-safe."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._words = memoryview(memory).cast("Q")
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: str) -> CellWriter | None:
        """Open an asker's cell; None if there is none, or nothing to open it with."""
        try:
            with io.FileIO(path, "r+") as file:
                return cls(_map(file))
        except (OSError, ValueError, MemoryError):
            return None

    def lay(self, question: int, reply: bytes) -> bool:
        """Lay the only reply to a question down; False if nobody may see it there."""
        words, size = self._words, len(reply)
        if words[_AWAITED] != question or words[_LAID] == question or size > ROOM:
            return False
        words[_CLAIMED] = question
        if not self._lock.acquire(False):  # it is a fence, as its release is
            return False
        awaited = words[_AWAITED] == question
        if awaited:
            self._memory[_START : _START + size] = reply
            words[_LENGTH] = size
            words[_LAID] = question
        self._lock.release()
        return awaited and words[_CLOSED] != question


def _fence() -> None:
    """Have what this thread has written be seen by all before it reads on, by an atomic instruction."""
    lock = threading.Lock()
    lock.acquire()
    lock.release()


def _is_orderly() -> bool:
    """Whether others see what a thread writes in the same order, and its threads take turns."""
    return os.uname().machine == "x86_64" and getattr(sys, "_is_gil_enabled", lambda: True)()


def _make(path: str) -> mmap.mmap:
    with io.FileIO(path, "x+", opener=_private) as file:
        os.posix_fallocate(file.fileno(), 0, SIZE)
        return _map(file)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _map(file: io.FileIO) -> mmap.mmap:
    """The memory of a file, with no descriptor of it where Python can do without."""
    if sys.version_info >= (3, 13):
        return mmap.mmap(file.fileno(), SIZE, trackfd=False)
    return mmap.mmap(file.fileno(), SIZE)
