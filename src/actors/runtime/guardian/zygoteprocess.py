"""The zygote, as the guardian holds it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.context import ForkProcess
from typing import Any, Final

from actors.runtime import zygote
from actors.runtime.descriptor import Descriptor
from actors.runtime.guardian import estate
from actors.runtime.guardian.loop import Loop
from actors.runtime.guardian.process import ActorProcess, StartedProcess
from actors.runtime.site import Site

_REQUEST: Final = b"."
OnFork = Callable[[ActorProcess, Descriptor], None]
"""Gets a process that waits for its role, and the pipe through which it is to be told."""


class ZygoteProcess:
    """A process that forks others on request. It may be killed at any time: then it forks no more."""

    def __init__(
        self,
        site: Site,
        loop: Loop,
        preparation: dict[str, Any] | None,
        *,
        on_fork: OnFork,
        on_end: Callable[[ZygoteProcess, int], None],
    ) -> None:
        """Fork it. `on_end` gets its exit code, once. Raises `OSError` if no process is to be had."""
        self._asked = self._answers = False
        self._loop = loop
        self._on_fork = on_fork
        self._on_end = on_end
        self._connection, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._connection.setblocking(False)
        with there:
            estate.refuse_the_last([self._connection.fileno(), there.fileno()])
            arguments = (site, os.getpid(), preparation, there.fileno())
            self._process = StartedProcess(ForkProcess(target=zygote.main, args=arguments))
        self.pid = self._process.pid
        loop.add(self._process.pidfd, self._ended)
        loop.add(self._connection.fileno(), self._answered)

    @property
    def prompt(self) -> bool:
        """Whether a process has been asked for and is about to come: the first one takes longer."""
        return self._asked and self._answers

    def request(self) -> None:
        """Ask for a process, unless one has been asked for and has not yet come."""
        if not self._asked:
            with suppress(OSError):  # it has died, which is seen in a moment
                self._asked = self._connection.send(_REQUEST) > 0

    def kill(self) -> None:
        """End it; what it has forked and has not handed over ends by itself."""
        self._process.kill()
        self._hang_up()

    def _answered(self) -> None:
        try:
            said, descriptors, *_ = socket.recv_fds(
                self._connection, zygote.PID, 2, socket.MSG_CMSG_CLOEXEC
            )
        except OSError:
            said, descriptors = b"", []
        if said:
            self._asked, self._answers = False, True
            self._take_in(int.from_bytes(said, "little"), descriptors)
        else:
            self._hang_up()

    def _take_in(self, pid: int, descriptors: list[int]) -> None:
        if len(descriptors) == 2 and _usable(*descriptors):
            pidfd, pipe = descriptors
            self._on_fork(ActorProcess(pid, pidfd), Descriptor(pipe))
        else:
            for number in descriptors:
                os.close(number)

    def _hang_up(self) -> None:
        self._asked = False
        if self._connection.fileno() >= 0:
            self._loop.remove(self._connection.fileno())
            self._connection.close()

    def _ended(self) -> None:
        self._hang_up()
        self._loop.remove(self._process.pidfd)
        self._on_end(self, self._process.reap())


def _usable(pidfd: int, pipe: int) -> bool:
    """Whether a process lives, which is collected if it does not, and its descriptors are not the last."""
    try:
        estate.refuse_the_last([pidfd, pipe])
        return os.waitid(os.P_PIDFD, pidfd, os.WEXITED | os.WNOHANG) is None
    except OSError:
        return False
