"""The lead: the right to do what one thread does for all, had by one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Lead:
    """Taken for one piece of work.

    A signal handler may raise after any call, even between the acquiring of a lock and the next line, and
    nobody could lead any more. So the lock is one whose release tells whether this thread had it, and
    `_thread`, the one that leads, keeps a handler from leading in the midst of what it interrupts.
    """

    def __init__(self, then: Callable[[], object]) -> None:
        """`then` is called each time that the lead is free again."""
        self._lock = threading.RLock()
        self._thread = 0
        self._then = then

    @property
    def mine(self) -> bool:
        """Whether this thread leads, so that who asks is a signal handler in the midst of the work."""
        return self._thread == threading.get_ident()

    def take(self, work: Callable[..., object], *arguments: object) -> bool:
        """Lead, and do some work; False if another thread leads, or what this signal handler interrupts."""
        me = threading.get_ident()
        if self._thread == me:
            return False
        try:
            if not self._lock.acquire(False):
                return False
            self._thread = me
            work(*arguments)
        finally:  # no call before the release: a signal handler could raise in it
            if self._thread == me:
                self._thread = 0
            try:
                self._lock.release()
            except RuntimeError:  # not acquired
                pass
            else:
                self._then()
        return True
