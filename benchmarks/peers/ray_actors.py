"""Ray: actors are processes, on an object store and a scheduler."""
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import ray

from benchmarks.measure import Figure, each, round_trips
from benchmarks.peers.peer import hold, mark


class Echo:
    def echo(self, value: Any) -> Any:
        return value

    def pid(self) -> int:
        return os.getpid()

    def hold(self, path: str) -> None:
        hold(path)

    def mark(self, path: str) -> None:
        mark(path)


class Victim:
    def __init__(self, actor: Any) -> None:
        self._actor = actor
        self.pid: int = ray.get(actor.pid.remote())

    def hold(self, path: str) -> Callable[[float], object]:
        held = self._actor.hold.remote(path)
        return lambda seconds: ray.get(held, timeout=seconds)

    def mark(self, path: str) -> None:
        self._actor.mark.remote(path)

    def answers(self) -> object:
        return ray.get(self._actor.pid.remote(), timeout=5)


class Ray:
    def __init__(self) -> None:
        ray.init(
            include_dashboard=False,
            configure_logging=False,
            log_to_driver=False,
            object_store_memory=256 << 20,
        )
        self._class = ray.remote(num_cpus=0, max_restarts=-1)(Echo)
        self._actor = self._class.remote()
        ray.get(self._actor.echo.remote(1))

    def ask(self, count: int) -> Figure:
        return round_trips(count, lambda: ray.get(self._actor.echo.remote(1)))

    def tell(self, count: int) -> Figure:
        def together() -> None:
            for _ in range(count):
                self._actor.echo.remote(1)
            ray.get(self._actor.echo.remote(1))

        return each(count, together)

    def spawn(self, count: int) -> Figure:
        actors: list[Any] = []

        def once() -> None:
            actors.append(self._class.remote())
            ray.get(actors[-1].echo.remote(1))

        figure = round_trips(count, once)
        for actor in actors:
            ray.kill(actor)
        return figure

    def victim(self) -> Victim:
        return Victim(self._actor)

    def stop(self) -> None:
        ray.shutdown()


start = Ray
