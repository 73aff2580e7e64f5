"""Reading: one process's part in a mailbox that is used alone."""

from __future__ import annotations

import threading
from queue import Empty
from typing import NoReturn

from actors.core.errors import DecodeError, MailboxClosed, MailboxInUse
from actors.runtime.deadline import left, over
from actors.runtime.mailbox.frame import Parts
from actors.runtime.mailbox.inbox import Inbox
from actors.runtime.mailbox.lease import Lease
from actors.runtime.mailbox.premises import Premises
from actors.runtime.mutex import Mutex


class Reading:
    """Takes messages under the mailbox's lease, one thread at a time.

    A signal handler may raise anywhere, even between the acquiring of the lock and the next instruction.
    So the lock is one whose release tells whether this thread had it, and `_thread`, the one that is
    reading, keeps a handler from reading in the midst of a read.
    """

    def __init__(self, name: str, premises: Premises) -> None:
        self._name = name
        self._premises: Premises | None = premises
        self._lease = Lease(premises.layout.lease)
        self._begin()

    def _begin(self) -> None:
        self._lock = Mutex()
        self._thread = 0
        self._inbox: Inbox | None = None

    def next(self, moment: float | None) -> Parts:
        """The parts of the next message. It is out of the mailbox then, so it comes once at most.

        Raises `queue.Empty` if none comes until the `moment`, `MailboxInUse`, `MailboxClosed`, and
        `DecodeError` for bytes that are no message, which are then gone.
        """
        me = threading.get_ident()
        if self._thread == me:
            self._refuse()
        try:
            if not self._lock.acquire(blocking=False):
                self._wait_for_turn(moment)
            self._thread = me
            return _next(self._inbox or self._reader(), moment)
        finally:  # no call before the release: a signal handler could raise in it
            if self._thread == me:
                self._thread = 0
            try:  # noqa: SIM105 - `suppress` would be such a call
                self._lock.release()
            except RuntimeError:  # not acquired
                pass
            if self._premises is None:
                self.end()

    def count(self) -> int | None:
        """How many messages wait; None if another process, or a waiting thread of this one, reads."""
        if self._thread or not self._lock.acquire(blocking=False):
            return None
        try:
            return self._count()
        finally:
            self._lock.release()

    def pause(self) -> None:
        """Give the lease up, so that another process may read. Waits for the thread that reads."""
        if self._thread == threading.get_ident():
            self._refuse()
        with self._lock:
            self._stop()

    def end(self) -> None:
        """Read no more. A thread that is waiting for a message still gets it, and ends the reading then."""
        self._premises = None
        if not self._thread and self._lock.acquire(blocking=False):
            try:
                self._stop()
            finally:
                self._lock.release()

    def after_fork(self) -> None:
        """In a forked child: the parent goes on reading, and nobody here does."""
        self._lease.abandon()
        self._begin()

    def _refuse(self) -> NoReturn:
        raise RuntimeError(f"{self._name}: a signal handler cannot read while its thread does")

    def _wait_for_turn(self, moment: float | None) -> None:
        while not self._lock.acquire(timeout=left(moment)):
            if over(moment):
                raise Empty

    def _reader(self) -> Inbox:
        premises = self._premises
        if premises is None:
            raise MailboxClosed(self._name)
        if not self._lease.acquire_soon():
            raise MailboxInUse(self._name, self._lease.holder())
        inbox = Inbox(premises.layout, premises.pipe, premises.credits)
        inbox.settle()
        self._inbox = inbox
        return inbox

    def _count(self) -> int | None:
        if self._inbox is not None:
            return self._inbox.count()
        if self._premises is None or not self._lease.acquire():
            return None
        try:
            return Inbox(self._premises.layout, self._premises.pipe).count()
        finally:
            self._lease.release()

    def _stop(self) -> None:
        self._inbox = None
        self._lease.release()


def _next(inbox: Inbox, moment: float | None) -> Parts:
    while True:
        try:
            parts = inbox.take()
        except DecodeError:
            inbox.done()
            raise
        if parts is not None:
            inbox.done()
            return parts
        if not inbox.wait(None if moment is None else left(moment)) and over(moment):
            raise Empty
