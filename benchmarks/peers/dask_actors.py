"""Dask's actors: objects in a worker process of a cluster."""
# pyright: basic, reportMissingImports=false, reportPrivateImportUsage=false, reportArgumentType=false

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import dask
from distributed import Client, LocalCluster

from benchmarks.measure import Figure, round_trips
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
        self.pid: int = actor.pid().result()

    def hold(self, path: str) -> Callable[[float], object]:
        return self._actor.hold(path).result

    def mark(self, path: str) -> None:
        self._actor.mark(path)

    def answers(self) -> object:
        return self._actor.pid().result(timeout=5)


class Dask:
    def __init__(self) -> None:
        dask.config.set({"logging.distributed": "critical"})
        self._cluster = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None)
        self._client = Client(self._cluster)
        self._actor = self._new()

    def ask(self, count: int) -> Figure:
        return round_trips(count, lambda: self._actor.echo(1).result())

    def tell(self, count: int) -> Figure:
        raise NotImplementedError("a call has a reply")

    def spawn(self, count: int) -> Figure:
        return round_trips(count, lambda: self._new().echo(1).result())

    def victim(self) -> Victim:
        return Victim(self._actor)

    def stop(self) -> None:
        self._client.close()
        self._cluster.close()

    def _new(self) -> Any:
        return self._client.submit(Echo, actor=True, pure=False).result()


start = Dask
