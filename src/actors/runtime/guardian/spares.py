"""The spares: processes that wait to become the next actors'."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import attrs

from actors.core.terms import StartMethod
from actors.runtime import birth
from actors.runtime.descriptor import Descriptor
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian.castings import Castings, OnCast
from actors.runtime.guardian.loop import Loop, Timer
from actors.runtime.guardian.process import ActorProcess
from actors.runtime.guardian.zygoteprocess import ZygoteProcess
from actors.runtime.role import Role
from actors.runtime.worker import Assignment

_QUIET: Final = 0.02
"""For how many seconds no actor has started when there is time to have more than one process wait."""


@attrs.frozen(eq=False)
class _Waiting:
    """A process that waits for its role."""

    process: ActorProcess
    pipe: Descriptor
    """Where it is told."""


class Spares:
    """Processes that the zygote forks ahead of need, so that a start need not wait for a fork.

    Where there is none, or none that would do, the guardian forks: that is slower, and no error. Nothing in
    here waits.
    """

    def __init__(
        self, endpoint: Endpoint, loop: Loop, preparation: dict[str, Any] | None, size: int
    ) -> None:
        """Have `size` of them from the first actor's start on; with 0 there is no zygote either."""
        self._endpoint = endpoint
        self._loop = loop
        self._preparation = preparation
        self._zygote: ZygoteProcess | None = None
        self._modules = 0
        """How many the guardian had imported when it forked the zygote."""
        self._size = size
        self._waiting: deque[_Waiting] = deque()
        self._due = 0
        """How many more may come to wait before another actor starts, whatever becomes of them."""
        self._busy_until = 0.0
        """When actors have not started for long enough, on the monotonic clock."""
        self._filling: Timer | None = None
        self._castings = Castings(loop)
        self._pids: set[int] = set()
        self._retired = not size

    def owns(self, pid: int) -> bool:
        """Whether a process is the zygote, or waits, or is on its way out."""
        return pid in self._pids

    def cast(self, assignment: Assignment, wanted: Callable[[], bool], then: OnCast) -> None:
        """Have a waiting process run an actor, or one that is on its way if that is `wanted` then."""
        self._dismiss_the_stale()
        role = self._role(assignment) if self._waiting or self._ask() else None
        if role is None:
            then(None)
        elif self._waiting:
            then(self._tell(role))
        else:
            self._castings.add(role, wanted, then)

    def prepare(self) -> None:
        """Have processes wait that know what the guardian knows, as far as they are to be had."""
        self._dismiss_the_stale()
        if self._zygote is None and not self._retired:
            with suppress(OSError):
                self._zygote = self._fork_zygote()
        self._due = self._size
        self._note_start()
        self._fill()

    def retire(self) -> None:
        """Have none wait any more, and no actor start."""
        self._retired = True
        self._castings.drop()
        self._dismiss()

    def _dismiss_the_stale(self) -> None:
        """What the guardian has imported since, an actor would not have from them."""
        if self._modules != len(sys.modules):
            self._dismiss()

    def _ask(self) -> bool:
        """Ask for a process, unless one has been asked for; whether it will be there in a moment."""
        if self._zygote is None:
            return False
        self._zygote.request()
        return self._zygote.prompt

    def _role(self, assignment: Assignment) -> bytes | None:
        """What to tell the process; None if that is not for a fork, or more than a pipe takes at once."""
        if assignment.blueprint.terms.start_method is not StartMethod.FORK:
            return None
        if sum(map(len, assignment.blueprint.arguments)) > birth.PIPE_BUF:  # not to be copied for nothing
            return None
        stream, _ = self._endpoint.codec.encode(Role.of(assignment))
        return None if len(stream) > birth.PIPE_BUF else stream

    def _fork_zygote(self) -> ZygoteProcess:
        self._modules = len(sys.modules)
        zygote = ZygoteProcess(
            self._endpoint.site,
            self._loop,
            self._preparation,
            on_fork=self._forked,
            on_end=self._zygote_ended,
        )
        self._pids.add(zygote.pid)
        return zygote

    def _fill(self) -> None:
        """Ask for a process if too few wait: for the first at once, for others when nobody starts."""
        if self._castings:
            self._ask()
        elif self._due > 0 and len(self._waiting) < self._size:
            busy = self._busy_until - time.monotonic()
            if not self._waiting or busy <= 0:
                self._ask()
            elif self._filling is None:
                self._filling = self._loop.call_later(busy, self._fill_on)

    def _fill_on(self) -> None:
        self._filling = None
        self._fill()

    def _forked(self, process: ActorProcess, pipe: Descriptor) -> None:
        waiting = _Waiting(process, pipe)
        self._waiting.append(waiting)
        self._pids.add(process.pid)
        self._loop.add(process.pidfd, lambda: self._ended(waiting))
        self._castings.cast(self._tell)
        if waiting in self._waiting:
            self._due -= 1
        self._fill()

    def _tell(self, role: bytes) -> ActorProcess | None:
        """Have a waiting process play a role, the first that has not just died; None if there is none."""
        self._note_start()
        while self._waiting:
            waiting = self._waiting.popleft()
            if _told(waiting, role):
                self._loop.remove(waiting.process.pidfd)
                self._pids.discard(waiting.process.pid)
                return waiting.process
            waiting.process.kill()  # it is about to end anyway
        return None

    def _note_start(self) -> None:
        self._busy_until = time.monotonic() + _QUIET

    def _dismiss(self) -> None:
        """End the zygote and what it has forked, and let nobody wait for more."""
        zygote, self._zygote = self._zygote, None
        waiting, self._waiting = self._waiting, deque()
        if zygote is not None:
            zygote.kill()
        for one in waiting:
            one.process.kill()
        self._castings.give_up()

    def _ended(self, waiting: _Waiting) -> None:
        with suppress(ValueError):  # no longer among them
            self._waiting.remove(waiting)
        self._loop.remove(waiting.process.pidfd)
        self._pids.discard(waiting.process.pid)
        waiting.process.reap()

    def _zygote_ended(self, zygote: ZygoteProcess, code: int) -> None:
        self._pids.discard(zygote.pid)
        if self._zygote is zygote:
            self._retired |= code >= 0  # nobody has killed it, so another one would end like it
            self._zygote = None
            self._castings.give_up()


def _told(waiting: _Waiting, role: bytes) -> bool:
    """Whether a role has been handed over, at once and whole, as the pipe is empty."""
    try:
        return os.write(waiting.pipe.number, role) == len(role)
    except OSError:  # it has just died
        return False
