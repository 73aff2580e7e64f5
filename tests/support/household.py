"""The household: the processes of a system, as its guardian has them."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from actors import ActorRef, ActorSystem, Backoff, child
from actors.events import ActorWaits
from actors.runtime.site import APPLICATION, Site
from support.cast import Pid, Player

_WITHIN: Final = 20.0


def children(pid: int) -> set[int]:
    """The processes that a process has started, and those that it has adopted."""
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def zygote(system: ActorSystem) -> int:
    """The process that forks who waits; there is one soon after each start."""
    while True:
        found = {pid for pid in _idle(system) if _has_socket(pid)}
        if len(found) == 1:
            return found.pop()


def spares(system: ActorSystem) -> set[int]:
    """The processes that are no actor's nor the zygote: who waits, and who is just ending or beginning."""
    return {pid for pid in _idle(system) if not _has_socket(pid)}


def spare(system: ActorSystem) -> int:
    """The process that waits to become an actor's; there is one soon after each start."""
    return pool(system, 1).pop()


def pool(system: ActorSystem, size: int) -> set[int]:
    """The processes that wait, once there are so many and all that were dismissed are gone."""
    while True:
        waiting = spares(system)
        if (
            len(waiting) == size
            and waiting <= _held(system.guardian_pid)
            and {*map(state, waiting)} == {"S"}
        ):
            return waiting


def waiting(system: ActorSystem) -> ActorRef:
    """A player that was killed, and waits for its restart for longer than a test may take."""
    player = system.spawn(child(Player).options(backoff=Backoff(initial=3_600.0, maximum=3_600.0)))
    with system.events() as events:
        os.kill(player.ask(Pid()), signal.SIGKILL)
        next(event for event in events if isinstance(event, ActorWaits))
    return player


def state(pid: int) -> str:
    """The state of a process as `ps` shows it, "Z" for a zombie; nothing for one that is gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return ""


def wait_for_end(pidfd: int) -> None:
    """Wait until a process has ended, and close the pidfd."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    assert poll.poll(_WITHIN * 1000), "it lives on"
    os.close(pidfd)


def _idle(system: ActorSystem) -> set[int]:
    """The forks of the guardian, and of the zygote, that are no actor's."""
    guardian = system.guardian_pid
    forks = {pid for pid in children(guardian) if _command(pid) in (_command(guardian), "")}
    return forks - actors(system)


def actors(system: ActorSystem) -> set[int]:
    """The processes of a system's actors."""
    site = Site.at(system.directory, system.directory)
    found = set[int]()
    for directory in site.path.glob("[0-9]*"):
        if int(directory.name) > APPLICATION:
            with suppress(OSError, ValueError):
                found.add(site.process(int(directory.name)) or 0)
    return found - {0}


def _command(pid: int) -> str:
    """A process's command line, which a fork has of its parent; empty once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def rings(pid: int) -> int:
    """How many io_urings a process has open."""
    return [*_links(pid)].count("anon_inode:[io_uring]")


def _has_socket(pid: int) -> bool:
    return any(link.startswith("socket:") for link in _links(pid))


def _links(pid: int) -> Iterator[str]:
    """What a process has open; nothing of one that has ended."""
    with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with suppress(FileNotFoundError):
                yield os.readlink(f"/proc/{pid}/fd/{number}")


def _held(pid: int) -> set[int]:
    """The processes of which a process has a pidfd."""
    held = set[int]()
    for number in os.listdir(f"/proc/{pid}/fdinfo"):
        with suppress(FileNotFoundError):
            lines = Path(f"/proc/{pid}/fdinfo/{number}").read_text().splitlines()
            held.update(int(line.split()[1]) for line in lines if line.startswith("Pid:"))
    return held
