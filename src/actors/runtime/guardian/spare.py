"""The spare: a process that waits to become the next actor's."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from multiprocessing.context import ForkProcess
from typing import Any

import attrs

from actors.core.terms import StartMethod
from actors.runtime import birth
from actors.runtime.descriptor import Descriptor
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian import estate
from actors.runtime.guardian.loop import Loop
from actors.runtime.guardian.process import ActorProcess
from actors.runtime.worker import Assignment


@attrs.frozen(eq=False)
class _Waiting:
    """A process that waits for its role."""

    process: ActorProcess
    pipe: Descriptor
    """Where it is told."""
    modules: int
    """How many modules it has: as many as the guardian had when it forked it."""

    @property
    def stale(self) -> bool:
        """Whether the guardian has imported modules since, which an actor would have from it."""
        return self.modules != len(sys.modules)


class Spare:
    """At most one process that is forked ahead of need, so that a start need not wait for a fork.

    Where there is none, or none that would do, an actor is forked: that is slower, and no error.
    """

    def __init__(self, endpoint: Endpoint, loop: Loop, preparation: dict[str, Any] | None) -> None:
        self._endpoint = endpoint
        self._loop = loop
        self._preparation = preparation
        self._waiting: _Waiting | None = None
        self._pids: set[int] = set()
        self._retired = False

    def owns(self, pid: int) -> bool:
        """Whether a process waits, or is on its way out."""
        return pid in self._pids

    def become(self, assignment: Assignment) -> ActorProcess | None:
        """Have the waiting process run an actor; None if there is none that could."""
        waiting = self._waiting
        if waiting is None or assignment.blueprint.terms.start_method is not StartMethod.FORK:
            return None
        role = self._role(assignment)
        if role is None:
            return None
        if waiting.stale or not _told(waiting, role):
            self._dismiss()
            return None
        self._waiting = None
        self._loop.remove(waiting.process.pidfd)
        self._pids.discard(waiting.process.pid)
        return waiting.process

    def prepare(self) -> None:
        """Have a process wait that knows what the guardian knows, if it is to be had."""
        if self._waiting is not None and self._waiting.stale:
            self._dismiss()
        if self._waiting is None and not self._retired:
            with suppress(OSError):
                self._waiting = self._fork()

    def retire(self) -> None:
        """Have none wait any more."""
        self._retired = True
        self._dismiss()

    def _role(self, assignment: Assignment) -> bytes | None:
        """What to tell the process; None if that is more than goes through the pipe at once."""
        if sum(map(len, assignment.blueprint.arguments)) > birth.PIPE_BUF:  # not to be copied for nothing
            return None
        role = birth.Role(
            id=assignment.address.id,
            path=assignment.address.path,
            incarnation=assignment.incarnation,
            blueprint=assignment.blueprint,
        )
        stream, segments = self._endpoint.codec.encode(role)
        return None if segments or len(stream) > birth.PIPE_BUF else stream

    def _fork(self) -> _Waiting:
        reading, writing = os.pipe()
        pipe = Descriptor(writing)
        try:
            estate.refuse_the_last([reading, writing])
            arguments = (self._endpoint.site, os.getpid(), self._preparation, reading)
            process = ActorProcess(ForkProcess(target=birth.wait, args=arguments))
        finally:
            os.close(reading)
        waiting = _Waiting(process, pipe, len(sys.modules))
        self._pids.add(process.pid)
        self._loop.add(process.pidfd, lambda: self._ended(waiting))
        return waiting

    def _dismiss(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.process.kill()

    def _ended(self, waiting: _Waiting) -> None:
        if self._waiting is waiting:
            self._waiting = None
        self._loop.remove(waiting.process.pidfd)
        self._pids.discard(waiting.process.pid)
        waiting.process.reap()


def _told(waiting: _Waiting, role: bytes) -> bool:
    """Whether a role has been handed over, at once and whole, as the pipe is empty."""
    try:
        return os.write(waiting.pipe.number, role) == len(role)
    except OSError:  # it has just died
        return False
