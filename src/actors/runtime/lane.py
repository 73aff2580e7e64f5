"""Lanes: pipes beside the mail, for replies, events and control.

A lane is read by one incarnation of one process and needs no journal: nothing in it outlives its reader.
"""

from __future__ import annotations

import fcntl
import io
import mmap
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs

from actors.runtime.descriptor import Descriptor
from actors.runtime.mailbox import frame, parcel
from actors.runtime.mailbox.frame import Parts
from actors.runtime.mailbox.layout import make_pipe
from actors.runtime.mailbox.parcel import Places
from actors.runtime.mailbox.slab import BadParcel, Slabs

_HEAD_SIZE: Final = frame.HEAD.size
_INLINE: Final = frame.INLINE_OPENING
_unpack_head: Final = frame.HEAD.unpack_from
_unpack_opening: Final = frame.OPENING.unpack_from


@attrs.frozen
class Lane:
    """Where a lane is."""

    directory: Path
    places: Places

    @property
    def pipe(self) -> Path:
        """The pipe itself."""
        return self.directory / "pipe"


class LaneReader:
    """The reading end of a lane. Not thread-safe."""

    def __init__(self, pipe: str | Path, places: Places) -> None:
        self._pipe: Descriptor | None = Descriptor(os.open(pipe, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
        self._file = io.FileIO(self._pipe.number, closefd=False)  # says None where os.read would raise
        capacity = fcntl.fcntl(self._pipe.number, fcntl.F_GETPIPE_SZ)  # so that no frame is cut
        self._page = mmap.mmap(-1, capacity, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._places = places
        self._slabs = Slabs(places.main)

    @classmethod
    def create(cls, lane: Lane) -> LaneReader:
        """Make a lane and read it."""
        lane.places.main.mkdir(mode=0o700, parents=True)
        keeper = make_pipe(lane.pipe)
        try:
            return cls(lane.pipe, lane.places)
        finally:
            os.close(keeper)

    def fileno(self) -> int:
        """The pipe: readable while something waits."""
        if self._pipe is None:
            raise ValueError("the lane is closed")
        return self._pipe.number

    def hold(self) -> Descriptor | None:
        """The descriptor, which stays open for who holds it; None once the lane is closed."""
        return self._pipe

    def close(self) -> None:
        """Read nothing any more."""
        self._pipe = None

    def read(self) -> Sequence[Parts]:
        """Every message that waits. Never waits. What is no message is passed over."""
        pipe = self._pipe  # held until the end
        size = None if pipe is None else self._file.readinto(self._page)
        if not size:
            return ()
        if size >= _HEAD_SIZE and _unpack_opening(self._page) == (_INLINE, size):  # as a rule
            return ((self._page[_HEAD_SIZE:size], ()),)
        return self._take_apart(size)

    def _take_apart(self, size: int) -> list[Parts]:
        messages: list[Parts] = []
        position = 0
        while position < size:
            remaining = size - position
            magic, kind, length = (
                _unpack_head(self._page, position) if remaining >= _HEAD_SIZE else (0, 0, 0)
            )
            if not frame.valid(magic, kind, length, remaining):
                following = self._page.find(frame.MAGIC_BYTES, position + 1, size)
                position = following if following >= 0 else size
                continue
            payload = self._page[position + _HEAD_SIZE : position + length]
            if kind == frame.Kind.INLINE:
                messages.append((payload, ()))
            else:
                messages.extend(self._open(payload))
            position += length
        return messages

    def _open(self, label: bytes) -> list[Parts]:
        try:
            message, *segments = parcel.receive(self._places, label, self._slabs)
            return [(message, segments)]
        except BadParcel:
            return []
        finally:
            parcel.discard(self._places, label, self._slabs)
