"""The rehearsal: a life that a process lives for practice while it waits to be an actor.

What a forked process writes to for the first time, if only a reference count, is copied for it, a page at a
time: most of what an actor's start costs. Once the process has lived a life these pages are its own.
"""

from __future__ import annotations

import fcntl
import gc
import math
import os
import signal
from pathlib import Path
from types import FrameType
from typing import Any, Final

import attrs

from actors.core import envelope
from actors.core.actor import Actor
from actors.core.codec import Codec
from actors.core.envelope import Kind
from actors.core.message import Request
from actors.core.spec import child
from actors.runtime import blueprint
from actors.runtime.lane import Lane
from actors.runtime.mailbox import frame
from actors.runtime.mailbox.backlog import BACKLOG
from actors.runtime.mailbox.layout import Layout
from actors.runtime.mailbox.parcel import Places
from actors.runtime.mailbox.status import STATUS_PAGE, Word, write_word
from actors.runtime.role import Role
from actors.runtime.site import APPLICATION, GUARDIAN, Site
from actors.runtime.worker import Worker

_NAME: Final = "rehearsal"
_NOWHERE: Final = os.devnull
_SIZE: Final = 4096
"""How many bytes a pipe on the stage holds."""


class Cue(Request[int]):
    """What the one who rehearses is asked."""

    line: int


class Understudy(Actor):
    """Stops with the first question."""

    def receive(self, message: Any) -> Any:
        if not isinstance(message, Cue):
            return None
        self.context.stop()
        return message.line


_BLUEPRINT: Final = blueprint.draw(child(Understudy), Codec())
_CUE: Final = Codec().encode(Cue(line=1))[0]
_SCRIPT: Final = Codec().encode(
    Role(id=GUARDIAN, path=_NAME, incarnation=0, blueprint=_BLUEPRINT.packed[0])
)[0]


class _Rehearsing(Worker):
    def rehearse(self) -> None:
        """Start, say so, hear it, as the actor is its own guardian, and answer what it asks itself."""
        self._heed_signals()
        self._start()
        self._announce(known=True)
        self._ask()
        self._serve()

    def _ask(self) -> None:
        endpoint = self._endpoint
        question = envelope.mail(Kind.ASK, endpoint.sender, 1, math.inf) + _CUE
        endpoint.post(endpoint.guardian, question, ())

    def leave(self) -> None:
        """Let go of what is not let go of with the last reference."""
        self._lease.release()
        BACKLOG.keep_private()

    def _on_sigterm(self, _signal: int, _frame: FrameType | None) -> None:
        """Go on: there is nothing yet to be interrupted."""


@attrs.frozen
class _Stage(Site):
    """Where there is one mailbox, and one lane."""

    _lane: Lane

    def lane(self, number: int, name: str) -> Lane:
        super().lane(number, name)  # as an asker's is looked up
        return self._lane


def rehearse() -> None:
    """Live until after the first question. Raises `OSError` if that cannot be.

    Nobody notices: the stage is made of pipes and memory without a name. Nothing of it stays. What an actor
    does not do either is kept short, as its pages are copied, too: an actor's end above all.
    """
    handler, mask = signal.getsignal(signal.SIGTERM), signal.pthread_sigmask(signal.SIG_BLOCK, ())
    opened: list[int] = []
    try:
        _live(_stage(opened))
    finally:
        signal.signal(signal.SIGTERM, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for descriptor in opened:
            os.close(descriptor)
        gc.collect()  # closes what else was open


def _live(stage: Site) -> None:
    role: Role = Codec().decode(_SCRIPT)
    stage.mailbox(APPLICATION)  # as any actor's is looked up, where the stage has but one
    worker = _Rehearsing(role.assignment(stage, os.getpid(), None))
    try:
        worker.rehearse()
    finally:
        worker.leave()


def _stage(opened: list[int]) -> Site:
    layout = Layout(
        directory=_NOWHERE,
        places=Places(_NOWHERE, _NOWHERE),
        mail=_pipe(opened),
        control=_pipe(opened),
        journal=_journal(opened),
        lease=_path(opened, os.memfd_create(_NAME)),
        stack="",
        credits="",
    )
    lane = Lane(_NOWHERE, _pipe(opened), "", Places(_NOWHERE, _NOWHERE))
    return _Stage(Path(_NOWHERE), Path(_NOWHERE), _NAME, layout, lane)


def _pipe(opened: list[int]) -> str:
    reading, writing = os.pipe()
    os.close(writing)
    path = _path(opened, reading)
    fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, _SIZE)
    return path


def _journal(opened: list[int]) -> str:
    descriptor = os.memfd_create(_NAME)
    path = _path(opened, descriptor)
    os.truncate(descriptor, STATUS_PAGE + _SIZE)
    write_word(descriptor, Word.CAPACITY, _SIZE - frame.HEAD.size)
    return path


def _path(opened: list[int], descriptor: int) -> str:
    """Where a descriptor can be opened once more."""
    opened.append(descriptor)
    return f"/proc/self/fd/{descriptor}"
