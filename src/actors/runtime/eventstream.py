"""Event streams: what happens in a system, as its application reads it."""

from __future__ import annotations

import asyncio
import itertools
import os
import select
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from actors.core.errors import DecodeError
from actors.core.events import Event
from actors.core.protocol import Subscribe
from actors.runtime.deadline import deadline, left, over
from actors.runtime.descriptor import Descriptor
from actors.runtime.endpoint import Endpoint
from actors.runtime.lane import PAUSE, LaneReader, Scarcity

_NUMBERS: Final = itertools.count(1)


class EventStream:
    """The events of a system from the moment it was opened; iterate it, plainly or with ``async for``.

    A stream ends when its system has stopped, after the last event, or when it is closed. It never slows
    the system: a reader that is too slow finds an `EventsLost` with the count of what was not kept for
    it; the end of the system waits for it for half a second after the last that it has read, five at most.
    One thread, or one event loop, reads a stream. Close it, or use it as a ``with`` block; one that
    nobody refers to any more is closed.
    """

    def __init__(self, endpoint: Endpoint, ended: Descriptor) -> None:
        """Open a lane; `ended` is a descriptor that becomes readable when the system has ended."""
        self._endpoint = endpoint
        self._ended = Descriptor(os.dup(ended.number))  # a loop has one callback for each
        self._closed = Descriptor(os.eventfd(0, os.EFD_CLOEXEC))
        self._process = os.getpid()
        name = f"events.{next(_NUMBERS)}"
        self._place = endpoint.site.lane(endpoint.address.id, name)
        self._lane: LaneReader | None = LaneReader.create(self._place)
        self._events: deque[Event] = deque()
        self._subscription = Subscribe(lane=name)

    def subscription(self) -> Subscribe | None:
        """What asks a guardian for the events; None once the stream is closed."""
        return None if self._lane is None else self._subscription

    def next(self, timeout: float | None = None) -> Event | None:
        """The next event; None if none came within `timeout` seconds, or if the stream has ended."""
        end = deadline(True, timeout)
        while not self._events and (lane := self._lane) is not None:
            try:
                came = self._take(lane, left(end))
            except Scarcity:
                came = False
                time.sleep(min(PAUSE, left(end)))
            if not came and over(end):
                return None
        return self._events.popleft() if self._events else None

    def decode(self, message: bytes) -> Any:
        """The message of a `DeadLetter`, if it was short and its class is imported here.

        Raises `DecodeError`.
        """
        return self._endpoint.codec.decode(message)

    def close(self) -> None:
        """Stop receiving, whoever waits for an event; what has been received can still be read."""
        lane, self._lane = self._lane, None
        if lane is not None:
            os.eventfd_write(self._closed.number, 1)
            lane.close()
            self._place.remove()

    def __del__(self) -> None:
        with suppress(Exception):  # it may not have been made, or the interpreter may be ending
            if self._process == os.getpid():  # a forked child's copy is not the stream
                self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        event = self.next()
        if event is None:
            raise StopIteration
        return event

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._events and (lane := self._lane) is not None:
            await self._readable(lane)
            try:
                self._take(lane, 0.0)
            except Scarcity:
                await asyncio.sleep(PAUSE)
        if not self._events:
            raise StopAsyncIteration
        return self._events.popleft()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _watched(self, lane: LaneReader) -> tuple[Descriptor, ...]:
        """What to wait for; held, lest it be closed meanwhile."""
        pipe = lane.hold()
        return (self._ended, self._closed) if pipe is None else (pipe, self._ended, self._closed)

    async def _readable(self, lane: LaneReader) -> None:
        loop = asyncio.get_running_loop()
        awake = asyncio.Event()
        watched = self._watched(lane)
        for descriptor in watched:
            loop.add_reader(descriptor.number, awake.set)
        try:
            await awake.wait()
        finally:
            for descriptor in watched:
                loop.remove_reader(descriptor.number)

    def _take(self, lane: LaneReader, seconds: float) -> bool:
        """Take what comes within so many seconds; False if nothing does. At the system's end, close.

        Raises `Scarcity`, and leaves what is too large to be read now.
        """
        lane.tidy()
        watched = self._watched(lane)
        poll = select.poll()
        for descriptor in watched:
            poll.register(descriptor, select.POLLIN)
        ready = dict(poll.poll(seconds * 1000))
        lane.read(self._receive)
        if self._ended.number in ready and watched[0].number not in ready:
            self.close()
        return bool(ready)

    def _receive(self, data: bytes, segments: Sequence[bytes]) -> None:
        with suppress(DecodeError):
            event = self._endpoint.codec.decode(data, segments)
            if isinstance(event, Event):
                self._events.append(event)
