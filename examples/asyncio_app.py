"""An asyncio application whose CPU-bound work runs in actors.

Shows ``async with``, `spawn_async`, many asks at once with ``asyncio.gather``, and an asynchronous actor
that itself asks a pool. The event loop is never blocked. Prints::

    primes below 1000, 2000, 3000, 4000: [168, 303, 430, 550]
    the event loop went on meanwhile: True
"""

import asyncio

from actors import Actor, ActorRef, ActorSystem, Request, child


class Primes(Request[int]):
    """How many primes are there from `start` up to, but not including, `stop`?"""

    start: int
    stop: int


class Counter(Actor):
    """Keeps a core busy."""

    def receive(self, message: Primes) -> int:
        numbers = range(max(2, message.start), message.stop)
        return sum(all(number % divisor for divisor in range(2, number)) for number in numbers)


class Broker(Actor):
    """Divides a question among counters, and waits for all of them at once."""

    def __init__(self, counters: list[ActorRef]) -> None:
        self.counters = counters

    async def receive(self, message: Primes) -> int:
        step = -(-(message.stop - message.start) // len(self.counters))
        starts = range(message.start, message.stop, step)
        parts = [Primes(start=start, stop=min(start + step, message.stop)) for start in starts]
        asks = (counter.ask_async(part) for counter, part in zip(self.counters, parts, strict=False))
        return sum(await asyncio.gather(*asks))


async def tick(ticks: list[int]) -> None:
    while True:
        ticks.append(len(ticks))
        await asyncio.sleep(0.001)


async def main() -> None:
    async with ActorSystem() as system:
        counters = [await system.spawn_async(Counter) for _ in range(2)]
        broker = await system.spawn_async(child(Broker, counters), name="broker")
        ticks: list[int] = []
        ticking = asyncio.create_task(tick(ticks))
        limits = range(1000, 5000, 1000)
        answers = await asyncio.gather(
            *(broker.ask_async(Primes(start=0, stop=limit), timeout=30.0) for limit in limits)
        )
        ticking.cancel()
        print(f"primes below {', '.join(map(str, limits))}: {answers}")
        print("the event loop went on meanwhile:", len(ticks) > 1)


if __name__ == "__main__":
    asyncio.run(main())
