"""What a test has left behind: processes, threads, descriptors and run directories."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import select
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from typing import Final

import attrs

from actors.runtime import rundirectory

GRACE: Final = 5.0
"""How long what is already ending may take to end, in seconds."""

_PR_SET_CHILD_SUBREAPER: Final = 36


def become_subreaper() -> None:
    """Have the orphans of this process's children become its own children, so that they are seen."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def sweep_killed_sessions(memory: Path) -> None:
    """Remove what test runs that were killed have left."""
    for path in memory.glob("test-*-*"):
        if not Path(f"/proc/{path.name.split('-')[1]}").exists():
            shutil.rmtree(path, ignore_errors=True)


@attrs.frozen
class Surroundings:
    """What belongs to this process at one moment."""

    processes: frozenset[int]
    threads: frozenset[threading.Thread]
    descriptors: frozenset[tuple[int, str]]
    directories: frozenset[Path]

    @classmethod
    def now(cls) -> Surroundings:
        """What there is now."""
        return cls(
            frozenset(_children()),
            frozenset(threading.enumerate()),
            frozenset(_descriptors()),
            frozenset(_directories()),
        )

    def left_behind(self) -> list[str]:
        """What is here now and was not then, one line each; it is cleared away."""
        if self == Surroundings.now():
            return []
        self._settle()
        now = Surroundings.now()
        lines = [f"process {_describe(pid)}" for pid in sorted(now.processes - self.processes)]
        lines += [f"thread {thread.name}" for thread in now.threads - self.threads]
        lines += [f"descriptor {number}: {link}" for number, link in now.descriptors - self.descriptors]
        lines += [f"directory {path}" for path in now.directories - self.directories]
        self._clear(now)
        return lines

    def _settle(self) -> None:
        """Let end what is ending, and collect what nobody refers to."""
        gc.collect()
        for thread in set(threading.enumerate()) - self.threads:
            thread.join(GRACE)
        for pid in set(_children()) - self.processes:
            _reap(pid, GRACE)

    def _clear(self, now: Surroundings) -> None:
        for pid in now.processes - self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            _reap(pid, GRACE)
        for path in now.directories - self.directories:
            shutil.rmtree(path, ignore_errors=True)


def _children() -> Iterator[int]:
    if not _has_children():
        return
    helpers = {
        getattr(forkserver._forkserver, "_forkserver_pid", None),  # pyright: ignore[reportPrivateUsage]
        getattr(resource_tracker._resource_tracker, "_pid", None),  # pyright: ignore
    }
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid() and int(pid) not in helpers:
                yield int(pid)


def _has_children() -> bool:
    """Whether there is any child: far cheaper than to look through all processes."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _descriptors() -> Iterator[tuple[int, str]]:
    helpers = {
        getattr(forkserver._forkserver, "_forkserver_alive_fd", None),  # pyright: ignore[reportPrivateUsage]
        getattr(resource_tracker._resource_tracker, "_fd", None),  # pyright: ignore
    }
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            link = os.readlink(f"/proc/self/fd/{name}")
            if int(name) not in helpers and not link.startswith(f"/proc/{os.getpid()}/fd"):
                yield int(name), link


def _directories() -> Iterator[Path]:
    yield from rundirectory.base().glob("actors-*")
    yield from Path(tempfile.gettempdir()).glob("actors-*")


def _describe(pid: int) -> str:
    with contextlib.suppress(OSError):
        return f"{pid}: {Path(f'/proc/{pid}/cmdline').read_text().replace(chr(0), ' ')[:120]}"
    return str(pid)


def _reap(pid: int, within: float) -> None:
    """Wait for the end of a child that nobody may have waited for."""
    with contextlib.suppress(ChildProcessError, ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            if poll.poll(within * 1000):
                os.waitpid(pid, 0)
        finally:
            os.close(descriptor)
