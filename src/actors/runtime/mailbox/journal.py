"""The journal: where a mailbox's reader keeps what it has read and how far it has come.

A mapped file: the status page, then the batch, which is what the last refills moved out of the pipe. Each
change of the status page's cursor is one store, so a reader killed between any two instructions leaves a
state from which a successor goes on. (`struct.pack_into` would zero the word before it stores: torn by a
kill.)

Refill: with the batch used up, zero it and set the cursor to the beginning, so that nothing but zeros
follows; then read all that waits (whole frames, as frames are written whole) and store its length. A
successor that finds something else than zeros behind the batch knows that the read got there and its length
did not. The pages are allocated and populated beforehand, so no read faults.
"""

from __future__ import annotations

import fcntl
import io
import mmap
import os
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from actors.runtime.mailbox import frame
from actors.runtime.mailbox.status import (
    LENGTH_SHIFT,
    STATUS_PAGE,
    TAKEN,
    Word,
    unpack_cursor,
    write_word,
)

_HEAD_SIZE: Final = frame.HEAD.size
_TRIES: Final = 0xFF ^ frame.UNCOUNTED
"""The reader's part of a note: 0 if the message has not been tried, else how many died of it, and 1."""
_NONE: Final = bytes(4)


class Entry(NamedTuple):
    """A frame in the journal."""

    kind: int
    payload: bytes


class Garbage(NamedTuple):
    """Bytes between frames that are no frame."""

    size: int


def waiting_bytes(pipe: int) -> int:
    """How many bytes wait in a pipe."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, _NONE), sys.byteorder)


def create(path: str | Path, capacity: int, bound: int) -> None:
    """Make a journal for a pipe that holds `capacity` bytes and a mailbox bounded to `bound` messages.

    Raises `OSError` (`ENOSPC`) now, and not `SIGBUS` in the middle of a read, if the disk is full.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, STATUS_PAGE + 2 * capacity)
        write_word(descriptor, Word.CAPACITY, 2 * capacity - _HEAD_SIZE)  # a head is read anywhere in it
        write_word(descriptor, Word.BOUND, max(bound, 0))
    finally:
        os.close(descriptor)


_CURSOR: Final = int(Word.CURSOR)
_LOWER: Final = 2 * _CURSOR + (sys.byteorder == "big")
"""Which half of a word is the lower one of the cursor."""
_LONGEST: Final = frame.PIPE_BUF
_PIECE: Final = 4096
_ZEROS: Final = bytes(_PIECE)
_INLINE: Final = frame.INLINE_OPENING
_unpack_opening: Final = frame.OPENING.unpack_from
_entry: Final = Entry._make  # half the time of Entry(...)


class Journal:
    """A mailbox's journal, opened by its one reader (or by who settles a dead reader's affairs).

    `take` and `done` are called in turn. Not thread-safe: the reader's lock is the mailbox's.
    """

    def __init__(self, path: str | Path, pipe: int, *, fresh: bool = False) -> None:
        """Open the journal of what comes through a pipe, whose descriptor stays open as long.

        Of a `fresh` mailbox nobody has read before.
        """
        with io.FileIO(path, "r+") as file:  # which closes it though a signal handler raise at once
            self._map = mmap.mmap(
                file.fileno(),
                0,
                mmap.MAP_SHARED | mmap.MAP_POPULATE,
                mmap.PROT_READ | mmap.PROT_WRITE,
            )
        self._memory = memoryview(self._map)
        self.words = self._memory[:STATUS_PAGE].cast("Q")
        self._halves = self._memory[:STATUS_PAGE].cast("I")
        self._capacity = self.words[Word.CAPACITY]
        self._batch = self._memory[STATUS_PAGE : STATUS_PAGE + self._capacity]
        self._pipe = pipe
        self._read = io.FileIO(pipe, closefd=False).readinto  # says None where os.readv would raise
        self._position, self._length = unpack_cursor(self.words[Word.CURSOR])
        self._next = self._position
        self._reading = not fresh
        """Whether something may have been read behind the batch: by who was killed or interrupted then."""
        if self._reading:
            self._adopt()

    @property
    def taken(self) -> bool:
        """Whether a message is in the reader's hand."""
        return bool(self.words[Word.CURSOR] & TAKEN)

    def drained(self) -> bool:
        """Whether every message of the batch has been dealt with."""
        return self._position == self._length and not self._reading

    def refill(self) -> bool:
        """Move everything that waits in the pipe behind the batch; False if nothing could be moved."""
        if self._reading and self._adopt():
            return True
        if self._position != self._length:
            return self._append()
        if self._length:
            self._rinse()
        self._reading, read = True, self._read
        size = read(self._batch)
        if size:
            self._length = size
            self.words[_CURSOR] = size << LENGTH_SHIFT
        self._reading = False
        return bool(size)

    def _rinse(self) -> None:
        """Begin anew in front of zeros only."""
        self._batch[: self._length] = bytes(self._length)
        self.words[_CURSOR] = self._position = self._length = 0

    def _append(self) -> bool:
        """Refill behind a batch that is not used up, if there is room for all that waits.

        Not with what comes meanwhile: there might be room for a part of a frame.
        """
        end, size = self._length, waiting_bytes(self._pipe)
        if not 0 < size <= self._capacity - end:
            return False
        self._reading = True
        self._length = end + (self._read(self._batch[end : end + size]) or 0)
        self._store(self.words[_CURSOR] & TAKEN)
        self._reading = False
        return True

    def take_inline(self) -> bytes | None:
        """`take` the next message if it is an inline one, as most are; None for any other, or at the end.

        An empty batch is refilled first.
        """
        if self._position == self._length and not self.refill():
            return None
        position, at = self._position, STATUS_PAGE + self._position
        opening, length = _unpack_opening(self._map, at)
        following = position + length
        if opening != _INLINE or following > self._length or not _HEAD_SIZE <= length <= _LONGEST:
            return None
        self._next = following
        self._halves[_LOWER] = position | TAKEN
        return self._map[at + _HEAD_SIZE : at + length]

    def run(self) -> Iterator[bytes]:
        """Take the inline messages that wait, one after another, as `take_inline` would.

        Each is in hand until the next is asked for, or until `done`. (For who deals with a stream this is
        a tenth faster, all in all, than `take_inline` and `done` for each.)
        """
        memory, halves = self._map, self._halves
        while self._position != self._length or self.refill():
            position, end = self._position, self._length
            while position != end:
                at = STATUS_PAGE + position
                opening, length = _unpack_opening(memory, at)
                following = position + length
                if opening != _INLINE or following > end or not _HEAD_SIZE <= length <= _LONGEST:
                    return
                self._next = following
                halves[_LOWER] = position | TAKEN
                yield memory[at + _HEAD_SIZE : at + length]
                self._position = halves[_LOWER] = position = following

    def take(self) -> Entry | Garbage | None:
        """Take the next message of the batch in hand; None at the batch's end.

        From here to `done` a kill of the reader costs this message and no other.
        """
        position, end = self._position, self._length
        if position == end:
            return None
        at = STATUS_PAGE + position
        kind, length = frame.look(self._map, at, STATUS_PAGE + end)
        self._next = position + length
        self._halves[_LOWER] = position | TAKEN
        if kind == frame.GARBAGE:
            return Garbage(length)
        return _entry((kind, self._map[at + _HEAD_SIZE : at + length]))

    def done(self) -> None:
        """The message in hand has been dealt with: step past it."""
        self._position = self._halves[_LOWER] = self._next

    def put_back(self) -> None:
        """Leave the message in hand to the next reader, with a note that it has been tried."""
        self._tries = max(1, self._tries)
        self._store(0)

    def blame(self) -> None:
        """Note that one more reader has died of the message in hand."""
        self._tries = min(self.deaths + 2, _TRIES)

    @property
    def deaths(self) -> int:
        """How many readers have died of the message at the position, as far as that was noted."""
        return max(0, self._tries - 1)

    @property
    def tried(self) -> bool:
        """Whether the message at the position has been in hand before."""
        return self._tries > 0

    @property
    def counted(self) -> bool:
        """Whether what is at the position has taken a place of a bounded mailbox; garbage never has."""
        kind, _ = self._look(self._position, self._length)
        return kind != frame.GARBAGE and not self._note & frame.UNCOUNTED

    @property
    def _tries(self) -> int:
        return self._note & _TRIES

    @_tries.setter
    def _tries(self, tries: int) -> None:
        self._note = self._note & frame.UNCOUNTED | tries

    @property
    def _note(self) -> int:
        return self._memory[STATUS_PAGE + self._position + frame.NOTE]

    @_note.setter
    def _note(self, note: int) -> None:
        self._memory[STATUS_PAGE + self._position + frame.NOTE] = note

    def count(self) -> tuple[int, int]:
        """How many frames of the batch have not been taken, and how many bytes they are."""
        begin = self._next if self.taken else self._position
        count = sum(1 for _ in self._positions(begin))
        return count, self._length - begin

    def close(self) -> None:
        """Unmap the journal."""
        self.words.release()
        self._halves.release()
        self._batch.release()
        self._memory.release()
        self._map.close()

    def _store(self, taken: int) -> None:
        self.words[_CURSOR] = self._position | self._length << LENGTH_SHIFT | taken

    def _look(self, position: int, end: int) -> tuple[int, int]:
        """The kind of what is at a position before an end, and its length."""
        return frame.look(self._map, STATUS_PAGE + position, STATUS_PAGE + end)

    def _positions(self, position: int) -> Iterator[int]:
        """Where the messages of the batch begin, from one of them on."""
        while position < self._length:
            yield position
            position += self._look(position, self._length)[1]

    def _adopt(self) -> bool:
        """Add to the batch what was read behind it before the reader was killed or interrupted.

        False if that is nothing. If a signal handler raises in here too, it goes on where it was the next
        time. (Of garbage at the batch's end that is nothing but zeros, nothing can be known.)
        """
        begin = end = unpack_cursor(self.words[_CURSOR])[1]
        written = self._end_of_bytes_behind(begin)
        while end < written:  # the last frame may end in zeros
            kind, length = self._look(end, self._capacity)
            end += min(length, written - end) if kind == frame.GARBAGE else length
            self._length = end
            self._store(self.words[_CURSOR] & TAKEN)
        self._reading = False
        return end > begin

    def _end_of_bytes_behind(self, begin: int) -> int:
        """Where the last byte behind a position is that is not zero, or the position.

        Looked for from the end, in pieces so small that they do not cost a new process fresh pages.
        """
        for end in range(self._capacity, begin, -_PIECE):
            start = max(begin, end - _PIECE)
            piece = bytes(self._batch[start:end])
            if not _ZEROS.startswith(piece):  # a fifteenth of the time of the next line
                return start + len(piece.rstrip(b"\0"))
        return begin
