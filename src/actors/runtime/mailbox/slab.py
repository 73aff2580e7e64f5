"""Slabs: files that messages of some KiB pass through, one for each sender and receiver.

Such a message would cost a parcel, which is a file made, opened and removed, and costs a `pwritev` here.
A slab lies among the parcels, is named as they are, and is swept as they are once its sender is dead. It
is a ring, whose room the sender hands out in order. Its first page has a word for each message in it: the
message's number, and 0 once it has been dealt with. Only the sender enters a number, and only the
receiver (or who settles its affairs) clears one, if it is still its message's: so no kill clears it twice,
or for another message that has taken the place.

The page is allocated before it is mapped; all else is written and read by system calls, which report a
full disk where a mapped page would be a SIGBUS.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from actors.runtime.descriptor import Descriptor

LARGEST: Final = 256 << 10
"""The longest message that travels in a slab, in bytes."""
_PAGE: Final = 4096
_RING: Final = 4 << 20
SIZE: Final = _PAGE + _RING
"""How long the file is, in bytes; a file has pages only where something has been written."""
MARK: Final = 0x62616C7320737461  # no beginning of a parcel, so that none is taken for a slab
WORDS: Final = _PAGE // 8 - 1
"""How many messages may be in a slab; the page's last word is the mark."""
KIND: Final = b"b"
"""How the label of a message in a slab begins."""
LABELS: Final = tuple(struct.Struct(f"<cBIQ{count}I") for count in range(9))
"""A label's beginning, by the number of the message's parts: its kind, that number, where the first part
begins, the message's number, and the length of each part. The slab's name follows.
"""
_MOST_PARTS: Final = len(LABELS) - 1
_MOMENT: Final = 1e-3
"""For how long a full slab is waited for, in seconds."""


class Slab:
    """A slab's sending end. It takes 4 MiB at most, and no more than has been in it at a time."""

    def __init__(self, path: str) -> None:
        """Make the file. Raises `OSError`, and leaves nothing, if that is not possible."""
        self._path = path
        self._name = os.path.basename(path).encode()
        self._process = os.getpid()
        self._file = Descriptor(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        try:
            os.truncate(self._file.number, SIZE)
            self._words = map_words(self._file.number)
        except BaseException:
            os.unlink(path)
            raise
        self._words[WORDS] = MARK
        self._number = 0
        self._position = 0
        self._inside: deque[tuple[int, int]] = deque()
        """The word and the beginning of each message that has not been dealt with, when last looked."""
        self._busy = False
        self._patient = True
        """Whether waiting for room has been worth while."""

    def put(self, parts: Sequence[bytes], size: int) -> bytes | None:
        """Write the parts of a message, `size` bytes in all; the label that its frame carries.

        None if there is no room in it or on the disk, or there are too many parts. Not thread-safe.
        """
        if self._busy or len(parts) > _MOST_PARTS:
            return None
        self._busy = True  # no call since the look, so no signal handler has come between that puts too
        try:
            begin = self._room_for(size)
            if begin is None:
                begin = self._wait_for_room(size)
            else:
                self._patient = True
            if begin is None or os.pwritev(self._file.number, parts, _PAGE + begin) != size:
                return None
            self._number = number = self._number + 1
            self._position = begin + size
            word = number % WORDS
            self._inside.append((word, begin))
            self._words[word] = number
            head = LABELS[len(parts)].pack(KIND, len(parts), _PAGE + begin, number, *map(len, parts))
            return head + self._name
        except OSError:
            return None
        finally:
            self._busy = False

    def _wait_for_room(self, size: int) -> int | None:
        """Where room has come to be within a moment, in which a busy receiver deals with some messages.

        After a moment in vain, None without another one until there has been room.
        """
        end = time.monotonic() + _MOMENT
        while self._patient and time.monotonic() < end:
            os.sched_yield()
            begin = self._room_for(size)
            if begin is not None:
                return begin
        self._patient = False
        return None

    def _room_for(self, size: int) -> int | None:
        """Where in the ring there is room; at its beginning again if nothing is in it."""
        inside = self._inside
        while inside and not self._words[inside[0][0]]:
            inside.popleft()
        if not inside:
            return 0
        if len(inside) >= WORDS:
            return None
        oldest, position = inside[0][1], self._position
        if position <= oldest:
            return position if position + size <= oldest and position < oldest else None
        if position + size <= _RING:
            return position
        return 0 if size <= oldest and oldest else None

    def __del__(self) -> None:
        """Remove the file, unless a receiver has yet to read from it, or it is the parent's."""
        words = getattr(self, "_words", None)
        if words is not None and self._process == os.getpid() and not any(words[:WORDS]):
            with contextlib.suppress(OSError):
                os.truncate(self._file.number, _PAGE)  # the receiver may have it open for long
                os.unlink(self._path)


def map_words(descriptor: int) -> memoryview:
    """The first page, mapped, and allocated before: touching it cannot fail any more."""
    os.posix_fallocate(descriptor, 0, _PAGE)
    return memoryview(mmap.mmap(descriptor, _PAGE)).cast("Q")
