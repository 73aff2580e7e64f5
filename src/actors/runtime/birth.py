"""Birth: how a fresh process becomes an actor's."""

from __future__ import annotations

import faulthandler
import gc
import multiprocessing
import os
import select
import signal
import sys
from contextlib import suppress
from multiprocessing import resource_tracker
from typing import Any, Final, NoReturn

from actors.core.codec import Codec
from actors.runtime import linux
from actors.runtime.rehearsal import rehearse
from actors.runtime.role import Role
from actors.runtime.site import Site
from actors.runtime.worker import Assignment, Worker

PIPE_BUF: Final = 4096
"""How many bytes an empty pipe takes at once and whole, whatever the kernel grants."""
_LULL: Final = 0.003
"""After how many seconds without a word there is time to rehearse. In a row of starts it comes before, and
those who start need the processor."""


def main(assignment: Assignment) -> None:
    """Run an actor from its start to its end; the target of its `multiprocessing.Process`."""
    leave_home(assignment.guardian)
    _live(assignment)


def wait(site: Site, guardian: int, preparation: dict[str, Any] | None, pipe: int) -> None:
    """Do all that an actor's process does before it is one, and wait in a pipe for a role: then play it.

    The target of a `multiprocessing.Process`. Ends if the pipe does.
    """
    leave_home(guardian, pipe)
    if not _is_told_soon(pipe):
        with suppress(Exception):  # whatever goes wrong in a rehearsal, the actor can do without
            rehearse()
    told = os.read(pipe, PIPE_BUF)
    os.close(pipe)
    if told:
        role: Role = Codec().decode(told)
        _live(role.assignment(site, guardian, preparation))


def _is_told_soon(pipe: int) -> bool:
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    return bool(poll.poll(_LULL * 1000))


def leave_home(guardian: int, *kept: int) -> None:
    """Lead a process group, and give up what is the guardian's."""
    give_up(guardian, *kept)
    os.setpgid(0, 0)


def give_up(guardian: int, *kept: int) -> None:
    """Give up what is the guardian's, but not its company: end with it."""
    signal.set_wakeup_fd(-1)  # before all else: a signal would be the guardian's, too
    linux.die_with(guardian)
    gc.freeze()  # to look for garbage among what the guardian has made would copy all of it
    linux.volunteer_for_oom()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    linux.close_all_but({0, 1, 2, *_of_stdin(), *_of_multiprocessing(), *kept})


def _live(assignment: Assignment) -> NoReturn:
    multiprocessing.current_process().name = f"actor {assignment.address.path}"
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # to who waits for a role it is nothing, as to the zygote
    _keep_last_words(assignment)
    sys.exit(Worker(assignment).run())


def _of_stdin() -> set[int]:
    """The descriptor of `sys.stdin`: `multiprocessing` has opened the null device for it, as a new one."""
    with suppress(Exception):  # closed, or no file
        return {sys.stdin.fileno()}
    return set()


def _of_multiprocessing() -> set[int]:
    """The descriptors by which `multiprocessing` knows that the parent lives, and reaches its tracker."""
    parent = multiprocessing.parent_process()
    sentinel = None if parent is None else parent.sentinel
    tracker: int | None = getattr(resource_tracker, "_resource_tracker")._fd  # noqa: B009 - it is private
    return {number for number in (sentinel, tracker) if number is not None}


def _keep_last_words(assignment: Assignment) -> None:
    """Have the Python stack written down where the guardian finds it, if a fault ends this process."""
    path = assignment.layout.stack
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    faulthandler.enable(descriptor)
