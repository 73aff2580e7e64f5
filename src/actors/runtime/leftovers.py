"""Leftovers: processes of a system whose guardian was killed and so could not see to them."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from typing import Final

from actors.runtime.site import APPLICATION, Site

_PATIENCE: Final = 5.0
"""How long to wait for a killed process to be gone, in seconds."""


def kill(site: Site) -> None:
    """Kill the actors' processes and what they have forked; return when the actors' are gone.

    The kernel kills the actors with their guardian; what they forked it does not.
    """
    for pid in _processes(site):
        with suppress(OSError):
            _kill_group(pid)


def _processes(site: Site) -> list[int]:
    found: list[int | None] = []
    for directory in site.path.glob("[0-9]*"):
        if int(directory.name) > APPLICATION:
            with suppress(OSError, ValueError):
                found.append(site.process(int(directory.name)))
    return [pid for pid in found if pid is not None]


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    pidfd = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        poll.poll(_PATIENCE * 1000)
    finally:
        os.close(pidfd)
