"""actors, as a peer among peers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from actors import Actor, ActorRef, ActorSystem
from benchmarks.measure import Figure, each, round_trips
from benchmarks.peers.peer import hold, mark


class Echo(Actor):
    """Does what it is told by a pair of words."""

    def receive(self, message: Any) -> Any:
        match message:
            case ["hold", path]:
                hold(path)
            case ["mark", path]:
                mark(path)
            case "pid":
                return os.getpid()
            case _:
                return message
        return None


class Victim:
    def __init__(self, actor: ActorRef) -> None:
        self._actor = actor
        self.pid: int = actor.ask("pid")

    def hold(self, path: str) -> Callable[[float], object]:
        return self._actor.ask_future(["hold", path], timeout=60).result

    def mark(self, path: str) -> None:
        self._actor.tell(["mark", path])

    def answers(self) -> object:
        return self._actor.ask("pid")


class Ours:
    def __init__(self) -> None:
        self._system = ActorSystem("ours").start()
        self._actor = self._system.spawn(Echo)

    def ask(self, count: int) -> Figure:
        return round_trips(count, lambda: self._actor.ask(1))

    def tell(self, count: int) -> Figure:
        def together() -> None:
            for _ in range(count):
                self._actor.tell(1)
            self._actor.ask("pid")

        return each(count, together)

    def spawn(self, count: int) -> Figure:
        actors: list[ActorRef] = []

        def once() -> None:
            actors.append(self._system.spawn(Echo))
            actors[-1].ask(1)

        figure = round_trips(count, once)
        for actor in actors:
            actor.kill()
        return figure

    def victim(self) -> Victim:
        return Victim(self._actor)

    def stop(self) -> None:
        self._system.stop()


start = Ours
