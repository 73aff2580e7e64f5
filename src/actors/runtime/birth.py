"""Birth: how a fresh process becomes an actor's."""

from __future__ import annotations

import faulthandler
import gc
import multiprocessing
import os
import signal
import sys

from actors.runtime import linux
from actors.runtime.worker import Assignment, Worker


def main(assignment: Assignment) -> None:
    """Run an actor from its start to its end; the target of its `multiprocessing.Process`."""
    os.setpgid(0, 0)
    linux.die_with(assignment.guardian)
    gc.freeze()  # to look for garbage among what the guardian has made would copy all of it
    linux.volunteer_for_oom()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    linux.close_all_but({0, 1, 2, *_parent_sentinel()})
    _keep_last_words(assignment)
    sys.exit(Worker(assignment).run())


def _parent_sentinel() -> list[int]:
    """The descriptor by which `multiprocessing` knows that the parent lives."""
    parent = multiprocessing.parent_process()
    return [] if parent is None else [parent.sentinel]


def _keep_last_words(assignment: Assignment) -> None:
    """Have the Python stack written down where the guardian finds it, if a fault ends this process."""
    path = assignment.layout.stack
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    faulthandler.enable(descriptor)
