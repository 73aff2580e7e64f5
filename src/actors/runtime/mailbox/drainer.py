"""The drainer: one thread of a process, which carries what full pipes refused.

It runs only while something waits.
"""

from __future__ import annotations

import os
import select
import threading
from multiprocessing import util
from typing import TYPE_CHECKING, Final, Protocol

from actors.core.errors import MailboxClosed
from actors.runtime import threads
from actors.runtime.descriptor import Descriptor
from actors.runtime.mailbox.backlog import BACKLOG
from actors.runtime.mutex import Mutex
from actors.runtime.renewal import renew_after_fork

if TYPE_CHECKING:
    from actors.runtime.mailbox.outbox import Outbox

_RETRY: Final = 50
"""How soon a parcel that could not be written is tried again, in milliseconds."""


class Carrier(Protocol):
    """Who calls `Outbox.drain` once its pipe has room: the drainer, or a loop with no thread."""

    threaded: bool
    """Whether it is a thread, which a fork may find with an outbox's lock in its hands."""

    def watch(self, outbox: Outbox) -> None:
        """Call `drain` of the outbox whenever its pipe is writable, until `forget`."""
        ...

    def forget(self, outbox: Outbox) -> None: ...


class Drainer:
    """The `Carrier` that is a thread. Its two methods are called with the outbox's lock held.

    The lock is reentrant, and `_running` is set before anything else is, for the signal handler that
    puts into a full pipe while this very thread is in `watch`. One that raises there may have been called
    after the start of a thread: this then finds that the bell is not its own, and ends.
    """

    threaded = True

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._lock = Mutex()
        self._outboxes: set[Outbox] = set()
        self._running = False
        self._bell: Descriptor | None = None
        self._finalizer: util.Finalize | None = None

    def watch(self, outbox: Outbox) -> None:
        """Carry what waits in the outbox. Raises `OSError` or `RuntimeError` if no thread can run."""
        renew_after_fork(self)
        with self._lock:
            self._outboxes.add(outbox)
            if self._running:
                self._ring()
                return
            self._running = True
            try:
                self._start()
            except BaseException:
                self._running, self._bell = False, None
                self._outboxes.discard(outbox)
                raise

    def forget(self, outbox: Outbox) -> None:
        """Nothing waits in the outbox any more."""
        with self._lock:
            if outbox in self._outboxes:
                self._ring()
                self._outboxes.discard(outbox)

    def join(self) -> None:
        """Wait until nothing waits that the process owes its receivers, and drop what it does not owe.

        Called at the end of the process. What is dropped stays counted where that is found then.
        """
        with self._lock:
            outboxes = list(self._outboxes)
        for outbox in outboxes:
            if outbox.joined:
                outbox.flush(None)
        BACKLOG.keep_private()
        for outbox in outboxes:
            if not outbox.joined:
                outbox.close()

    def _start(self) -> None:
        bell = self._bell = Descriptor(os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK))
        threading.Thread(target=self._run, args=(bell,), name="actors-drainer", daemon=True).start()
        if self._finalizer is None:
            self._finalizer = util.Finalize(None, self.join, exitpriority=-5)

    def _ring(self) -> None:
        if self._bell is not None:
            os.eventfd_write(self._bell.number, 1)

    def _run(self, bell: Descriptor) -> None:
        try:
            while outboxes := self._next(bell):
                self._carry(outboxes, bell)
        finally:
            self._end(bell)

    def _end(self, bell: Descriptor) -> None:
        """The thread that has this bell ends: who needs one starts another."""
        with self._lock:
            if self._bell is bell:
                self._running, self._bell = False, None

    def _carry(self, outboxes: dict[int, Outbox], bell: Descriptor) -> None:
        poll = select.poll()
        poll.register(bell, select.POLLIN)
        stalled = [outbox for outbox in outboxes.values() if outbox.stalled]
        for descriptor, outbox in outboxes.items():
            if not outbox.stalled:
                poll.register(descriptor, select.POLLOUT)
        ready = dict(poll.poll(_RETRY if stalled else None))
        if ready.pop(bell.number, None):
            os.eventfd_read(bell.number)
        for outbox in (*stalled, *map(outboxes.__getitem__, ready)):
            try:
                outbox.drain()
            except Exception:  # noqa: BLE001 - of who hears what was lost: shown, and no other waits for it
                threads.show_exception()

    def _next(self, bell: Descriptor) -> dict[int, Outbox]:
        """The outboxes to wait for; with none, the thread that has this bell ends."""
        found: dict[int, Outbox] = {}
        with self._lock:
            for outbox in list(self._outboxes) if self._bell is bell else ():
                try:
                    found[outbox.pipe.fileno()] = outbox
                except MailboxClosed:
                    self._outboxes.discard(outbox)
            if not found:
                self._end(bell)
            return found

    def renew(self) -> None:
        """In a forked child: carry nothing, with a thread that is not there."""
        if self._bell is not None:
            os.close(self._bell.number)
        self._reset()


PROCESS_DRAINER: Final = Drainer()
"""The drainer of this process."""
