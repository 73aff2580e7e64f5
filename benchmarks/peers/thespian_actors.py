"""Thespian: actors are processes, on one of two ways to carry messages."""
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from thespian.actors import Actor, ActorExitRequest, ActorSystem

from benchmarks.measure import Figure, each, round_trips
from benchmarks.peers.peer import hold, mark

PATIENCE = timedelta(seconds=10)


class Echo(Actor):
    def receiveMessage(self, msg: Any, sender: Any) -> None:  # noqa: N802
        match msg:
            case ("hold", path):
                hold(path)
            case ("mark", path):
                mark(path)
            case "quiet" | ActorExitRequest():
                pass
            case "pid":
                self.send(sender, os.getpid())
            case _:
                self.send(sender, msg)


class Victim:
    def __init__(self, system: Any, actor: Any) -> None:
        self._system = system
        self._actor = actor
        self.pid: int = system.ask(actor, "pid", PATIENCE)

    def hold(self, path: str) -> Callable[[float], object]:
        self._system.tell(self._actor, ("hold", path))
        return lambda seconds: self._system.listen(timedelta(seconds=seconds))

    def mark(self, path: str) -> None:
        self._system.tell(self._actor, ("mark", path))

    def answers(self) -> object:
        return self._system.ask(self._actor, "pid", timedelta(seconds=1))


class Thespian:
    def __init__(self, base: str) -> None:
        self._system = ActorSystem(base)
        self._actor = self._system.createActor(Echo)
        self._system.ask(self._actor, 1, PATIENCE)

    def ask(self, count: int) -> Figure:
        return round_trips(count, lambda: self._asked(self._actor, 1))

    def tell(self, count: int) -> Figure:
        def together() -> None:
            for _ in range(count):
                self._system.tell(self._actor, "quiet")
            self._asked(self._actor, 1)

        return each(count, together)

    def spawn(self, count: int) -> Figure:
        actors: list[Any] = []

        def once() -> None:
            actors.append(self._system.createActor(Echo))
            self._asked(actors[-1], 1)

        figure = round_trips(count, once)
        for actor in actors:
            self._system.tell(actor, ActorExitRequest())
        return figure

    def victim(self) -> Victim:
        return Victim(self._system, self._actor)

    def stop(self) -> None:
        self._system.shutdown()

    def _asked(self, actor: Any, message: Any) -> None:
        if self._system.ask(actor, message, PATIENCE) is None:
            raise TimeoutError("no answer")


start = Thespian
