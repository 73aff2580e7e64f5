"""The floors: what raw means of the standard library take for the same, without a framework."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Final, Protocol

import msgpack  # pyright: ignore[reportMissingTypeStubs]

from benchmarks.yardsticks.measure import each

FORK = multiprocessing.get_context("fork")
pack: Callable[[Any], bytes] = msgpack.packb  # pyright: ignore
unpack: Callable[..., Any] = msgpack.unpackb  # pyright: ignore
MESSAGE: Final = {"n": 1}
END: Final = pack(None)

Once = Callable[[], object]


class Channel(Protocol):
    """What both kinds of queue can do."""

    def put(self, item: bytes) -> None: ...
    def get(self) -> bytes: ...


def _echo(inbound: Channel, outbound: Channel) -> None:
    while (data := inbound.get()) != END:
        outbound.put(pack(unpack(data)))


@contextmanager
def queue_round_trip() -> Generator[Once]:
    """A pair of queues with a process behind them that unpacks, packs and sends back."""
    there, back = FORK.Queue(), FORK.Queue()
    process = FORK.Process(target=_echo, args=(there, back), daemon=True)
    process.start()

    def once() -> object:
        there.put(pack(MESSAGE))
        return unpack(back.get())

    try:
        yield once
    finally:
        there.put(END)
        process.join()
        for queue in (there, back):
            queue.close()
            queue.join_thread()


@contextmanager
def pipe_round_trip() -> Generator[Once]:
    """The same over two blocking pipes."""
    (mine_in, theirs_out), (theirs_in, mine_out) = os.pipe(), os.pipe()

    def echo() -> None:
        while (data := os.read(theirs_in, 4096)) != END:
            os.write(theirs_out, pack(unpack(data)))

    process = FORK.Process(target=echo, daemon=True)
    process.start()

    def once() -> object:
        os.write(mine_out, pack(MESSAGE))
        return unpack(os.read(mine_in, 4096))

    try:
        yield once
    finally:
        os.write(mine_out, END)
        process.join()
        for descriptor in (mine_in, theirs_out, theirs_in, mine_out):
            os.close(descriptor)


@contextmanager
def connection_round_trip(payload: bytes) -> Generator[Once]:
    """A `Connection` whose other end sends every payload back, as it is."""
    here, there = FORK.Pipe()
    process = FORK.Process(target=_send_back, args=(there,), daemon=True)
    process.start()

    def once() -> object:
        here.send_bytes(payload)
        return here.recv_bytes()

    try:
        yield once
    finally:
        here.send_bytes(b"")
        process.join()
        here.close()
        there.close()


def _send_back(end: Connection) -> None:
    while data := end.recv_bytes():
        end.send_bytes(data)


def queue_throughput(senders: int, count: int, value: Any) -> float:
    """The time of each of `count` messages that so many processes put into one queue, unpacked here."""
    queue, share = FORK.Queue(), count // senders
    gate, opened = os.pipe()
    arguments = (queue, value, share, gate)
    processes = [FORK.Process(target=_send, args=arguments, daemon=True) for _ in range(senders)]
    for process in processes:
        process.start()

    def receive() -> None:
        os.write(opened, b"." * senders)
        for _ in range(share * senders):
            unpack(queue.get())

    took = each(share * senders, receive)
    for process in processes:
        process.join()
    queue.close()
    os.close(gate)
    os.close(opened)
    return took


def _send(queue: Channel, value: Any, count: int, gate: int) -> None:
    os.read(gate, 1)
    for _ in range(count):
        queue.put(pack(value))
