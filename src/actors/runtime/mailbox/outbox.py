"""The outbox: the writing end of one mailbox's pipe, and what waits because the pipe is full."""

from __future__ import annotations

import errno
import os
import select
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import attrs

from actors.core.errors import DiskFull, MailboxClosed, MailboxFull
from actors.runtime.descriptor import Descriptor
from actors.runtime.mailbox import frame, parcel
from actors.runtime.mailbox.drainer import Carrier
from actors.runtime.mailbox.parcel import Places

OVERFLOW: Final = 64 << 20
"""How many bytes may wait in a sender for one receiver, by default. One message may always wait."""


@attrs.define
class _Waiting:
    """A message that the pipe refused; once its frame is known, its parcel, if any, is written."""

    parts: Sequence[bytes]
    size: int
    frame: bytes | None = None


def _nothing_lost(count: int) -> None:
    """Take no note of messages that a receiver's end has made undeliverable."""


def open_pipe(path: Path, name: str) -> Descriptor:
    """Open a pipe for writing only, so that the end of its last reader ends it.

    Raises `MailboxClosed` if nobody can read it any more.
    """
    try:
        return Descriptor(os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT):
            raise MailboxClosed(name) from None
        raise


class Outbox:
    """Sends messages into one pipe, in order, without ever waiting for its reader.

    Thread-safe. While nothing waits, a message is written at once by its sender. What the pipe refuses
    waits here, in this process, and leaves only after its write: so a message that finds nothing waiting
    cannot overtake, and the common case needs no lock.
    """

    _instances: Final[weakref.WeakSet[Outbox]] = weakref.WeakSet()

    def __init__(
        self,
        pipe: Descriptor,
        places: Places,
        *,
        name: str,
        carrier: Carrier,
        limit: int = OVERFLOW,
        on_lost: Callable[[int], None] = _nothing_lost,
    ) -> None:
        self.name = name
        self._places = places
        self._carrier = carrier
        self._limit = limit
        self._on_lost = on_lost
        self.stalled = False
        """Whether the head of what waits is a parcel that cannot be written at present."""
        self.joined = True
        """Whether the process waits at its end until nothing waits here."""
        self._then: Callable[[], None] | None = None
        self._reset()
        self._pipe: Descriptor | None = pipe
        self._instances.add(self)

    def _reset(self) -> None:
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._waiting: deque[_Waiting] = deque()
        self._bytes = 0

    def fileno(self) -> int:
        """The pipe's descriptor."""
        return self._descriptor().number

    @property
    def waiting(self) -> int:
        """How many messages wait for room in the pipe."""
        return len(self._waiting)

    def put(self, message: bytes, segments: Sequence[bytes] = ()) -> None:
        """Send a message, or keep it until the pipe has room.

        Raises `MailboxFull` if too much waits already or no disk has room for a large message, and
        `MailboxClosed` if nobody can ever read it; in both cases nothing was sent.
        """
        if not self._waiting and not segments and len(message) <= frame.ROOM:
            if self._write(frame.inline(message)):
                return
        self._put_slowly([message, *segments])

    def _put_slowly(self, parts: Sequence[bytes]) -> None:
        size = sum(map(len, parts))
        with self._lock:
            if self._waiting and self._bytes + size > self._limit:
                raise MailboxFull(self.name, f"{self._bytes} bytes wait already (limit {self._limit})")
            item = _Waiting(parts, size)
            if self._waiting or not self._deliver(item):
                self._waiting.append(item)
                self._bytes += size
                if len(self._waiting) == 1:
                    self._carrier.watch(self)

    def wait_for_room(self, size: int, timeout: float | None) -> bool:
        """Wait until a message of `size` bytes may be `put`; False if `timeout` seconds were too few."""
        with self._lock:
            return self._changed.wait_for(
                lambda: not self._waiting or self._bytes + size <= self._limit, timeout
            )

    def drain(self) -> None:
        """Carry what waits, as far as the pipe has room for it."""
        with self._lock:
            try:
                self._drain()
            except MailboxClosed:
                self._drop()
            if not self._waiting:
                self._carrier.forget(self)
                if self._then is not None:
                    self.finish(self._then)
            self._changed.notify_all()

    def _drain(self) -> None:
        self.stalled = False
        while self._waiting:
            try:
                if not self._deliver(self._waiting[0]):
                    return
            except DiskFull:
                self.stalled = True
                return
            self._bytes -= self._waiting.popleft().size

    def finish(self, then: Callable[[], None]) -> None:
        """Close once nothing waits any more, then call `then`; returns at once."""
        with self._lock:
            if self._waiting:
                self._then = then
                return
            self._pipe = None
        then()

    def flush(self, timeout: float | None) -> bool:
        """Wait until nothing waits any more; False if `timeout` seconds were too few."""
        with self._lock:
            return self._changed.wait_for(lambda: not self._waiting, timeout)

    def close(self) -> None:
        """Close the pipe; what still waits is lost and counted."""
        with self._lock:
            self._drop()
            self._carrier.forget(self)
            self._pipe = None

    def _drop(self) -> None:
        lost = len(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        self._changed.notify_all()
        if lost:
            self._on_lost(lost)

    def _deliver(self, item: _Waiting) -> bool:
        """Write an item's frame, and its parcel before it; False if the pipe is full."""
        if item.frame is None:
            item.frame = self._frame(item)
        return item.frame is not None and self._write(item.frame)

    def _frame(self, item: _Waiting) -> bytes | None:
        if len(item.parts) == 1 and item.size <= frame.ROOM:
            return frame.inline(item.parts[0])
        if not self._has_room():
            return None
        try:
            label = parcel.send(self._places, item.parts)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self.stalled = True
                return None
            if error.errno == errno.ENOENT:
                raise MailboxClosed(self.name) from None
            raise DiskFull(self.name, f"{error.strerror}: {item.size} bytes", *self._places) from None
        item.parts = ()
        return frame.parcel(label)

    def _has_room(self) -> bool:
        poll = select.poll()
        poll.register(self._descriptor(), select.POLLOUT)
        return bool(poll.poll(0))

    def _descriptor(self) -> Descriptor:
        if self._pipe is None:
            raise MailboxClosed(self.name)
        return self._pipe

    def _write(self, data: bytes) -> bool:
        pipe = self._pipe
        if pipe is None:
            raise MailboxClosed(self.name)
        try:
            os.write(pipe.number, data)
        except BlockingIOError:
            return False
        except BrokenPipeError:
            raise MailboxClosed(self.name) from None
        return True

    @classmethod
    def _after_fork(cls) -> None:
        for outbox in cls._instances:
            outbox._reset()


os.register_at_fork(after_in_child=Outbox._after_fork)
