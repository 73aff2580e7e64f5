"""The receiving end of slabs: what labels name in them, and those that one receiver has open."""

from __future__ import annotations

import os
import re
import stat
import struct
from typing import Final

from actors.runtime.descriptor import Descriptor, scarce
from actors.runtime.mailbox.parcel import BadParcel
from actors.runtime.mailbox.slab import LABELS, MARK, SIZE, WORDS, map_words

_NAME: Final = re.compile(rb"\d+\.\d+\.\d+")
_MOST_OPEN: Final = 16


class OpenSlab:
    """A slab, opened by its receiver."""

    def __init__(self, path: str) -> None:
        """Raises `BadParcel` for what is no slab, and `OSError` for want of descriptors or memory."""
        try:
            self.file = Descriptor(os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC))
        except OSError as error:
            if scarce(error):
                raise
            raise BadParcel(f"{path}: {error.strerror}") from None
        status = os.fstat(self.file.number)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid() or status.st_size != SIZE:
            raise BadParcel(f"{path} is no slab of this user")
        self.words = map_words(self.file.number)
        if self.words[WORDS] != MARK:
            raise BadParcel(f"{path} is no slab")


class Place:
    """A message in a slab, where its label says that it is. It keeps its room until it is discarded."""

    __slots__ = ("_number", "_offset", "_sizes", "_slab")

    def __init__(self, slab: OpenSlab, number: int, offset: int, sizes: list[int]) -> None:
        self._slab = slab
        self._number = number
        self._offset = offset
        self._sizes = sizes

    def read(self) -> list[bytes]:
        """The parts of the message. Raises `BadParcel` if they are not there."""
        slab, offset = self._slab, self._offset
        if slab.words[self._number % WORDS] != self._number:
            raise BadParcel(f"message {self._number} of a slab is not there any more")
        parts: list[bytes] = []
        for size in self._sizes:
            part = os.pread(slab.file.number, size, offset)
            if len(part) != size:
                raise BadParcel("a slab ends early")
            parts.append(part)
            offset += size
        return parts

    def glance(self, size: int) -> bytes:
        """The first bytes of the first part, at most `size`. Raises as `read`."""
        return self.read()[0][:size]

    def discard(self) -> None:
        """The message has been dealt with, perhaps by a killed predecessor."""
        words, word = self._slab.words, self._number % WORDS
        if words[word] == self._number:
            words[word] = 0

    def reuse(self) -> None:
        """`discard` it: its room is for the next message of its sender."""
        self.discard()


class Slabs:
    """The slabs that one receiver has open: the last few that it has opened."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._open: dict[bytes, OpenSlab] = {}

    def find(self, label: bytes) -> Place:
        """The place that a label names. Raises as `OpenSlab`."""
        sizes: list[int]
        try:
            head = LABELS[label[1]]
            _, _, offset, number, *sizes = head.unpack_from(label)
        except (struct.error, IndexError):
            raise BadParcel(f"no message in a slab is named {label[:40]!r}") from None
        if not (number and sizes) or offset + sum(sizes) > SIZE:
            raise BadParcel(f"no slab has room for message {number}")
        name = label[head.size :]
        return Place(self._open.get(name) or self._opened(name), number, offset, sizes)

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
