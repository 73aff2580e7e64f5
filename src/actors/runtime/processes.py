"""Processes by identity: a pid with its start time, which no later process shares."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import lru_cache
from typing import Final, NoReturn

_PID_BITS: Final = 22
"""No pid has more."""


def start_time(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    gone = fields[0] in (b"Z", b"X")
    return None if gone else int(fields[19])


def identity() -> str:
    """This process, as ``<pid>.<start time>``."""
    return _identity(os.getpid())


@lru_cache(maxsize=1)
def _identity(pid: int) -> str:
    return f"{pid}.{start_time(pid)}"


def number() -> int:
    """This process, as a number that no later one shares."""
    pid = os.getpid()
    return (start_time(pid) or 0) << _PID_BITS | pid


def ended(number: int) -> bool:
    """Whether a process that had this `number` is no more (a zombie is not)."""
    start, pid = divmod(number, 1 << _PID_BITS)
    return start > 0 and start_time(pid) != start


def lives(identity: str) -> bool:
    """Whether the process that `identity` names is still alive (a zombie is not)."""
    pid, _, started = identity.partition(".")
    return str(start_time(int(pid))) == started


def leave(code: int) -> NoReturn:
    """End this process at once, but for what it has printed and not written yet."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # closed, or no such thing
            stream.flush()
    os._exit(code)


os.register_at_fork(after_in_child=_identity.cache_clear)  # a grandchild may have its grandparent's pid
