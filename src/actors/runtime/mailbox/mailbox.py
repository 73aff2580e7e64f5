"""The mailbox: a `multiprocessing.Queue` whose pipe has a name and which no kill can break."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Sequence
from multiprocessing import context, reduction, util
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any, Final

from actors.core.codec import Codec, Limits
from actors.core.errors import DecodeError, DiskFull, MailboxClosed, MailboxFull, MailboxInUse
from actors.runtime import rundirectory
from actors.runtime.descriptor import Descriptor
from actors.runtime.mailbox.credit import Credits
from actors.runtime.mailbox.drainer import PROCESS_DRAINER
from actors.runtime.mailbox.inbox import Inbox
from actors.runtime.mailbox.journal import Status, Word, waiting_bytes
from actors.runtime.mailbox.layout import Layout
from actors.runtime.mailbox.lease import Lease
from actors.runtime.mailbox.outbox import OVERFLOW, Outbox
from actors.runtime.rundirectory import RunDirectory

if TYPE_CHECKING:
    _Queue = Queue[Any]
else:
    _Queue = Queue  # generic only for type checkers

_TYPICAL: Final = 64
"""How long a waiting frame is taken to be where frames cannot be counted, in bytes."""


class Mailbox(_Queue):
    """A queue of messages for many writing processes and one reading process at a time.

    Keeps the contract of `multiprocessing.Queue`, and what a kill can break there it keeps whole:

    - a reader or a writer killed at any instant blocks nobody, corrupts nothing and doubles nothing;
      with a reader at most the message in its hand is lost, with a writer what it had not yet handed
      to the kernel; the next reader goes on with the next waiting message;
    - `put` encodes in the caller's frame: what cannot travel raises `EncodeError` there;
    - messages from one process arrive in the order in which they were put;
    - any process of this user attaches by `address`, whether or not it is a child.

    Messages are msgpack (see `Codec`), from 0 bytes to 1 GiB; one of up to 4 KiB takes one system call.
    What a full pipe refuses waits in the putting process, up to `overflow` bytes (one message may always
    wait): then `put` waits, and `put_nowait` raises `MailboxFull`. A message over 4 KiB waits in a file in
    ``/dev/shm``, or in the temporary directory if that is full.

    The mailbox lives as long as a process has it open: `close` it, or let the process end. It is not
    a place for mail between runs.
    """

    def __init__(self, maxsize: int = 0, *, overflow: int = OVERFLOW, limits: Limits | None = None) -> None:
        """Make a new, empty mailbox; `maxsize` bounds it to that many messages (at most 4,096)."""
        rundirectory.sweep_once()
        hold = RunDirectory.create()
        try:
            keepers = Layout.at(hold.path, hold.spill).create(maxsize)
        except BaseException:
            hold.release()
            raise
        try:
            self._open(hold, overflow, limits or Limits())
        finally:
            for keeper in keepers:
                os.close(keeper)

    @classmethod
    def attach(cls, address: str, *, overflow: int = OVERFLOW, limits: Limits | None = None) -> Mailbox:
        """Open the mailbox that has this `address`, from any process of the same user.

        Raises `MailboxClosed` if it is gone and `PermissionError` if it is another user's.
        """
        mailbox = cls.__new__(cls)
        mailbox._open(_hold(address), overflow, limits or Limits())
        return mailbox

    @property
    def maxsize(self) -> int:
        """How many messages may wait; 0 for any number."""
        return self._bound

    @property
    def address(self) -> str:
        """What another process needs to `attach`."""
        return str(self._hold.path)

    def put(self, obj: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put a message into the mailbox.

        Raises `EncodeError` if it cannot travel, `MailboxFull` (a `queue.Full`) if there is no room in
        time, and `MailboxClosed` (a `ValueError`) after `close`. Nothing was put then.
        """
        if self._closed:
            raise MailboxClosed(repr(self))
        message, segments = self._codec.encode(obj)
        deadline = _deadline(block, timeout)
        if self._credits is None:
            self._put(message, segments, deadline)
            return
        self._take_place(self._credits, deadline)
        try:
            self._put(message, segments, deadline)
        except BaseException:
            self._credits.give()
            raise

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the next message out of the mailbox.

        Raises `queue.Empty` if none comes in time, `MailboxInUse` while another process reads,
        `MailboxClosed` after `close`, and `DecodeError` for bytes that are no message, which are then
        gone.
        """
        if self._closed:
            raise MailboxClosed(repr(self))
        deadline = _deadline(block, timeout)
        if not self._reading.acquire(timeout=_seconds_or_forever(deadline)):
            raise Empty
        try:
            parts = _next(self._reader(), deadline)
        finally:
            self._reading.release()
        return self._codec.decode(parts[0], parts[1:])

    def put_nowait(self, obj: Any) -> None:
        """`put` without waiting."""
        self.put(obj, block=False)

    def get_nowait(self) -> Any:
        """`get` without waiting."""
        return self.get(block=False)

    def qsize(self) -> int:
        """How many messages wait.

        Exact for a bounded mailbox, and for the reading process as far as the journal reaches;
        otherwise an estimate from the bytes that wait.
        """
        if self._credits is not None:
            return max(0, self._credits.size - self._credits.free)
        with self._reading:
            if self._lease.acquire():
                return self._reader().count()
        return -(-waiting_bytes(self._pipe.number) // _TYPICAL) + (not self._status.drained)

    def empty(self) -> bool:
        """Whether no message waits that has reached the mailbox."""
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        return not poll.poll(0) and self._status.drained

    def full(self) -> bool:
        """Whether a bounded mailbox has no free place; False for an unbounded one."""
        return self._credits is not None and self._credits.free == 0

    def release(self) -> None:
        """Give up reading, so that another process may; what waits stays."""
        with self._reading:
            inbox, self._inbox = self._inbox, None
            if inbox is not None:
                inbox.close()
            self._lease.release()

    def close(self) -> None:
        """Neither put nor get any more in this process; what waits here is still carried."""
        if not self._closed:
            self._closed = True
            self.release()
            self._finalizer()

    def join_thread(self) -> None:
        """After `close`, wait until what this process has put is out of its hands."""
        if not self._closed:
            raise AssertionError(f"Queue {self!r} not closed")
        self._outbox.flush(None)

    def cancel_join_thread(self) -> None:
        """Let the process end without waiting for `join_thread`; what still waits is then lost."""
        self._outbox.joined = False

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open"
        return f"<Mailbox {self._hold.path.name} {state}>"

    def __getstate__(self) -> Any:
        spawning = context.get_spawning_popen() is not None
        hold = reduction.DupFd(self._hold.fileno()) if spawning else None
        return self.address, hold, self._overflow, self._codec.limits

    def __setstate__(self, state: Any) -> None:
        address, passed, overflow, limits = state
        hold = _hold(address) if passed is None else RunDirectory.adopt(Path(address), passed.detach())
        self._open(hold, overflow, limits)

    def _open(self, hold: RunDirectory, overflow: int, limits: Limits) -> None:
        self._closed = False
        self._overflow = overflow
        self._codec = Codec(limits=limits)
        self._hold = hold
        self._layout = Layout.at(hold.path, hold.spill)
        self._status = Status(self._layout.journal)
        self._bound = self._status.words[Word.BOUND]
        self._credits = Credits(self._layout.credits, self._bound) if self._bound else None
        self._pipe = Descriptor(os.open(self._layout.mail, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
        self._outbox = Outbox(
            self._pipe,
            self._layout.places,
            name=f"mailbox {hold.path.name}",
            carrier=PROCESS_DRAINER,
            limit=overflow,
        )
        self._lease = Lease(self._layout.lease)
        self._begin()
        util.register_after_fork(self, Mailbox._after_fork)

    def _begin(self) -> None:
        """Set up what belongs to this process alone."""
        self._reading = threading.Lock()
        self._inbox: Inbox | None = None
        self._finalizer = util.Finalize(
            self, _end, args=(self._lease, self._outbox, self._hold), exitpriority=-10
        )

    def _after_fork(self) -> None:
        self._lease.abandon()
        if not self._closed:
            self._begin()

    def _put(self, message: bytes, segments: Sequence[bytes], deadline: float | None) -> None:
        size = len(message) + sum(map(len, segments))
        while True:
            try:
                self._outbox.put(message, segments)
            except DiskFull:
                raise
            except MailboxFull:
                if not self._outbox.wait_for_room(size, _seconds(deadline)):
                    raise
            else:
                return

    def _take_place(self, places: Credits, deadline: float | None) -> None:
        poll = select.poll()
        poll.register(places, select.POLLIN)
        while not places.take():
            seconds = _seconds(deadline)
            if not poll.poll(None if seconds is None else seconds * 1000) and seconds == 0:
                raise MailboxFull(repr(self), f"{places.size} messages wait already")

    def _reader(self) -> Inbox:
        if self._inbox is None:
            if not self._lease.acquire():
                raise MailboxInUse(repr(self), self._lease.holder())
            self._inbox = Inbox(self._layout, self._pipe, self._credits)
            self._inbox.settle()
        return self._inbox


def _next(inbox: Inbox, deadline: float | None) -> list[bytes]:
    """The next message; it is out of the mailbox before it is handed over, so it comes once at most."""
    while True:
        try:
            parts = inbox.take()
        except DecodeError:
            inbox.done()
            raise
        if parts is not None:
            inbox.done()
            return parts
        if not inbox.wait(_seconds(deadline)):
            raise Empty


def _end(lease: Lease, outbox: Outbox, hold: RunDirectory) -> None:
    lease.release()
    outbox.finish(hold.release)


def _hold(address: str) -> RunDirectory:
    try:
        return RunDirectory.hold(Path(address))
    except (FileNotFoundError, NotADirectoryError):
        raise MailboxClosed(f"mailbox {address}") from None


def _deadline(block: bool, timeout: float | None) -> float | None:
    if block and timeout is None:
        return None
    return time.monotonic() + (max(timeout or 0.0, 0.0) if block else 0.0)


def _seconds(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _seconds_or_forever(deadline: float | None) -> float:
    return -1 if deadline is None else max(0.0, deadline - time.monotonic())
