"""xoscar: actors are objects in the processes of a pool, for asyncio."""
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from typing import Any

import xoscar

from benchmarks.measure import Figure, spread
from benchmarks.peers.peer import hold, mark


class Echo(xoscar.StatelessActor):
    async def echo(self, value: Any) -> Any:
        return value

    async def pid(self) -> int:
        return os.getpid()

    async def hold(self, path: str) -> None:
        hold(path)

    async def mark(self, path: str) -> None:
        mark(path)


class Victim:
    def __init__(self, loop: asyncio.AbstractEventLoop, actor: Any) -> None:
        self._loop = loop
        self._actor = actor
        self.pid: int = self._now(actor.pid())

    def hold(self, path: str) -> Callable[[float], object]:
        held = self._loop.create_task(self._actor.hold(path))
        self._now(asyncio.sleep(0.1))  # the question leaves while the loop runs
        return lambda seconds: self._now(asyncio.wait_for(held, seconds))

    def mark(self, path: str) -> None:
        self._now(self._actor.mark.tell(path))

    def answers(self) -> object:
        return self._now(asyncio.wait_for(self._actor.pid(), 5))

    def _now(self, what: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(what)


class Xoscar:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._begin())

    async def _begin(self) -> None:
        self._pool = await xoscar.create_actor_pool("127.0.0.1", n_process=1)
        self._actor = await self._new()

    def ask(self, count: int) -> Figure:
        return self._loop.run_until_complete(_several(count, lambda: self._actor.echo(1)))

    def tell(self, count: int) -> Figure:
        async def together() -> Figure:
            began = time.perf_counter()
            for _ in range(count):
                await self._actor.echo.tell(1)
            await self._actor.echo(1)
            return Figure((time.perf_counter() - began) / count)

        return self._loop.run_until_complete(together())

    def spawn(self, count: int) -> Figure:
        actors: list[Any] = []

        async def once() -> None:
            actors.append(await self._new())
            await actors[-1].echo(1)

        figure = self._loop.run_until_complete(_several(count, once))
        for actor in actors:
            self._loop.run_until_complete(xoscar.destroy_actor(actor))
        return figure

    def victim(self) -> Victim:
        return Victim(self._loop, self._actor)

    def stop(self) -> None:
        self._loop.run_until_complete(self._pool.stop())

    async def _new(self) -> Any:
        somewhere_else = next(iter(self._pool.sub_processes))
        return await xoscar.create_actor(Echo, address=somewhere_else)


async def _several(count: int, once: Callable[[], Coroutine[Any, Any, Any]]) -> Figure:
    times: list[float] = []
    for _ in range(count):
        began = time.perf_counter()
        await once()
        times.append(time.perf_counter() - began)
    return spread(times)


start = Xoscar
