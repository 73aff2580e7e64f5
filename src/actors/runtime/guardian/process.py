"""Processes, as the guardian holds them."""

from __future__ import annotations

import multiprocessing.process
import os
import signal
from contextlib import suppress
from multiprocessing.context import ForkProcess, SpawnProcess
from typing import Any, Final

from actors.core.terms import StartMethod
from actors.runtime import birth
from actors.runtime.worker import Assignment

_CLASSES: Final[dict[StartMethod, type[ForkProcess] | type[SpawnProcess]]] = {
    StartMethod.FORK: ForkProcess,
    StartMethod.SPAWN: SpawnProcess,
}


class ActorProcess:
    """A process that is the guardian's child: signals go through its pidfd, and its death is seen there.

    Not through `Process.sentinel`, which a grandchild of the process would hold open.
    """

    def __init__(self, pid: int, pidfd: int) -> None:
        self.pid = pid
        self.pidfd = pidfd

    @classmethod
    def of(cls, assignment: Assignment) -> ActorProcess:
        """Start an actor's process. Raises `OSError` if none is to be had."""
        process = _CLASSES[assignment.blueprint.terms.start_method]
        return StartedProcess(process(target=birth.main, args=(assignment,)))

    def send(self, number: signal.Signals) -> None:
        """Send a signal; to a dead process none."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)

    def kill(self) -> None:
        """Kill the process and what it has forked."""
        self.send(signal.SIGKILL)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def reap(self) -> int:
        """Collect the dead process and kill what it has forked; return its exit code."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        code = self._collect()
        os.close(self.pidfd)
        return code

    def _collect(self) -> int:
        end = os.waitid(os.P_PIDFD, self.pidfd, os.WEXITED)
        if end is None:
            return 0
        return end.si_status if end.si_code == os.CLD_EXITED else -end.si_status


class StartedProcess(ActorProcess):
    """One that the guardian has started itself."""

    def __init__(self, process: ForkProcess | SpawnProcess) -> None:
        """Start it. Raises `OSError` if none is to be had."""
        self._process = process
        process.start()
        _forget(process)
        pid = process.pid or 0
        try:
            super().__init__(pid, os.pidfd_open(pid))
        except OSError:  # nobody would see its end
            process.kill()
            process.join()
            process.close()
            raise

    def _collect(self) -> int:
        self._process.join()
        code = self._process.exitcode
        self._process.close()  # two descriptors that `join` leaves open
        return 0 if code is None else code


def _forget(process: ForkProcess | SpawnProcess) -> None:
    """Keep `multiprocessing` from looking after all living processes whenever one starts.

    It would look for dead ones, with a system call for each that lives; they are seen through their pidfds.
    """
    module: Any = multiprocessing.process
    module._children.discard(process)
