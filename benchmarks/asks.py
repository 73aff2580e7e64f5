"""Asks: the times of questions and their answers."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from benchmarks.cast import Ask, ask_many
from benchmarks.measure import (
    PATIENCE,
    Figure,
    each,
    each_of_threads,
    round_trips,
    spread,
    trips_of_threads,
)
from benchmarks.stage import Stage

THREADS: Final = 8
IN_FLIGHT: Final = 1_000


class Asks:
    """Each method asks so often, in one way, and says what an ask takes."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._echo = stage.echo

    def from_main(self, count: int) -> Figure:
        """One after another, from the application's main thread."""
        return round_trips(count, self._once)

    def with_payload(self, payload: bytes, count: int) -> Figure:
        """The bytes travel there and back."""
        return round_trips(count, lambda: self._echo.ask(payload, timeout=PATIENCE))

    def from_an_actor(self, count: int) -> Figure:
        """One actor asks another."""
        with self._stage.actors(1) as (asker,):
            return ask_many(asker, self._echo, count)

    def from_asyncio(self, count: int) -> Figure:
        """One task awaits each before the next."""

        async def main() -> list[float]:
            times: list[float] = []
            for _ in range(count):
                began = time.perf_counter()
                await self._echo.ask_async(Ask(n=1))
                times.append(time.perf_counter() - began)
            return times

        return spread(asyncio.run(main()))

    def from_threads(self, count: int) -> Figure:
        """Eight threads at once; what each of their asks takes its thread."""
        return trips_of_threads(count, [self._once] * THREADS)

    def through_threads(self, count: int) -> Figure:
        """Eight threads at once; what an ask takes of the time of all."""
        return each_of_threads(count, [self._once] * THREADS)

    def futures(self) -> Figure:
        """A thousand at once, each a `concurrent.futures.Future`."""

        def together() -> None:
            futures = [self._echo.ask_future(Ask(n=1), timeout=PATIENCE) for _ in range(IN_FLIGHT)]
            for future in futures:
                future.result()

        return each(IN_FLIGHT, together)

    def gathered(self) -> Figure:
        """A thousand at once, gathered by `asyncio`."""

        async def main() -> Figure:
            asks = [self._echo.ask_async(Ask(n=1), timeout=PATIENCE) for _ in range(IN_FLIGHT)]
            began = time.perf_counter()
            await asyncio.gather(*asks)
            return Figure((time.perf_counter() - began) / IN_FLIGHT)

        return asyncio.run(main())

    def _once(self) -> None:
        self._echo.ask(Ask(n=1))
