"""The footprint: what a system at rest takes of the machine."""

from __future__ import annotations

import ctypes
import gc
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from actors import ActorSystem
from actors.runtime import processes
from actors.runtime.mailbox import slab

_SLACK: Final = {
    "descriptors of the guardian": 60,  # reply lanes of those who asked once, closed now and then
    "descriptors of the application": 80,  # the same, and mailboxes
    "threads of the application": 2,  # which carry what a pipe has refused, and read futures' replies
    "slabs of nobody": 40,  # left by the killed, until their receivers look
    "KiB of the guardian": 4_096,
    "KiB of the application": 16_384,
}
"""How much more something may take later than before."""

_LANE: Final = "replies."

Footprint = dict[str, int]


def measure(system: ActorSystem) -> Footprint:
    """What a system takes now; the application gives back first what it has freed."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    guardian, root = system.guardian_pid, os.getpid()
    entries, lanes = _entries(system.directory)
    slabs = [path for path in system.directory.glob("*/parcels/*") if _is_slab(path)]
    descendants = _descendants(guardian)
    return {
        "descriptors of the guardian": _count(f"/proc/{guardian}/fd"),
        "descriptors of the application": _count(f"/proc/{root}/fd"),
        "threads of the guardian": _count(f"/proc/{guardian}/task"),
        "threads of the application": _count(f"/proc/{root}/task"),
        "processes": descendants,
        "entries of the run directory": entries - len(slabs),
        "slabs of nobody": sum(not processes.lives(path.name.rpartition(".")[0]) for path in slabs),
        "reply lanes of nobody": max(0, lanes - descendants - 1),  # the application has one, too
        "KiB of the guardian": _memory(guardian),
        "KiB of the application": _memory(root),
    }


def growth(before: Footprint, after: Footprint) -> list[str]:
    """What has grown beyond its slack, one line each."""
    return [
        f"{what}: {count} before, {after[what]} after"
        for what, count in before.items()
        if after[what] > count + _SLACK.get(what, 0)
    ]


def _count(directory: str) -> int:
    return len(os.listdir(directory))


def _entries(directory: Path) -> tuple[int, int]:
    """How many entries there are beside reply lanes, and how many of these."""
    entries = lanes = 0
    for _path, directories, files in os.walk(directory):
        lanes += len([name for name in directories if name.startswith(_LANE)])
        directories[:] = [name for name in directories if not name.startswith(_LANE)]
        entries += len(directories) + len(files)
    return entries, lanes


def _is_slab(path: Path) -> bool:
    with suppress(FileNotFoundError):
        return path.stat().st_size == slab.SIZE
    return False


def _descendants(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return len(children) + sum(_descendants(int(child)) for child in children)


def _memory(pid: int) -> int:
    """The memory that is the process's own: not that of files, nor shared."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["RssAnon"].split()[0])
