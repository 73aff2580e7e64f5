"""The household: the processes of a system, as its guardian has them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from actors import ActorSystem
from actors.runtime.site import APPLICATION, Site


def children(pid: int) -> set[int]:
    """The processes that a process has started, and those that it has adopted."""
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def spares(system: ActorSystem) -> set[int]:
    """The forks of the guardian that are no actor's: who waits, and who is just ending or beginning."""
    guardian = system.guardian_pid
    forks = {pid for pid in children(guardian) if _command(pid) in (_command(guardian), "")}
    return forks - _actors(system)


def spare(system: ActorSystem) -> int:
    """The process that waits to become an actor's; there is one soon after each start."""
    while True:
        waiting = spares(system)
        if len(waiting) == 1:
            return waiting.pop()


def _actors(system: ActorSystem) -> set[int | None]:
    site = Site.at(system.directory, system.directory)
    found = set[int | None]()
    for directory in site.path.glob("[0-9]*"):
        if int(directory.name) > APPLICATION:
            with suppress(OSError, ValueError):
                found.add(site.process(int(directory.name)))
    return found


def _command(pid: int) -> str:
    """A process's command line, which a fork has of its parent; empty once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
