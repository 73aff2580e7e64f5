"""The registry: who the peers are, and which of them are there."""

from __future__ import annotations

from importlib import metadata
from typing import Final

import attrs


@attrs.frozen
class Entry:
    """A way to have actors in Python."""

    key: str
    """How the command line names it."""
    name: str
    distribution: str
    module: str
    """The one of this package that speaks to it."""
    an_actor_is: str
    tell: str
    """What a tell is there; empty if there is none."""
    argument: str = ""
    """What its module is told to start."""

    @property
    def can_be_killed(self) -> bool:
        """Whether there is a process of its own, or of a few, to be killed."""
        return self.an_actor_is != "a thread"

    @property
    def version(self) -> str | None:
        """The version that is installed, or None."""
        try:
            return metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            return None

    @property
    def absence(self) -> str:
        """What to say if it is not there."""
        return f"{self.name} is not installed and so not measured: pip install {self.distribution}"


OURS: Final = Entry("actors", "actors", "process-actors", "our_actors", "a process", "`tell`")
PEERS: Final = (
    Entry("pykka", "Pykka", "pykka", "pykka_actors", "a thread", "`tell`"),
    Entry(
        "thespian-tcp",
        "Thespian, TCP",
        "thespian",
        "thespian_actors",
        "a process",
        "`tell`",
        "multiprocTCPBase",
    ),
    Entry(
        "thespian-queue",
        "Thespian, Queue",
        "thespian",
        "thespian_actors",
        "a process",
        "`tell`",
        "multiprocQueueBase",
    ),
    Entry("xoscar", "xoscar", "xoscar", "xoscar_actors", "an object in a process of a pool", "`tell`"),
    Entry("ray", "Ray", "ray", "ray_actors", "a process", "a call whose result is not fetched"),
    Entry("dask", "Dask actors", "distributed", "dask_actors", "an object in a worker process", ""),
)


def choose(keys: list[str] | None) -> tuple[Entry, ...]:
    """The peers with these keys, or all, as far as they are installed."""
    return tuple(peer for peer in PEERS if peer.version is not None and (keys is None or peer.key in keys))


def absent() -> list[str]:
    """A sentence for each peer that is not installed."""
    return [peer.absence for peer in PEERS if peer.version is None]
