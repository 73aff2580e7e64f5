"""The status page: a mailbox's words that other processes may look at, each stored at once.

All state of its reader that must agree is one of them, the cursor::

    bits 0-28   position of the next frame in the batch
    bit  29     taken: the frame at the position is in the reader's hand
    bits 32-63  length of the batch

With each message only its lower half changes, which is stored by itself: numbers of up to 30 bits are those
that CPython calculates with fast.
"""

from __future__ import annotations

import mmap
import os
from enum import IntEnum
from pathlib import Path
from typing import Final

STATUS_PAGE: Final = 4096
"""How long the page is, in bytes; the first of a mailbox's journal."""
TAKEN: Final = 1 << 29
LENGTH_SHIFT: Final = 32
_MASK: Final = TAKEN - 1


class Word(IntEnum):
    """The words of the status page, by index."""

    CURSOR = 0
    CAPACITY = 1
    """Length of the batch area, in bytes; written once."""
    GONE = 2
    """Not zero once the mailbox has ended for good; a writer that sees it was not heard."""
    BOUND = 3
    """How many places the mailbox has, 0 if it is not bounded; written once."""
    CONTROL = 4
    """Not zero while something waits in the control lane."""
    PROCESS = 5
    """The pid of the actor's process; 0 while it has none."""
    STATE = 6
    """Whether the actor could take a message now: a `Condition`."""
    SINCE = 7
    """Since when a message is in hand, in monotonic nanoseconds, where that time is limited; or 0."""
    WAITING = 8
    """How many messages wait in the actor's process, lost if it is killed."""


class Condition(IntEnum):
    """What `Word.STATE` says."""

    STARTING = 0
    RUNNING = 1
    RESTARTING = 2
    """Down, to be started again; perhaps not at once."""


def unpack_cursor(cursor: int) -> tuple[int, int]:
    """The position and the length in a cursor."""
    return cursor & _MASK, cursor >> LENGTH_SHIFT


def write_word(descriptor: int, word: Word, value: int) -> None:
    """Write a word of the journal that a descriptor is open on."""
    os.pwrite(descriptor, value.to_bytes(8, "little"), 8 * word)


def read_word(descriptor: int, word: Word) -> int:
    """Read one."""
    return int.from_bytes(os.pread(descriptor, 8, 8 * word), "little")


class Status:
    """The status page of a mailbox, mapped to be looked at by anybody who may open it."""

    def __init__(self, path: str | Path) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._map = mmap.mmap(descriptor, STATUS_PAGE, mmap.MAP_SHARED, mmap.PROT_READ)
        finally:
            os.close(descriptor)
        self.words = memoryview(self._map).cast("Q")

    @property
    def drained(self) -> bool:
        """Whether every message of the batch has been dealt with."""
        position, length = unpack_cursor(self.words[Word.CURSOR])
        return position == length

    def close(self) -> None:
        """Unmap the page."""
        self.words.release()
        self._map.close()
