"""The drainer: one thread of a process, which carries what full pipes refused.

It runs only while something waits.
"""

from __future__ import annotations

import os
import select
import threading
import weakref
from multiprocessing import util
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from actors.runtime.mailbox.outbox import Outbox

_RETRY: Final = 50
"""How soon a parcel that could not be written is tried again, in milliseconds."""


class Carrier(Protocol):
    """Who calls `Outbox.drain` once its pipe has room: the drainer, or a loop with no thread."""

    def watch(self, outbox: Outbox) -> None:
        """Call `drain` of the outbox whenever its pipe is writable, until `forget`."""
        ...

    def forget(self, outbox: Outbox) -> None: ...


class Drainer:
    """The `Carrier` that is a thread. Its two methods are called with the outbox's lock held."""

    _instances: Final[weakref.WeakSet[Drainer]] = weakref.WeakSet()

    def __init__(self) -> None:
        self._reset()
        self._instances.add(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._outboxes: set[Outbox] = set()
        self._thread: threading.Thread | None = None
        self._bell = -1
        self._finalizer: util.Finalize | None = None

    def watch(self, outbox: Outbox) -> None:
        """Carry what waits in the outbox."""
        with self._lock:
            self._outboxes.add(outbox)
            if self._thread is None:
                self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
                self._thread = threading.Thread(
                    target=self._run, args=(self._bell,), name="actors-drainer", daemon=True
                )
                self._thread.start()
                if self._finalizer is None:
                    self._finalizer = util.Finalize(None, self.join, exitpriority=-5)
            else:
                os.eventfd_write(self._bell, 1)

    def forget(self, outbox: Outbox) -> None:
        """Nothing waits in the outbox any more."""
        with self._lock:
            self._outboxes.discard(outbox)

    def join(self) -> None:
        """Wait until nothing waits that the process owes its receivers; called at its end."""
        with self._lock:
            owed = [outbox for outbox in self._outboxes if outbox.joined]
        for outbox in owed:
            outbox.flush(None)

    def _run(self, bell: int) -> None:
        while outboxes := self._next():
            self._carry(outboxes, bell)
        os.close(bell)

    def _carry(self, outboxes: dict[int, Outbox], bell: int) -> None:
        poll = select.poll()
        poll.register(bell, select.POLLIN)
        stalled = [outbox for outbox in outboxes.values() if outbox.stalled]
        for descriptor, outbox in outboxes.items():
            if not outbox.stalled:
                poll.register(descriptor, select.POLLOUT)
        ready = dict(poll.poll(_RETRY if stalled else None))
        if ready.pop(bell, None):
            os.eventfd_read(bell)
        for outbox in (*stalled, *map(outboxes.__getitem__, ready)):
            outbox.drain()

    def _next(self) -> dict[int, Outbox]:
        """The outboxes to wait for; with none, the thread ends."""
        with self._lock:
            if not self._outboxes:
                self._thread = None
            return {outbox.fileno(): outbox for outbox in self._outboxes}

    @classmethod
    def _after_fork(cls) -> None:
        for drainer in cls._instances:
            if drainer._bell >= 0 and drainer._thread is not None:
                os.close(drainer._bell)
            drainer._reset()


PROCESS_DRAINER: Final = Drainer()
"""The drainer of this process."""

os.register_at_fork(after_in_child=Drainer._after_fork)
