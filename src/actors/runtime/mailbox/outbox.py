"""The outbox: the writing end of one mailbox's pipe, and what waits because the pipe is full."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from actors.core.errors import DiskFull, MailboxClosed, MailboxFull
from actors.runtime.deadline import wait_for
from actors.runtime.descriptor import scarce
from actors.runtime.mailbox import frame
from actors.runtime.mailbox.drainer import Carrier
from actors.runtime.mailbox.frame import HEADS
from actors.runtime.mailbox.overflow import Item, Overflow, opening, size_of
from actors.runtime.mailbox.parcel import Places
from actors.runtime.mailbox.pipe import Pipe
from actors.runtime.mailbox.slab import LARGEST
from actors.runtime.mailbox.stowage import Large, Stowage
from actors.runtime.mutex import Mutex
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
        pipe: Pipe,
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
        self.pipe = pipe
        self.name = name
        self._places = places
        self._carrier = carrier
        self._limit = limit
        self._gone = gone
        self._on_lost = on_lost
        self.joined = True
        """Whether the process waits at its end until nothing waits here."""
        self.renew()
        if carrier.threaded:
            renew_after_fork(self)

    def renew(self) -> None:
        """Let nothing wait here; in a forked child, what waits is its parent's to carry."""
        self._lock = Mutex()
        self._changed = threading.Condition(self._lock)
        self._waiting = Overflow(self._limit)
        self._carried = False
        self._draining = False
        self._stowage = Stowage(self._places)
        self._unpressed = 0
        """How many bytes have been added to what waits since their sender itself tried to send them."""
        self._then: Callable[[], None] | None = None
        self.stalled = False
        """Whether what waits needs more than room in the pipe: a disk, or a descriptor."""

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
            item = Large((message, *segments))
            self._put_in_order(item, item.size)
            return
        data = HEADS[len(message)] + message
        if self._waiting.items or not self.pipe.write(data):
            self._put_in_order(data, len(data))

    def put_uncounted(self, message: bytes, segments: Sequence[bytes] = ()) -> None:
        """`put` a message that has taken no place in a bounded mailbox; its frame says so."""
        if segments or len(message) > frame.ROOM:
            item: Item = Large((message, *segments), uncounted=True)
        else:
            item = frame.uncounted(frame.inline(message))
        self._put_in_order(item, size_of(item))

    def offer(self, message: bytes, segments: Sequence[bytes] = ()) -> bool:
        """Send a message if there is room for it now and none waits; False if not. Raises as `put` does."""
        if segments or len(message) > frame.ROOM:
            item: Item = Large((message, *segments))
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
                lost = self._clear()
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
                self._close()
            return self.pipe.closed

    def close(self) -> None:
        """Close the pipe; what still waits is lost and counted."""
        with self._lock:
            lost = self._clear()
            then = self._rest()
            self._close()
            self._changed.notify_all()
        self._act(lost, then)

    def _put_in_order(self, item: Item, size: int) -> None:
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
            self._carrier.forget(self)
            self._waiting.remove(item)
            self._withdraw(item)
            if isinstance(error, OSError | RuntimeError):
                raise Stranded(self.name, f"nothing can carry what waits here ({error})") from error
            raise

    def _drain(self) -> None:
        if self._draining:  # this is a signal handler, which has come in the midst of it
            return
        self._draining = True
        try:
            self.stalled = False
            while self._waiting:
                item, count = self._waiting.head()
                data = self._frame(item)
                sent = data is not None and self.pipe.write_and(data, self._waiting.take(count))
                if not sent:
                    return
                if self._gone():  # perhaps written after the last look into the pipe
                    self._waiting.put_back(sent)
                    raise MailboxClosed(self.name)
                self._waiting.settle()
        finally:
            self._draining = False

    def _send(self, item: Item) -> bool:
        """Write an item's frame, and what the frame names before it; False if that is not possible now."""
        data = self._frame(item)
        try:
            return data is not None and self.pipe.write(data)
        except MailboxClosed:
            self._withdraw(item)
            raise

    def _frame(self, item: Item) -> bytes | None:
        """An item's frame, once what it names has been written; None if that is not possible now."""
        if isinstance(item, bytes):
            return item
        if item.frame is None:
            self._stow(item)
        return item.frame

    def _stow(self, item: Large) -> None:
        """Write a large message down, as a parcel only if there is room for its frame."""
        if item.size > LARGEST and not self.pipe.has_room():
            return
        try:
            self._stowage.stow(item)
        except OSError as error:
            if scarce(error):
                self.stalled = True
            elif error.errno == errno.ENOENT:
                raise MailboxClosed(self.name) from None
            else:
                what = f"{error.strerror}: {item.size} bytes"
                raise DiskFull(self.name, what, *map(Path, self._places)) from None

    def _withdraw(self, item: Item) -> None:
        if not isinstance(item, bytes):
            self._stowage.withdraw(item)

    def _clear(self) -> Sequence[Item]:
        """Let nothing wait any more, and return what did. None but the first can have been stowed."""
        items = self._waiting.clear()
        if items:
            self._withdraw(items[0])
        return items

    def _rest(self) -> Callable[[], None] | None:
        """If nothing waits, need no carrier any more; what `finish` was given, if it is due."""
        if self._waiting:
            return None
        self._carried = False
        self._carrier.forget(self)  # whatever a signal handler that raised has left of it
        then, self._then = self._then, None
        if then is not None:
            self._close()
        return then

    def _close(self) -> None:
        self.pipe.close()
        self._stowage.close()

    def _act(self, lost: Sequence[Item], then: Callable[[], None] | None) -> None:
        """Do what is not done under the lock."""
        try:
            if lost:
                self._on_lost([opening(item) for item in lost])
        finally:
            if then is not None:
                then()
