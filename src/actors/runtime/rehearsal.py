"""The rehearsal: a life that a process lives for practice while it waits to be an actor.

What a forked process writes to for the first time, if only a reference count, is copied for it, a page at a
time: most of what an actor's start costs. Once the process has lived a life these pages are its own.
"""

from __future__ import annotations

import fcntl
import gc
import os
import signal
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from actors.core.actor import Actor
from actors.core.codec import Codec
from actors.core.errors import SystemStopped
from actors.core.spec import child
from actors.runtime import blueprint
from actors.runtime.mailbox import frame
from actors.runtime.mailbox.backlog import BACKLOG
from actors.runtime.mailbox.layout import Layout
from actors.runtime.mailbox.parcel import Places
from actors.runtime.mailbox.status import STATUS_PAGE, Word, write_word
from actors.runtime.role import Role
from actors.runtime.site import GUARDIAN, Site
from actors.runtime.worker import Worker

_NAME: Final = "rehearsal"
_NOWHERE: Final = Path("/dev/null")
_SIZE: Final = 4096
"""How many bytes a pipe on the stage holds."""


class Understudy(Actor):
    """Stops with its first message."""

    def receive(self, message: Any) -> None:
        self.context.stop()


_BLUEPRINT: Final = blueprint.draw(child(Understudy), Codec())
_SCRIPT: Final = Codec().encode(
    Role(id=GUARDIAN, path=_NAME, incarnation=0, blueprint=_BLUEPRINT.packed[0])
)[0]


class _Rehearsing(Worker):
    def _on_sigterm(self, _signal: int, _frame: FrameType | None) -> None:
        """Go on: there is nothing yet to be interrupted."""

    def _live(self) -> int:
        """Start, say so, and take what was said, as the actor is its own guardian."""
        self._start()
        self._announce(known=True)
        self._serve()
        return 0

    def leave(self) -> None:
        """Let go of what the end of the process would have let go of."""
        self._endpoint.close(SystemStopped(_NAME, "the rehearsal is over"))
        self._lease.release()
        BACKLOG.keep_private()


def rehearse() -> None:
    """Live until after the first message. Raises `OSError` if that cannot be.

    Nobody notices: the stage is made of pipes and memory without a name. Nothing of it stays.
    """
    handler, mask = signal.getsignal(signal.SIGTERM), signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with _stage() as site:
        role: Role = Codec().decode(_SCRIPT)
        worker = _Rehearsing(role.assignment(site, os.getpid(), None))
        try:
            worker.run()
        finally:
            worker.leave()
            signal.signal(signal.SIGTERM, handler)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        del worker
        gc.collect()  # closes what it had open


@contextmanager
def _stage() -> Generator[Site]:
    with ExitStack() as stack:
        layout = Layout(
            directory=_NOWHERE,
            places=Places(_NOWHERE, _NOWHERE),
            mail=_pipe(stack),
            control=_pipe(stack),
            journal=_journal(stack),
            lease=_path(stack, os.memfd_create(_NAME)),
            stack="",
            credits="",
        )
        yield Site(_NOWHERE, _NOWHERE, _NAME, layout)


def _pipe(stack: ExitStack) -> str:
    reading, writing = os.pipe()
    os.close(writing)
    fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, _SIZE)
    return _path(stack, reading)


def _journal(stack: ExitStack) -> str:
    descriptor = os.memfd_create(_NAME)
    os.truncate(descriptor, STATUS_PAGE + _SIZE)
    write_word(descriptor, Word.CAPACITY, _SIZE - frame.HEAD.size)
    return _path(stack, descriptor)


def _path(stack: ExitStack, descriptor: int) -> str:
    """Where a descriptor can be opened once more."""
    stack.callback(os.close, descriptor)
    return f"/proc/self/fd/{descriptor}"
