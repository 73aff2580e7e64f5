"""The outbox: the writing end of one mailbox's pipe, and what waits because the pipe is full."""

from __future__ import annotations

import errno
import os
import select
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from actors.core.errors import DiskFull, MailboxClosed, MailboxFull
from actors.runtime.descriptor import Descriptor
from actors.runtime.mailbox import frame, parcel
from actors.runtime.mailbox.deadline import wait_for
from actors.runtime.mailbox.drainer import Carrier
from actors.runtime.mailbox.frame import HEADS
from actors.runtime.mailbox.overflow import Item, Large, Overflow, opening, size_of
from actors.runtime.mailbox.parcel import Places
from actors.runtime.mailbox.slab import LARGEST, Slab
from actors.runtime.renewal import renew_after_fork

OVERFLOW: Final = 64 << 20
"""How many bytes may wait in a sender for one receiver, by default. One message may always wait."""


class Stranded(MailboxFull):
    """The message was never delivered: the pipe is full, and no thread can be had that waits for room."""


def _never() -> bool:
    """Nothing but the end of its last reader ends a pipe."""
    return False


def _nothing_lost(messages: Sequence[bytes]) -> None:
    """Take no note of messages that a receiver's end has made undeliverable."""


def open_pipe(path: str | Path, name: str) -> Descriptor:
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

    Thread-safe, and a signal handler may `put`. While nothing waits, a message is written at once by its
    sender. What the pipe refuses waits here, in this process, and leaves only after its write: so a
    message that finds nothing waiting cannot overtake, and the common case needs no lock. A sender that
    goes on sending carries what waits itself, a pageful at a time: the drainer, another thread, would
    get the interpreter only every few milliseconds. It then gives way once to whoever wants its processor,
    so that the receiver is not kept from reading by those who write to it.
    """

    def __init__(
        self,
        pipe: Descriptor,
        places: Places,
        *,
        name: str,
        carrier: Carrier,
        limit: int = OVERFLOW,
        gone: Callable[[], bool] = _never,
        on_lost: Callable[[Sequence[bytes]], None] = _nothing_lost,
    ) -> None:
        """Send into `pipe` as long as it has readers, and until it is `gone`.

        `on_lost` gets what waited here then: of each message all, or if it is large its first part.
        """
        self.name = name
        self._places = places
        self._carrier = carrier
        self._limit = limit
        self._gone = gone
        self._on_lost = on_lost
        self.joined = True
        """Whether the process waits at its end until nothing waits here."""
        self.renew()
        self._pipe: Descriptor | None = pipe
        if carrier.threaded:
            renew_after_fork(self)

    def renew(self) -> None:
        """Let nothing wait here; in a forked child, what waits is its parent's to carry."""
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._waiting = Overflow(self._limit)
        self._carried = False
        self._draining = False
        self._slab: Slab | None = None
        self._rare = True
        """Whether a message that a slab could hold is the first, or follows one that found no slab."""
        self._unpressed = 0
        """How many bytes have been added to what waits since their sender itself tried to send them."""
        self._then: Callable[[], None] | None = None
        self.stalled = False
        """Whether what waits needs more than room in the pipe: a disk, or a descriptor."""

    def fileno(self) -> int:
        """The pipe's descriptor."""
        return self._descriptor().number

    @property
    def closed(self) -> bool:
        """Whether the pipe is closed here."""
        return self._pipe is None

    @property
    def broken(self) -> bool:
        """Whether nobody can read the pipe any more."""
        pipe = self._pipe
        if pipe is None:
            return True
        poll = select.poll()
        poll.register(pipe.number, 0)  # errors are reported all the same
        return bool(poll.poll(0))

    @property
    def waiting(self) -> int:
        """How many messages wait for room in the pipe."""
        return len(self._waiting)

    def put(self, message: bytes, segments: Sequence[bytes] = ()) -> None:
        """Send a message, or keep it until the pipe has room.

        Raises `MailboxFull` if too much waits already or no disk has room for a large message, and
        `MailboxClosed` if nobody can ever read it; in both cases nothing was sent.
        """
        if segments or len(message) > frame.ROOM:
            parts = (message, *segments)
            self._put_in_order(Large(parts, sum(map(len, parts))))
            return
        data = HEADS[len(message)] + message
        if self._waiting.items or not self._write(data):
            self._put_in_order(data)

    def put_uncounted(self, message: bytes, segments: Sequence[bytes] = ()) -> None:
        """`put` a message that has taken no place in a bounded mailbox; its frame says so."""
        if segments or len(message) > frame.ROOM:
            parts = (message, *segments)
            self._put_in_order(Large(parts, sum(map(len, parts)), uncounted=True))
        else:
            self._put_in_order(frame.uncounted(frame.inline(message)))

    def offer(self, message: bytes, segments: Sequence[bytes] = ()) -> bool:
        """Send a message if there is room for it now and none waits; False if not. Raises as `put` does."""
        if segments or len(message) > frame.ROOM:
            parts = (message, *segments)
            item: Item = Large(parts, sum(map(len, parts)))
        else:
            item = frame.inline(message)
        with self._lock:
            self.stalled = False
            sent = not self._waiting and self._send(item)
        if not sent:
            self._withdraw(item)
        return sent

    def wait_for_room(self, size: int, timeout: float | None) -> bool:
        """Wait until a message of `size` bytes may be `put`; False if `timeout` seconds were too few."""
        with self._lock:
            return wait_for(self._changed, lambda: self._waiting.fits(size), timeout)

    def drain(self) -> None:
        """Carry what waits, as far as the pipe has room for it."""
        lost: Sequence[Item] = ()
        with self._lock:
            try:
                self._drain()
            except MailboxClosed:
                lost = self._waiting.clear(self._places)
            except (DiskFull, OSError, MemoryError):
                self.stalled = True
            then = self._rest()
            self._changed.notify_all()
        self._act(lost, then)

    def finish(self, then: Callable[[], None]) -> None:
        """Close once nothing waits any more, then call `then`; returns at once."""
        with self._lock:
            self._then = then
            ready = self._rest()
        self._act((), ready)

    def flush(self, timeout: float | None) -> bool:
        """Wait until nothing waits any more; False if `timeout` seconds were too few."""
        with self._lock:
            return wait_for(self._changed, lambda: not self._waiting, timeout)

    def retire(self) -> bool:
        """Close the pipe if nothing waits; False if something does. Who puts then finds it closed."""
        with self._lock:
            if not self._waiting:
                self._pipe = self._slab = None
            return self.closed

    def close(self) -> None:
        """Close the pipe; what still waits is lost and counted."""
        with self._lock:
            lost = self._waiting.clear(self._places)
            then = self._rest()
            self._pipe = self._slab = None
            self._changed.notify_all()
        self._act(lost, then)

    def _put_in_order(self, item: Item) -> None:
        size = size_of(item)
        with self._lock:
            if not self._waiting.items and self._send(item):
                return
            if not self._waiting.fits(size):
                raise MailboxFull(self.name, str(self._waiting))
            self._waiting.append(item, size)
            self._unpressed += size
            if not self._carried:
                self._have_carried(item)
        if self._unpressed >= frame.PIPE_BUF and not self.stalled:
            self._unpressed = 0
            self.drain()
            if self._waiting.moving:  # the receiver is at work, and may be short of a processor
                os.sched_yield()

    def _have_carried(self, item: Item) -> None:
        self._carried = True
        try:
            self._carrier.watch(self)
        except BaseException as error:
            self._carried = False
            self._waiting.remove(item)
            self._withdraw(item)
            if isinstance(error, OSError | RuntimeError):
                raise Stranded(self.name, f"nothing can carry what waits here ({error})") from error
            raise

    def _drain(self) -> None:
        if self._draining:  # this is a signal handler, which has come in between the write and the removal
            return
        self._draining = True
        try:
            self.stalled = False
            while self._waiting:
                item, count = self._waiting.head()
                if not self._send(item):
                    return
                if self._gone():  # perhaps written after the last look into the pipe
                    raise MailboxClosed(self.name)
                self._waiting.pop(item, count)
        finally:
            self._draining = False

    def _send(self, item: Item) -> bool:
        """Write an item's frame, and its parcel before it; False if that is not possible now."""
        if isinstance(item, bytes):
            return self._write(item)
        if item.frame is None and (item.size <= LARGEST or self._has_room()):
            self._wrap(item)
        try:
            return item.frame is not None and self._write(item.frame)
        except MailboxClosed:
            self._withdraw(item)
            raise

    def _wrap(self, item: Large) -> None:
        try:
            item.wrap(self._places, self._slab_for(item.size))
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self.stalled = True
            elif error.errno == errno.ENOENT:
                raise MailboxClosed(self.name) from None
            else:
                raise DiskFull(self.name, f"{error.strerror}: {item.size} bytes", *self._places) from None

    def _slab_for(self, size: int) -> Slab | None:
        """A slab, made for the second message that fits into it; after a failure the next tries again."""
        if size > LARGEST:
            return None
        if self._slab is None and not self._rare:
            with suppress(OSError):
                self._slab = parcel.make_slab(self._places)
        self._rare = self._slab is None and not self._rare
        return self._slab

    def _withdraw(self, item: Item) -> None:
        if not isinstance(item, bytes):
            item.withdraw(self._places)

    def _rest(self) -> Callable[[], None] | None:
        """If nothing waits, need no carrier any more; what `finish` was given, if it is due."""
        if self._waiting:
            return None
        if self._carried:
            self._carried = False
            self._carrier.forget(self)
        then, self._then = self._then, None
        if then is not None:
            self._pipe = self._slab = None
        return then

    def _act(self, lost: Sequence[Item], then: Callable[[], None] | None) -> None:
        """Do what is not done under the lock."""
        if lost:
            self._on_lost([opening(item) for item in lost])
        if then is not None:
            then()

    def _has_room(self) -> bool:
        poll = select.poll()
        poll.register(self._descriptor().number, select.POLLOUT)
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
