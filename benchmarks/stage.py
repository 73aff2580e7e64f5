"""A running system, and the actors that are made and ended on it."""

from __future__ import annotations

import os
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path

from actors import ActorRef, ActorSystem, child
from benchmarks.cast import Echo
from benchmarks.measure import PATIENCE


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
        """All processes of the system: actors, spare and zygote, the guardian, and at last this one."""
        guardian = self.system.guardian_pid
        children = Path(f"/proc/{guardian}/task/{guardian}/children").read_text()
        return [*map(int, children.split()), guardian, os.getpid()]


@contextmanager
def stage(name: str) -> Generator[Stage]:
    """A system that restarts what falls however often."""
    with ActorSystem(name, max_restarts=10**6) as system:
        yield Stage(system)
