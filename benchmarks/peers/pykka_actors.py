"""Pykka: actors are threads."""
# pyright: basic, reportMissingImports=false

from __future__ import annotations

from typing import Any

import pykka

from benchmarks.measure import Figure, each, round_trips
from benchmarks.peers.peer import Victim


class Echo(pykka.ThreadingActor):
    def on_receive(self, message: Any) -> Any:
        return message


class Pykka:
    def __init__(self) -> None:
        self._actor = Echo.start()

    def ask(self, count: int) -> Figure:
        return round_trips(count, lambda: self._actor.ask(1))

    def tell(self, count: int) -> Figure:
        def together() -> None:
            for _ in range(count):
                self._actor.tell(1)
            self._actor.ask(1)

        return each(count, together)

    def spawn(self, count: int) -> Figure:
        actors: list[Any] = []

        def once() -> None:
            actors.append(Echo.start())
            actors[-1].ask(1)

        figure = round_trips(count, once)
        for actor in actors:
            actor.stop()
        return figure

    def victim(self) -> Victim:
        raise NotImplementedError("a thread cannot be killed")

    def stop(self) -> None:
        pykka.ActorRegistry.stop_all()


start = Pykka
