"""Lanes: pipes beside the mail, for replies, events and control.

A lane is read by one incarnation of one process and needs no journal: nothing in it outlives its reader.
"""

from __future__ import annotations

import errno
import fcntl
import io
import mmap
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import copy
from itertools import repeat
from pathlib import Path
from typing import Final

import attrs

from actors.runtime.descriptor import Descriptor, scarce
from actors.runtime.mailbox import frame
from actors.runtime.mailbox.depot import Depot
from actors.runtime.mailbox.journal import waiting_bytes
from actors.runtime.mailbox.layout import make_pipe
from actors.runtime.mailbox.parcel import BadParcel, Places

PAUSE: Final = 0.05
"""How long to wait then before it is tried again, in seconds."""
Take = Callable[[bytes, Sequence[bytes]], object]
"""Deals with a message: its bytes, and its segments."""
_NOTHING: Final = frame.inline(b"")
_HEAD_SIZE: Final = frame.HEAD.size
_INLINE: Final = frame.INLINE_OPENING
_unpack_opening: Final = frame.OPENING.unpack_from


class Scarcity(Exception):
    """There is no descriptor or no memory for a message that has come; it waits."""


def _is_scarcity(error: BaseException) -> bool:
    """Whether that is why something was raised: a signal handler's `TimeoutError` is an `OSError`, too."""
    if isinstance(error, OSError):
        return scarce(error) or error.errno == errno.ENOMEM
    return isinstance(error, MemoryError)


@attrs.frozen
class Lane:
    """Where a lane is."""

    directory: str
    pipe: str
    """The pipe itself."""
    cell: str
    """What replies may come by in the place of the pipe; only a lane for replies has it."""
    places: Places

    @classmethod
    def at(cls, directory: str | Path, spill: str | Path) -> Lane:
        """The lane in a directory, whose parcels may overflow to `spill`."""
        home = str(directory)
        return cls(home, f"{home}/pipe", f"{home}/cell", Places(f"{home}/parcels", str(spill)))

    def remove(self) -> None:
        """Remove it and all that waits in it; who has it open to write finds nobody who reads."""
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.rmtree(self.places.spill, ignore_errors=True)


class LaneReader:
    """The reading end of a lane. Not thread-safe.

    A signal handler may raise after any call. What has been read and not been dealt with stays in the page,
    so `read` steps past a message when it has been dealt with, and not before.
    """

    def __init__(self, pipe: str | Path, places: Places) -> None:
        self._pipe: Descriptor | None = Descriptor(os.open(pipe, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
        self._file = io.FileIO(self._pipe.number, closefd=False)  # says None where os.read would raise
        self.depot = Depot(places, fresh=True)
        self._turn_page()

    def _turn_page(self) -> None:
        capacity = fcntl.fcntl(self._file.fileno(), fcntl.F_GETPIPE_SZ)  # so that no frame is cut
        self._page = mmap.mmap(-1, capacity, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._sizes = map(self._file.readinto, repeat(self._page))
        """Reads into the page, once for each that is asked for: how many bytes, or None.

        By a `for`: a signal handler may run after a call, before what that has returned is noted.
        """
        self._position = self._end = 0
        """The part of the page that has been read and not been dealt with."""

    def twin(self) -> LaneReader:
        """Another reader of the lane, for who has interrupted this one in the midst of a `read`."""
        twin = copy(self)
        twin._turn_page()
        return twin

    def rouse(self) -> None:
        """Have the next `read` find a message, an empty one: its twin may have read what it waits for."""
        pipe = self._pipe
        if pipe is not None:
            with suppress(BlockingIOError):  # full of others
                os.write(pipe.number, _NOTHING)

    def put_back(self) -> None:
        """Leave what has not been dealt with to who reads the lane next, as far as the pipe has room."""
        pipe = self._pipe
        with suppress(BlockingIOError):
            while pipe is not None and self._position < self._end:
                _, length = frame.look(self._page, self._position, self._end)
                os.write(pipe.number, self._page[self._position : self._position + length])
                self._position += length

    @classmethod
    def create(cls, lane: Lane) -> LaneReader:
        """Make a lane and read it. What could not be made may be tried again."""
        os.makedirs(lane.places.main, 0o700)
        try:
            keeper = make_pipe(lane.pipe)
            try:
                return cls(lane.pipe, lane.places)
            finally:
                os.close(keeper)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(lane.pipe)  # `rmtree` would need a descriptor
            os.rmdir(lane.places.main)
            raise

    def fileno(self) -> int:
        """The pipe: readable while something waits."""
        if self._pipe is None:
            raise ValueError("the lane is closed")
        return self._pipe.number

    def hold(self) -> Descriptor | None:
        """The descriptor, which stays open for who holds it; None once the lane is closed."""
        return self._pipe

    def close(self) -> None:
        """Read nothing any more. Any thread may call it: what another one is using closes after that."""
        self._pipe = None
        self.depot.close()

    def read(self, take: Take) -> bool:
        """Have every message that waits be taken; False if none was. Never waits. Passes over what is none.

        If `take` raises, or a signal handler, the message is taken again by another `read`, with all behind
        it, and the pipe stays readable. So it is if there is no descriptor or memory for a message:
        `Scarcity` is raised then, unless others have been taken before.
        """
        try:
            if self._position < self._end:
                return self._take_apart(take)
            pipe = self._pipe  # held until the end
            if pipe is None:
                return False
            for size in self._sizes:
                if not size:
                    return False
                self._position, self._end = 0, size
                break
            size = self._end
            if size >= _HEAD_SIZE:
                opening, length = _unpack_opening(self._page)
                if opening == _INLINE and length == size:  # as a rule
                    take(self._page[_HEAD_SIZE:size], ())
                    self._position = size
                    return True
            return self._take_apart(take)
        except BaseException as error:
            self._stay_readable()
            if _is_scarcity(error):
                raise Scarcity(str(error)) from error
            raise

    def tidy(self) -> None:
        """Remove what killed senders have left, as far as nothing waits that it could belong to.

        Not for a control lane, whose parcels lie among those of the mail.
        """
        self.depot.tidy(self._empty)

    def _empty(self) -> bool:
        """Whether no message waits; not so once it is closed."""
        pipe = self._pipe
        return pipe is not None and self._position == self._end and not waiting_bytes(pipe.number)

    def _take_apart(self, take: Take) -> bool:
        taken = False
        while self._position < self._end:
            kind, length = frame.look(self._page, self._position, self._end)
            payload = self._page[self._position + _HEAD_SIZE : self._position + length]
            if kind == frame.INLINE:
                take(payload, ())
                taken = True
            elif kind == frame.PARCEL:
                try:
                    taken = self._open(payload, take) or taken
                except BaseException as error:
                    if not (taken and _is_scarcity(error)):
                        raise
                    self._stay_readable()
                    break
            self._position += length
        return taken

    def _stay_readable(self) -> None:
        """Have something in the pipe, which will be passed over, if there is something left in the page."""
        pipe = self._pipe
        if pipe is not None and self._position < self._end and not waiting_bytes(pipe.number):
            os.write(pipe.number, b"\0")

    def _open(self, label: bytes, take: Take) -> bool:
        """Take the message that a label names, if there is one. Raises as `Parcel.read`, and leaves it."""
        try:
            stored = self.depot.find(label)
        except BadParcel:
            return False
        try:
            message, *segments = stored.read()
        except BadParcel:
            stored.discard()  # whatever it is, it is not for us to write over
            taken = False
        else:
            take(message, segments)
            stored.reuse()
            taken = True
        if self._pipe is None:  # since a moment ago
            self.depot.close()
        return taken
