"""Ours and the peers side by side, each in an interpreter of its own, driven alike."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack
from functools import partial

from benchmarks import floors
from benchmarks.contest import Contest, Rival
from benchmarks.measure import round_trips
from benchmarks.peers.peer import Fate
from benchmarks.peers.registry import OURS, Entry
from benchmarks.peers.remote import running


def side_by_side(peers: tuple[Entry, ...], count: Callable[[int], int]) -> Generator[Contest]:
    """The same of all; `count` says how often something is done."""
    with ExitStack() as stack:
        ours = stack.enter_context(running(OURS))
        remotes = [stack.enter_context(running(peer)) for peer in peers]
        trips, messages, times = count(2_000), count(2_000), count(10)
        with floors.round_trip(floors.queue) as echo:
            queue = Rival("Queue pair", partial(round_trips, trips, echo))
            asks = (Rival(peer.entry.name, partial(peer.ask, trips)) for peer in remotes)
            yield Contest("ask", partial(ours.ask, trips), (queue, *asks))
        tells = (
            Rival(peer.entry.name, partial(peer.tell, messages)) for peer in remotes if peer.entry.tell
        )
        yield Contest("tell", partial(ours.tell, messages), tuple(tells))
        spawns = (Rival(peer.entry.name, partial(peer.spawn, times)) for peer in remotes)
        yield Contest("spawn to first reply", partial(ours.spawn, times), tuple(spawns))


def fate(entry: Entry) -> Fate | None:
    """What becomes of a killed actor and its mail; None if an actor cannot be killed alone."""
    if not entry.can_be_killed:
        return None
    with running(entry) as remote:
        return remote.kill()
