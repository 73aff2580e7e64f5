"""The floors: what raw means of the standard library take for the same, without a framework."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Protocol

import msgpack  # pyright: ignore[reportMissingTypeStubs]

FORK = multiprocessing.get_context("fork")
pack: Callable[[Any], bytes] = msgpack.packb  # pyright: ignore
unpack: Callable[..., Any] = msgpack.unpackb  # pyright: ignore
MESSAGE = {"n": 1}
END = pack(None)


class Channel(Protocol):
    """What both kinds of queue can do."""

    def put(self, item: bytes) -> None: ...
    def get(self) -> bytes: ...


def _echo(inbound: Channel, outbound: Channel) -> None:
    while (data := inbound.get()) != END:
        outbound.put(pack(unpack(data)))


@contextmanager
def queue_round_trip() -> Generator[Callable[[], object]]:
    """A pair of queues with a process behind them that unpacks, packs and sends back."""
    there, back = FORK.Queue(), FORK.Queue()
    process = FORK.Process(target=_echo, args=(there, back))
    process.start()

    def once() -> object:
        there.put(pack(MESSAGE))
        return unpack(back.get())

    yield once
    there.put(END)
    process.join()


@contextmanager
def pipe_round_trip() -> Generator[Callable[[], object]]:
    """The same over two blocking pipes."""
    (mine_in, theirs_out), (theirs_in, mine_out) = os.pipe(), os.pipe()

    def echo() -> None:
        while (data := os.read(theirs_in, 4096)) != END:
            os.write(theirs_out, pack(unpack(data)))

    process = FORK.Process(target=echo)
    process.start()

    def once() -> object:
        os.write(mine_out, pack(MESSAGE))
        return unpack(os.read(mine_in, 4096))

    yield once
    os.write(mine_out, END)
    process.join()
    for descriptor in (mine_in, theirs_out, theirs_in, mine_out):
        os.close(descriptor)


@contextmanager
def connection_round_trip(payload: bytes) -> Generator[Callable[[], object]]:
    """A `Connection` whose other end sends every payload back."""
    here, there = FORK.Pipe()

    def echo(end: Connection) -> None:
        while data := end.recv_bytes():
            end.send_bytes(data)

    process = FORK.Process(target=echo, args=(there,))
    process.start()

    def once() -> object:
        here.send_bytes(payload)
        return here.recv_bytes()

    yield once
    here.send_bytes(b"")
    process.join()


def _send(queue: Channel, value: Any, count: int) -> None:
    for _ in range(count):
        queue.put(pack(value))


def queue_throughput(senders: int, count: int, value: Any) -> Callable[[], object]:
    """Moves `count` messages through one queue, from so many processes to this one, and unpacks each."""

    def together() -> None:
        queue = FORK.Queue()
        share = count // senders
        processes = [FORK.Process(target=_send, args=(queue, value, share)) for _ in range(senders)]
        for process in processes:
            process.start()
        for _ in range(share * senders):
            unpack(queue.get())
        for process in processes:
            process.join()

    return together


def bare(what: str, method: str, count: int) -> float:
    """A bare process start in an interpreter with the guardian's imports: its time, or its memory."""
    arguments = [sys.executable, "-m", "benchmarks.bare", what, method, str(count)]
    return float(subprocess.run(arguments, capture_output=True, check=True).stdout)


def pss(pid: int | str | None) -> int:
    """The proportional set size of a process, in bytes."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        line = next(line for line in file if line.startswith("Pss:"))
    return int(line.split()[1]) * 1024
