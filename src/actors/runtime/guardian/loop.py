"""The guardian's loop: descriptors and timers, in one thread."""

from __future__ import annotations

import heapq
import itertools
import select
import time
from collections.abc import Callable
from typing import Final

from actors.runtime.deadline import left
from actors.runtime.mailbox.outbox import Outbox

Callback = Callable[[], None]

_RETRY: Final = 0.05


class Timer:
    """A callback to come; `cancel` it, or let it come."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callback) -> None:
        self.callback: Callback | None = callback

    def cancel(self) -> None:
        """Make it not come. Harmless if it has."""
        self.callback = None


class Loop:
    """Waits for descriptors and times, and calls back. The `Carrier` of the guardian's outboxes."""

    threaded = False

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._callbacks: dict[int, Callback] = {}
        self._timers: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()
        self._running = True

    def add(self, descriptor: int, callback: Callback, events: int = select.EPOLLIN) -> None:
        """Call back whenever the descriptor is ready."""
        self._callbacks[descriptor] = callback
        self._epoll.register(descriptor, events)

    def remove(self, descriptor: int) -> None:
        """Stop that; to be called before the descriptor is closed."""
        if self._callbacks.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)

    def call_later(self, seconds: float, callback: Callback) -> Timer:
        """Call back once, in so many seconds."""
        timer = Timer(callback)
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), timer))
        return timer

    def watch(self, outbox: Outbox) -> None:
        """Drain the outbox when its pipe has room."""
        if outbox.pipe.fileno() not in self._callbacks:
            self.add(outbox.pipe.fileno(), lambda: self._drain(outbox), select.EPOLLOUT)

    def forget(self, outbox: Outbox) -> None:
        """Stop that."""
        if not outbox.pipe.closed:
            self.remove(outbox.pipe.fileno())

    def _drain(self, outbox: Outbox) -> None:
        outbox.drain()
        if outbox.stalled:
            self.forget(outbox)
            self.call_later(_RETRY, lambda: self._resume(outbox))

    def _resume(self, outbox: Outbox) -> None:
        if outbox.waiting:  # if not, it has been closed or has got rid of it
            self.watch(outbox)

    def run(self) -> None:
        """Run until `stop`."""
        while self._running:
            ready = [number for number, _ in self._epoll.poll(self._until_next())]
            for number, callback in [(number, self._callbacks.get(number)) for number in ready]:
                # one before it may have closed the descriptor, and another may have its number
                if callback is not None and self._callbacks.get(number) is callback:
                    callback()
            self._call_due()

    def stop(self) -> None:
        """Have `run` return after the present round."""
        self._running = False

    def _until_next(self) -> float | None:
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return left(self._timers[0][0]) if self._timers else None

    def _call_due(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            callback = heapq.heappop(self._timers)[2].callback
            if callback is not None:
                callback()
