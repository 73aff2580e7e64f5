"""The footprint: what a system at rest takes of the machine."""

from __future__ import annotations

import ctypes
import gc
import os
from pathlib import Path
from typing import Final

from actors import ActorSystem
from actors.runtime.processes import lives

_SLACK: Final = {
    "descriptors of the guardian": 60,  # reply lanes of those who asked once, closed now and then
    "descriptors of the application": 200,  # the same, and mailboxes, up to five each, a quarter too many
    "parcels of the dead": 40,  # and slabs, until their receivers look
    "threads of the application": 2,  # which carry what a pipe has refused, and read futures' replies
    "KiB of the guardian": 12_288,  # it remembers thousands of senders, and the last ends of each name
    "KiB of the application": 4_096,
}
"""How much more something may take later than before."""

_LANE: Final = "replies."
_PARCELS: Final = "/parcels"

Footprint = dict[str, int]


def measure(system: ActorSystem) -> Footprint:
    """What a system takes now; the application gives back first what it has freed."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    guardian, root = system.guardian_pid, os.getpid()
    entries, parcels, lanes = _entries(system.directory)
    descendants = _descendants(guardian)
    return {
        "descriptors of the guardian": _count(f"/proc/{guardian}/fd"),
        "descriptors of the application": _count(f"/proc/{root}/fd"),
        "threads of the guardian": _count(f"/proc/{guardian}/task"),
        "threads of the application": _count(f"/proc/{root}/task"),
        "processes": descendants,
        "entries of the run directory": len(entries),
        "parcels of the dead": sum(not lives(parcel.rpartition(".")[0]) for parcel in parcels),
        "reply lanes of nobody": max(0, len(lanes) - descendants - 1),  # the application has one, too
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


def _entries(directory: Path) -> tuple[list[str], list[str], list[str]]:
    """The entries of the run directory, the parcels in it, and the reply lanes."""
    entries, parcels, lanes = list[str](), list[str](), list[str]()
    for path, directories, files in os.walk(directory):
        lanes += [name for name in directories if name.startswith(_LANE)]
        directories[:] = [name for name in directories if not name.startswith(_LANE)]
        entries += directories
        if path.endswith(_PARCELS):
            parcels += files
        else:
            entries += files
    return entries, parcels, lanes


def _descendants(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return len(children) + sum(_descendants(int(child)) for child in children)


def _memory(pid: int) -> int:
    """The memory that is the process's own: not that of files, nor shared."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["RssAnon"].split()[0])
