"""What the runtime needs of Linux beyond the standard library."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from actors.core.errors import ActorsError

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_OOM_SCORE: Final = b"300"
_CLOSE_RANGE: Final = 436
"""The number of the system call, the same on every architecture."""
_LAST_DESCRIPTOR: Final = (1 << 31) - 1

_libc = ctypes.CDLL(None, use_errno=True)


def require() -> None:
    """Raise `ActorsError` on a system that the runtime does not run on."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        raise ActorsError("actors runs on Linux only, for now (it needs pidfds and PR_SET_PDEATHSIG)")


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent, which shall be `parent`, ends."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(0)


def take_place(nice: int, processors: Iterable[int] | None) -> None:
    """Run at a priority, and on some processors only.

    Raises `OSError` for a priority, and `ValueError` for processors, that are not to be had.
    """
    if nice:
        os.nice(nice)
    if processors is not None:
        _pin(list(processors))


def _pin(processors: list[int]) -> None:
    try:
        os.sched_setaffinity(0, processors)
    except (OSError, OverflowError):
        there = ", ".join(map(str, sorted(os.sched_getaffinity(0))))
        raise ValueError(f"cpu_affinity is {processors}; the processors here are {there}") from None


def adopt_orphans() -> None:
    """Become the parent of whatever descendants lose theirs."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def volunteer_for_oom() -> None:
    """Have the out-of-memory killer take this process rather than its parents."""
    with suppress(OSError):
        file = os.open("/proc/self/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(file, _OOM_SCORE)
        finally:
            os.close(file)


def kill_children() -> None:
    """Kill and collect every child of this process, and the orphans that become its children by that."""
    while True:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            children = [int(pid) for pid in file.read().split()]
        if not children:
            return
        for pid in children:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def threads() -> int:
    """How many threads this process has."""
    return len(os.listdir("/proc/self/task"))


def raise_descriptor_limit() -> None:
    """Allow this process as many descriptors as the hard limit does."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def close_all_but(kept: set[int]) -> None:
    """Close every descriptor of this process that is not in `kept`."""
    if not _close_ranges(kept):
        for descriptor in map(int, os.listdir("/proc/self/fd")):
            if descriptor not in kept:
                with suppress(OSError):
                    os.close(descriptor)


def _close_ranges(kept: set[int]) -> bool:
    """Close what is between those in `kept`; False on a kernel before 5.9, which cannot.

    Not by `os.closerange`, which on some builds of Python tries every number there could be.
    """
    first = 0
    for descriptor in (*sorted(kept), _LAST_DESCRIPTOR + 1):
        if first < descriptor and _libc.syscall(_CLOSE_RANGE, first, descriptor - 1, 0) != 0:
            return False
        first = descriptor + 1
    return True


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
