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
import errno
import mmap
import os
import re
import stat
import struct
import time
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from actors.runtime.descriptor import Descriptor

LARGEST: Final = 256 << 10
"""The longest message that travels in a slab, in bytes."""
_PAGE: Final = 4096
_RING: Final = 4 << 20
SIZE: Final = _PAGE + _RING
"""How long the file is, in bytes; a file has pages only where something has been written."""
_MARK: Final = 0x62616C7320737461  # no beginning of a parcel, so that none is taken for a slab
_WORDS: Final = _PAGE // 8 - 1
"""How many messages may be in a slab; the page's last word is the mark."""
_MOST_PARTS: Final = 8
_KIND: Final = b"b"
_LABEL: Final = struct.Struct("<cBIQ")
"""A label's beginning: its kind, the number of parts, where the first begins, the message's number.

The length of each part follows, and then the slab's name.
"""
_SIZES: Final[tuple[struct.Struct, ...]] = tuple(
    struct.Struct(f"<{count}I") for count in range(_MOST_PARTS + 1)
)
_NAME: Final = re.compile(rb"\d+\.\d+\.\d+")
_MOMENT: Final = 1e-3
"""For how long a full slab is waited for, in seconds."""
_MOST_OPEN: Final = 16


class BadParcel(Exception):
    """A frame names a parcel, or a place in a slab, that is not there, not ours or not whole."""


class Place(NamedTuple):
    """Where a label says that a message is."""

    name: bytes
    """The slab's."""
    number: int
    offset: int
    sizes: tuple[int, ...]


def is_place(label: bytes) -> bool:
    """Whether a label is of a message in a slab, not of a parcel."""
    return label.startswith(_KIND)


@lru_cache(maxsize=4)  # asked when a message is taken, and again when it is done
def place_of(label: bytes) -> Place:
    """The place that a label names. Raises `BadParcel`."""
    count: int
    offset: int
    number: int
    try:
        _, count, offset, number = _LABEL.unpack_from(label)
        sizes: tuple[int, ...] = _SIZES[count].unpack_from(label, _LABEL.size)
    except (struct.error, IndexError):
        raise BadParcel(f"no message in a slab is named {label[:40]!r}") from None
    if not number or offset + sum(sizes) > SIZE:
        raise BadParcel(f"no slab has room for message {number}")
    return Place(label[_LABEL.size + _SIZES[count].size :], number, offset, sizes)


class Slab:
    """A slab's sending end. It takes 4 MiB at most, and no more than has been in it at a time."""

    def __init__(self, path: Path) -> None:
        """Make the file. Raises `OSError`, and leaves nothing, if that is not possible."""
        self._path = path
        self._name = path.name.encode()
        self._process = os.getpid()
        self._file = Descriptor(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        try:
            os.truncate(self._file.number, SIZE)
            self._words = _words(self._file.number)
        except BaseException:
            path.unlink()
            raise
        self._words[_WORDS] = _MARK
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
            return self._put(parts, size)
        except OSError:
            return None
        finally:
            self._busy = False

    def _put(self, parts: Sequence[bytes], size: int) -> bytes | None:
        begin = self._room_for(size)
        if begin is None:
            begin = self._wait_for_room(size)
            if begin is None:
                return None
        else:
            self._patient = True
        word = (self._number + 1) % _WORDS
        if os.pwritev(self._file.number, parts, _PAGE + begin) != size:
            return None
        self._number += 1
        self._position = begin + size
        self._inside.append((word, begin))
        self._words[word] = self._number
        sizes = _SIZES[len(parts)].pack(*map(len, parts))
        return _LABEL.pack(_KIND, len(parts), _PAGE + begin, self._number) + sizes + self._name

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
        if len(inside) >= _WORDS:
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
        if words is not None and self._process == os.getpid() and not any(words[:_WORDS]):
            with contextlib.suppress(OSError):
                os.truncate(self._file.number, _PAGE)  # the receiver may have it open for long
                self._path.unlink()


class OpenSlab:
    """A slab's receiving end."""

    def __init__(self, path: str) -> None:
        """Raises `BadParcel` for what is no slab, and `OSError` for want of descriptors or memory."""
        try:
            self._file = Descriptor(os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC))
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                raise
            raise BadParcel(f"{path}: {error.strerror}") from None
        status = os.fstat(self._file.number)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid() or status.st_size != SIZE:
            raise BadParcel(f"{path} is no slab of this user")
        self._words = _words(self._file.number)
        if self._words[_WORDS] != _MARK:
            raise BadParcel(f"{path} is no slab")

    def read(self, place: Place) -> list[bytes]:
        """The parts of a message, which keeps its room until `free`. Raises `BadParcel`."""
        if self._words[place.number % _WORDS] != place.number:
            raise BadParcel(f"message {place.number} of slab {place.name!r} is not there any more")
        offset = place.offset
        parts: list[bytes] = []
        for size in place.sizes:
            part = os.pread(self._file.number, size, offset)
            if len(part) != size:
                raise BadParcel(f"slab {place.name!r} ends early")
            parts.append(part)
            offset += size
        return parts

    def free(self, place: Place) -> None:
        """The message has been dealt with."""
        if self._words[place.number % _WORDS] == place.number:
            self._words[place.number % _WORDS] = 0


class Slabs:
    """The slabs that one receiver has open: the last few that it has opened."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._open: dict[bytes, OpenSlab] = {}

    def __getitem__(self, name: bytes) -> OpenSlab:
        """The slab of that name. Raises as `OpenSlab`."""
        return self._open.get(name) or self._opened(name)

    def _opened(self, name: bytes) -> OpenSlab:
        if not _NAME.fullmatch(name):
            raise BadParcel(f"no slab is named {name[:40]!r}")
        opened = self._open
        if len(opened) >= _MOST_OPEN:
            opened.pop(next(iter(opened)))
        found = opened[name] = OpenSlab(f"{self._directory}/{name.decode()}")
        return found

    def close(self) -> None:
        """Let go of them all; each is closed once nobody reads it. For any thread."""
        self._open = {}  # not cleared, lest another thread find it changed in its hands


def _words(descriptor: int) -> memoryview:
    """The first page, mapped, and allocated before: touching it cannot fail any more."""
    os.posix_fallocate(descriptor, 0, _PAGE)
    return memoryview(mmap.mmap(descriptor, _PAGE)).cast("Q")
