"""A running system, and the actors that are made and ended on it."""

from __future__ import annotations

import os
import time
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from actors import ActorRef, ActorSystem, child
from benchmarks.cast import Echo
from benchmarks.measure import PATIENCE

_A_MOMENT: Final = 0.02


class Stage:
    """A system with one actor that echoes; made within a ``with`` block of the system."""

    def __init__(self, system: ActorSystem) -> None:
        self.system = system
        self.echo = system.spawn(Echo)

    def spawn(self, count: int) -> list[ActorRef]:
        """Start so many actors, one after another."""
        return [self.system.spawn(child(Echo)) for _ in range(count)]

    def spawning(self, count: int) -> list[Coroutine[None, None, ActorRef]]:
        """What starts so many actors, each."""
        return [self.system.spawn_async(child(Echo)) for _ in range(count)]

    def end(self, actors: list[ActorRef]) -> None:
        """Kill them, and wait until they are gone."""
        for actor in actors:
            actor.kill()
        for actor in actors:
            actor.join(PATIENCE)

    @contextmanager
    def actors(self, count: int) -> Generator[list[ActorRef]]:
        """So many actors, for the time of a block."""
        actors = self.spawn(count)
        try:
            yield actors
        finally:
            self.end(actors)

    def pids(self) -> list[int]:
        """All processes of the system: actors, spares and zygote, the guardian, and at last this one."""
        return [*self._children(), self.system.guardian_pid, os.getpid()]

    def rest(self, spares: int) -> None:
        """Wait until so many spares wait while only the one actor is there. Raises `TimeoutError`."""
        end = time.monotonic() + PATIENCE
        while len(self._children()) < spares + 2:
            if time.monotonic() > end:
                raise TimeoutError(f"there are no {spares} spares")
            time.sleep(_A_MOMENT)
        time.sleep(_A_MOMENT)  # the last one rehearses

    def _children(self) -> list[int]:
        guardian = self.system.guardian_pid
        return [*map(int, Path(f"/proc/{guardian}/task/{guardian}/children").read_text().split())]


@contextmanager
def stage(name: str, spares: int = 1) -> Generator[Stage]:
    """A system that restarts what falls however often."""
    with ActorSystem(name, max_restarts=10**6, spares=spares) as system:
        yield Stage(system)
