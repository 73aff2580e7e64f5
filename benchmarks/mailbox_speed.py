"""How fast a mailbox is, against what the standard library moves the same msgpack bytes with.

Prints ratios: over 1 means that the mailbox is faster. Each round runs both, one after the other, so
that what else the machine does falls on both alike; the figure is the median of the rounds.

    python benchmarks/mailbox_speed.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, Protocol

import msgpack  # pyright: ignore[reportMissingTypeStubs]

from actors.runtime.mailbox.mailbox import Mailbox

FORK = multiprocessing.get_context("fork")
PING_PONGS = 2_000
COUNTS = {20: 100_000, 1 << 10: 50_000, 16 << 10: 8_000, 60 << 10: 3_000}
LARGE = 64 << 20


pack: Callable[[Any], bytes] = msgpack.packb  # pyright: ignore
unpack: Callable[..., Any] = msgpack.unpackb  # pyright: ignore


class Channel(Protocol):
    """What moves messages one way."""

    def put(self, obj: Any) -> None: ...
    def get(self) -> Any: ...
    def close(self) -> None: ...


class Stock:
    """A `multiprocessing.Queue` that moves msgpack bytes."""

    def __init__(self) -> None:
        self._queue = FORK.Queue()

    def put(self, obj: Any) -> None:
        self._queue.put(pack(obj))

    def get(self) -> Any:
        return unpack(self._queue.get())

    def close(self) -> None:
        self._queue.close()


def echo(incoming: Channel, outgoing: Channel) -> None:
    while (value := incoming.get()) is not None:
        outgoing.put(value)


def sink(incoming: Channel, outgoing: Channel, count: int) -> None:
    for _ in range(count):
        incoming.get()
    outgoing.put("done")


def ping_pong(make: Callable[[], Channel], value: Any, count: int) -> float:
    """The median time of a round trip, in seconds."""
    there, back = make(), make()
    child = FORK.Process(target=echo, args=(there, back))
    child.start()
    times: list[float] = []
    for _ in range(count):
        began = time.perf_counter()
        there.put(value)
        back.get()
        times.append(time.perf_counter() - began)
    there.put(None)
    child.join()
    there.close()
    back.close()
    return statistics.median(times)


def flood(make: Callable[[], Channel], value: Any, count: int) -> float:
    """The time in which a process puts `count` messages and another gets them, in seconds."""
    there, back = make(), make()
    child = FORK.Process(target=sink, args=(there, back, count))
    child.start()
    began = time.perf_counter()
    for _ in range(count):
        there.put(value)
    back.get()
    took = time.perf_counter() - began
    child.join()
    there.close()
    back.close()
    return took


def connection_echo(value: bytes, count: int) -> float:
    """The median time in which a `Connection` moves the bytes there and back, in seconds."""
    here, there = FORK.Pipe()
    child = FORK.Process(target=_echo_bytes, args=(there, count))
    child.start()
    times: list[float] = []
    for _ in range(count):
        began = time.perf_counter()
        here.send_bytes(pack(value))
        unpack(here.recv_bytes(), max_bin_len=2 * LARGE)
        times.append(time.perf_counter() - began)
    child.join()
    here.close()
    there.close()
    return statistics.median(times)


def _echo_bytes(connection: Connection[Any, Any], count: int) -> None:
    for _ in range(count):
        value = unpack(connection.recv_bytes(), max_bin_len=2 * LARGE)
        connection.send_bytes(pack(value))


def compare(name: str, rounds: int, ours: Callable[[], float], theirs: Callable[[], float]) -> None:
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"{name:28} {mine * 1e3:10.3f} ms {other * 1e3:10.3f} ms {ratio:8.2f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description="Mailboxes against the standard library.")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(f"{'':28} {'mailbox':>13} {'standard':>13} {'ratio':>10}")
    compare(
        "ping-pong, p50",
        rounds,
        lambda: ping_pong(Mailbox, {"n": 1}, PING_PONGS),
        lambda: ping_pong(Stock, {"n": 1}, PING_PONGS),
    )
    for size, count in COUNTS.items():
        value = b"x" * size
        compare(
            f"{count} messages of {size} B",
            rounds,
            partial(flood, Mailbox, value, count),
            partial(flood, Stock, value, count),
        )
    large = b"x" * LARGE
    compare(
        "64 MiB there and back, p50",
        rounds,
        lambda: ping_pong(Mailbox, large, 5),
        lambda: connection_echo(large, 5),
    )


if __name__ == "__main__":
    main()
