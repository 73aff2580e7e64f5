"""Offspring: what an actor's own code forks, which is no actor."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType


def emancipate(handler: Callable[[int, FrameType | None], object], forked: Callable[[], None]) -> None:
    """From now on, have whatever is forked end by SIGTERM as any process does, and not call this handler.

    SIGTERM is blocked meanwhile, as CPython forgets what signals have come before it knows that it is in
    the child. `forked` is called there.
    """
    thread = threading.local()

    def before() -> None:
        thread.mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

    def after() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, thread.mask)

    def after_in_child() -> None:
        if signal.getsignal(signal.SIGTERM) == handler:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        forked()
        after()

    os.register_at_fork(before=before, after_in_parent=after, after_in_child=after_in_child)
