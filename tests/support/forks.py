"""Forked children for tests: cheap, and never returning into the test runner."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import traceback
from collections.abc import Callable
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def fork(work: Callable[[], object]) -> int:
    """Do some work in a forked child, which exits with 0 unless it raises; return its pid.

    The child ends with the thread that forks it, so that a test run that is killed leaves no process.
    """
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        work()
        status = 0
    except BaseException:  # the child ends here, whatever happens
        traceback.print_exc()
    finally:
        os._exit(status)


def wait(pid: int) -> int:
    """Wait for a child's end; its exit code, or the negative number of the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill(pid: int) -> None:
    """Kill a child and wait for its end."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


class Gate:
    """Where one process waits until another opens it."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()

    def open(self, times: int = 1) -> None:
        """Let that many waits pass."""
        os.write(self._writing, b"." * times)

    def wait(self, within: float = 30.0) -> None:
        """Wait until it is opened."""
        poll = select.poll()
        poll.register(self._reading, select.POLLIN)
        assert poll.poll(within * 1000), "nobody has opened the gate"
        os.read(self._reading, 1)

    def close(self) -> None:
        """Close the descriptors."""
        os.close(self._reading)
        os.close(self._writing)
