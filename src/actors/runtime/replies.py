"""Replies: how the asks of one process end.

One lane for all. The asking thread itself reads it, hands other threads and event loops what is theirs
and passes the role on when its own reply has come: no thread switch on the way of a reply.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any, Final, NamedTuple

from actors.core import envelope
from actors.core.envelope import Outcome
from actors.runtime.descriptor import Descriptor
from actors.runtime.lane import Lane, LaneReader
from actors.runtime.mailbox.waiting import Waiter

_SLICE: Final = 0.05
"""How late the timeout of a future may be noticed, in seconds."""


class Answer(NamedTuple):  # made for every ask: a third of the time of an attrs class
    """What came back: an outcome and its bytes, or the error that took their place."""

    outcome: Outcome
    body: bytes = b""
    segments: Sequence[bytes] = ()
    error: Exception | None = None


_answer: Final = Answer._make  # half the time of Answer(...)


class Pending:
    """An ask of a thread that waits for its end."""

    __slots__ = ("answer", "bell", "deadline")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.answer: Answer | None = None
        self.bell: threading.Lock | None = None

    def resolve(self, answer: Answer) -> None:
        """End the ask; called once, by whichever thread reads the lane."""
        self.answer = answer
        if self.bell is not None:
            self.ring()

    def ring(self) -> None:
        """Wake the waiting thread, if it sleeps."""
        bell = self.bell
        if bell is not None:
            with suppress(RuntimeError):  # rung already
                bell.release()


class PendingInLoop(Pending):
    """An ask of a coroutine."""

    __slots__ = ("future", "loop")

    def __init__(self, deadline: float, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(deadline)
        self.loop = loop
        self.future: asyncio.Future[Answer | None] = loop.create_future()

    def resolve(self, answer: Answer) -> None:
        if asyncio._get_running_loop() is self.loop:
            self._set(answer)
        else:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self.loop.call_soon_threadsafe(self._set, answer)

    def expire(self) -> None:
        """The time is up."""
        self._set(None)

    def _set(self, answer: Answer | None) -> None:
        if not self.future.done():
            self.future.set_result(answer)


class PendingFuture(Pending):
    """An ask whose end a `concurrent.futures.Future` will tell."""

    __slots__ = ("conclude", "future")

    def __init__(self, deadline: float, conclude: Callable[[Answer | None], Any]) -> None:
        super().__init__(deadline)
        self.conclude = conclude
        self.future: Future[Any] = Future()

    def resolve(self, answer: Answer | None) -> None:
        """End the future; None means that the time is up."""
        self.answer = answer or Answer(Outcome.STOPPED)
        with suppress(InvalidStateError):  # cancelled in this instant
            if self.future.cancelled():
                return
            try:
                value = self.conclude(answer)
            except Exception as error:  # noqa: BLE001 - a future carries whatever error it is
                self.future.set_exception(error)
            else:
                self.future.set_result(value)
        self.ring()


class Replies:
    """The reply lane of this process and the asks that wait for it."""

    def __init__(self, lane: Lane, others: Iterable[Descriptor], on_wake: Callable[[], object]) -> None:
        """Make the lane; `on_wake` is called when one of the `others` may have become readable."""
        self._lane = LaneReader.create(lane)
        self._others = tuple(others)
        self._watched = (self._lane.fileno(), *(other.number for other in self._others))
        self._on_wake = on_wake
        self._waiter = Waiter(self._watched[0], self.read, self._watched[1:], on_wake)
        self._pending: dict[int, Pending] = {}
        self._ended: Exception | None = None
        self._numbers = itertools.count(1)
        self._leading = threading.Lock()
        self._reading = threading.Lock()
        self._futures: dict[int, PendingFuture] = {}
        self._futures_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loops: set[asyncio.AbstractEventLoop] = set()
        self.late = 0
        """How many replies came after their ask had ended."""

    def expect(self, pending: Pending) -> int:
        """Number an ask that is about to be sent."""
        number = next(self._numbers)
        self._pending[number] = pending
        if self._ended is not None:  # looked at after the entry: `end_all` does the two the other way round
            pending.resolve(Answer(Outcome.STOPPED, error=self._ended))
        return number

    def forget(self, number: int) -> None:
        """Nobody waits for this reply any more."""
        self._pending.pop(number, None)

    def wait(self, pending: Pending) -> Answer | None:
        """Wait for the end of an ask; None when its time is up."""
        try:
            return self._wait(pending)
        finally:
            if pending.bell is not None:  # rung to lead, perhaps, in the moment in which it leaves
                pending.bell = None
                self._hand_on()

    def _wait(self, pending: Pending) -> Answer | None:
        while pending.answer is None:
            remaining = pending.deadline - time.monotonic()
            if remaining <= 0:
                return None
            if self._leading.acquire(blocking=False):
                try:
                    self._lead_until(pending, pending.deadline)
                finally:
                    self._leading.release()
                    if self._pending:
                        self._hand_on()
            elif pending.bell is None:
                pending.bell = threading.Lock()
                pending.bell.acquire()
            else:
                pending.bell.acquire(timeout=remaining)
        return pending.answer

    def attend(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have an event loop read the lane while it waits for other things."""
        if loop not in self._loops:
            self._loops = {known for known in self._loops if not known.is_closed()} | {loop}
            loop.add_reader(self._watched[0], self._read_in_passing)

    def attend_future(self, number: int, pending: PendingFuture) -> None:
        """Have a thread read the lane while futures wait; it ends with the last of them."""
        with self._futures_lock:
            self._futures[number] = pending
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._serve_futures, name="actors-replies", daemon=True
                )
                self._thread.start()

    def read(self) -> bool:
        """Read the lane and end the asks whose replies have come; False if none has. Never waits."""
        with self._reading:
            messages = self._lane.read()
        for message in messages:
            self._resolve(message)
        return bool(messages)

    def _read_in_passing(self) -> None:
        """Read, unless a thread leads: it sleeps until the lane is readable, and must not be robbed."""
        if self._leading.acquire(blocking=False):
            try:
                self.read()
            finally:
                self._leading.release()
                self._hand_on()

    def end_present(self, answer: Answer) -> None:
        """End every ask that is open now."""
        for number in tuple(self._pending):
            pending = self._pending.pop(number, None)
            if pending is not None:
                pending.resolve(answer)

    def end_all(self, error: Exception) -> None:
        """End every ask with an error: no reply can come any more."""
        self._ended = error
        pending, self._pending = self._pending, {}
        for one in pending.values():
            one.resolve(Answer(Outcome.STOPPED, error=error))

    def close(self) -> None:
        """Stop reading; every ask has been ended before."""
        for loop in self._loops:
            with suppress(RuntimeError):  # closed
                if asyncio._get_running_loop() is loop:
                    self._leave(loop)
                else:
                    loop.call_soon_threadsafe(self._leave, loop)
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        self._lane.close()
        self._others = ()

    def _leave(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(self._watched[0])

    def _hand_on(self) -> None:
        for pending in tuple(self._pending.values()):
            if pending.bell is not None and pending.answer is None:
                pending.ring()
                return

    def _resolve(self, message: list[bytes]) -> None:
        try:
            number, outcome, body = envelope.open_reply(message[0])
        except ValueError:
            return
        pending = self._pending.pop(number, None)
        if pending is None:
            self.late += 1
        else:
            pending.resolve(_answer((outcome, body, message[1:], None)))

    def _serve_futures(self) -> None:
        while pending := self._next_future():
            now = time.monotonic()
            if pending.deadline <= now:
                pending.resolve(None)
            elif self._leading.acquire(timeout=_SLICE):
                try:
                    self._lead_until(pending, min(pending.deadline, now + _SLICE))
                finally:
                    self._leading.release()
                    self._hand_on()

    def _lead_until(self, pending: Pending, end: float) -> None:
        held = (self._lane.hold(), *self._others)  # lest another thread close what is waited for
        while held[0] and pending.answer is None and (remaining := end - time.monotonic()) > 0:
            self._waiter.wait(remaining)

    def _next_future(self) -> PendingFuture | None:
        """The future whose time is up first; with none, the thread ends."""
        with self._futures_lock:
            over = [
                number
                for number, pending in self._futures.items()
                if pending.answer is not None or pending.future.cancelled()
            ]
            for number in over:
                self._futures.pop(number)
                self.forget(number)
            if not self._futures:
                self._thread = None
                return None
            return min(self._futures.values(), key=_deadline)


def _deadline(pending: Pending) -> float:
    return pending.deadline
