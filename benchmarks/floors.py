"""The floors: what raw means of the standard library take for the same, without a framework."""

from __future__ import annotations

import io
import multiprocessing
import os
import select
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import chain
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any, Final, Protocol

import msgpack  # pyright: ignore[reportMissingTypeStubs]

from actors.runtime import linux
from benchmarks.measure import Figure, each

FORK: Final = multiprocessing.get_context("fork")
pack: Callable[[Any], bytes] = msgpack.packb  # pyright: ignore
unpack: Callable[..., Any] = msgpack.unpackb  # pyright: ignore
MESSAGE: Final = {"n": 1}
END: Final = pack(None)
_PAGE: Final = 4096
_LONG: Final = 0.01
"""How long a floor spins before it sleeps, lest it take the time of those that are measured next."""

Once = Callable[[], object]


class Channel(Protocol):
    """What moves messages one way."""

    def put(self, obj: Any) -> None: ...
    def get(self) -> Any: ...
    def close(self) -> None: ...


class Packed:
    """A queue of the standard library that moves msgpack bytes."""

    def __init__(self, queue: Channel) -> None:
        self._queue = queue

    def put(self, obj: Any) -> None:
        self._queue.put(pack(obj))

    def get(self) -> Any:
        return unpack(self._queue.get())

    def close(self) -> None:
        self._queue.close()


def queue() -> Channel:
    """`multiprocessing.Queue`, with its feeder thread."""
    return Packed(FORK.Queue())


def simple_queue() -> Channel:
    """`multiprocessing.SimpleQueue`, which writes in the caller's thread and so waits for the reader."""
    return Packed(FORK.SimpleQueue())


@contextmanager
def round_trip(make: Callable[[], Channel]) -> Generator[Once]:
    """A pair of channels with a process behind them that unpacks, packs and sends back."""
    there, back = make(), make()
    process = _start(_echo, there, back)

    def once() -> object:
        there.put(MESSAGE)
        return back.get()

    try:
        yield once
    finally:
        there.put(None)
        process.join()
        there.close()
        back.close()


@contextmanager
def round_trips(make: Callable[[], Channel], count: int) -> Generator[list[Once]]:
    """So many of them side by side, each with a process of its own."""
    with ExitStack() as stack:
        yield [stack.enter_context(round_trip(make)) for _ in range(count)]


def _echo(inbound: Channel, outbound: Channel) -> None:
    while (value := inbound.get()) is not None:
        outbound.put(value)


def blocking(descriptor: int) -> Callable[[], bytes]:
    """Reads from a pipe, and sleeps until there is something."""
    return partial(os.read, descriptor, _PAGE)


def spinning(descriptor: int) -> Callable[[], bytes]:
    """Reads from a pipe, looking again and again; sleeps only when nothing has come for long."""
    os.set_blocking(descriptor, False)
    file, poll = io.FileIO(descriptor, closefd=False), select.poll()
    poll.register(descriptor, select.POLLIN)

    def read() -> bytes:
        end = time.monotonic() + _LONG
        while time.monotonic() < end:
            if data := file.read(_PAGE):
                return data
        poll.poll()
        return file.read(_PAGE)

    return read


@contextmanager
def pipe_round_trip(
    reading: Callable[[int], Callable[[], bytes]] = blocking, core: int | None = None
) -> Generator[Once]:
    """The same over two pipes, and a way of reading from them, by a process that may be kept on a core."""
    (mine_in, theirs_out), (theirs_in, mine_out) = os.pipe(), os.pipe()

    def echo() -> None:
        read = reading(theirs_in)
        while (data := read()) != END:
            os.write(theirs_out, pack(unpack(data)))

    process, read = _start(echo), reading(mine_in)
    if core is not None:
        os.sched_setaffinity(process.pid or 0, {core})

    def once() -> object:
        os.write(mine_out, pack(MESSAGE))
        return unpack(read())

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
    process = _start(_send_back, there)

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


def many_to_one(make: Callable[[], Channel], senders: int, count: int, value: Any) -> Figure:
    """The time of each of `count` messages that so many processes put into one channel, taken here."""
    share, channel = count // senders, make()

    def receive() -> None:
        begin()
        for _ in range(share * senders):
            channel.get()

    with _sending(senders, channel, share, value) as begin:
        took = each(share * senders, receive)
    channel.close()
    return took


def one_to_many(make: Callable[[], Channel], receivers: int, count: int, value: Any) -> Figure:
    """The time of each message that this process puts into many channels in turn, each with a reader."""
    share, done = count // receivers, make()
    channels = [make() for _ in range(receivers)]
    with _processes(_receive, [(channel, done, share) for channel in channels]):
        for _ in channels:
            done.get()

        def send() -> None:
            for _ in range(share):
                for channel in channels:
                    channel.put(value)
            for _ in channels:
                done.get()

        took = each(share * receivers, send)
    for channel in (*channels, done):
        channel.close()
    return took


def _receive(channel: Channel, done: Channel, count: int) -> None:
    done.put("there")
    for _ in range(count):
        channel.get()
    done.put("done")


@contextmanager
def ring(size: int) -> Generator[Once]:
    """A ring of processes, each of which hands what it reads from a blocking pipe on to the next."""
    pipes = [os.pipe() for _ in range(size)]
    stations = [(pipes[place][0], pipes[place + 1][1]) for place in range(size - 1)]

    def once() -> object:
        os.write(pipes[0][1], pack(MESSAGE))
        return unpack(os.read(pipes[-1][0], 4096))

    with ExitStack() as stack:
        for descriptor in chain.from_iterable(pipes):
            stack.callback(os.close, descriptor)
        stack.enter_context(_processes(_hand_on, stations))
        stack.callback(os.write, pipes[0][1], END)
        yield once


def _hand_on(inbound: int, outbound: int) -> None:
    data = b""
    while data != END:
        data = os.read(inbound, 4096)
        os.write(outbound, pack(unpack(data)))


@contextmanager
def _sending(senders: int, channel: Channel, count: int, value: Any) -> Generator[Once]:
    with ExitStack() as stack:
        gate, opened = os.pipe()
        stack.callback(os.close, gate)
        stack.callback(os.close, opened)
        stack.enter_context(_processes(_send, [(channel, value, count, gate)] * senders))
        yield lambda: os.write(opened, b"." * senders)


def _send(channel: Channel, value: Any, count: int, gate: int) -> None:
    os.read(gate, 1)
    for _ in range(count):
        channel.put(value)


@contextmanager
def _processes(target: Callable[..., None], arguments: list[Any]) -> Generator[None]:
    processes = [_start(target, *each_ones) for each_ones in arguments]
    try:
        yield
    finally:
        for process in processes:
            process.join()


def _start(target: Callable[..., None], *arguments: Any) -> ForkProcess:
    process = FORK.Process(target=_live, args=(os.getpid(), target, *arguments), daemon=True)
    process.start()
    return process


def _live(parent: int, target: Callable[..., None], *arguments: Any) -> None:
    linux.die_with(
        parent
    )  # else a benchmark that is killed leaves them, blocked on what they hold themselves
    target(*arguments)
