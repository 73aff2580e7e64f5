"""Futures: asks whose askers go on. A thread tells of their ends, and lives as long as there are any."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any, Final

from actors.runtime import threads
from actors.runtime.mutex import Mutex
from actors.runtime.pending import Answer, Pending

_SLICE: Final = 0.05
"""How late the timeout of a future may be noticed, in seconds."""
_CROWD: Final = 16
"""From so many open futures on, replies are let gather before they are read."""
_BREATH: Final = 2e-4
"""For how many seconds: to be woken for each, and to wrest the interpreter from who asks, costs more."""

Conclude = Callable[[Answer | None], Any]
"""What an answer means, None being that the time is up: returns the reply or raises."""
Lead = Callable[[Callable[[], object], float], bool]
"""Reads replies until something is so, or until a time (monotonic); False if it cannot be done now."""


class AskFuture(Future[Any]):
    """A future that a callback of another one may wait for."""

    def __init__(self, before_waiting: Callable[[], None]) -> None:
        super().__init__()
        self._before_waiting = before_waiting
        self._notifying = threading.Lock()

    def cancel(self) -> bool:
        """Wait no longer for the reply; whether the question runs is another matter."""
        cancelled = super().cancel()
        if cancelled and self._notifying.acquire(blocking=False):  # once only
            self.set_running_or_notify_cancel()  # for `concurrent.futures.wait` and `as_completed`
        return cancelled

    def result(self, timeout: float | None = None) -> Any:
        if not self.done():
            self._before_waiting()
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        if not self.done():
            self._before_waiting()
        return super().exception(timeout)


class PendingFuture(Pending):
    """An ask whose end a future will tell."""

    __slots__ = ("_answered", "_conclude", "future")

    def __init__(
        self,
        deadline: float,
        future: Future[Any],
        conclude: Conclude,
        answered: Callable[[PendingFuture], None],
    ) -> None:
        super().__init__(deadline)
        self.future = future
        self._conclude = conclude
        self._answered = answered

    def resolve(self, answer: Answer) -> None:
        self.answer = answer
        self._answered(self)

    def end(self) -> None:
        """End the future, unless it has been cancelled; without an answer because its time is up.

        A callback may raise what it likes, and `sys.exit`: that ends it and nothing else. What is no
        `Exception` is shown as that of a thread.
        """
        if self.future.done():
            return
        try:
            self._end()
        except (InvalidStateError, SystemExit):
            pass
        except BaseException:  # noqa: BLE001 - of a callback: an `Exception` is logged by the future
            threads.show_exception()

    def _end(self) -> None:
        try:
            value = self._conclude(self.answer)
        except Exception as error:  # noqa: BLE001 - a future carries whatever error it is
            self.future.set_exception(error)
        else:
            self.future.set_result(value)


class Futures:
    """Ends futures, and so calls what has been added to them, in a thread that does nothing else.

    A callback may take its time, and may ask: it keeps other futures waiting, but nobody else. One that
    waits for another future has a new thread end that.
    """

    def __init__(self, lead: Lead, forget: Callable[[Pending], None]) -> None:
        """`forget` is told of an ask whose end nobody awaits any more."""
        self._lead = lead
        self._forget = forget
        self._open: set[PendingFuture] = set()
        self._answered: deque[PendingFuture] = deque()
        self._lock = Mutex()
        self._thread: threading.Thread | None = None
        self._bell = threading.Lock()
        self._bell.acquire()

    def expect(self, deadline: float, conclude: Conclude) -> PendingFuture:
        """A future for an ask that is about to be sent."""
        return PendingFuture(deadline, AskFuture(self._make_way), conclude, self._answer)

    def attend(self, pending: PendingFuture) -> None:
        """See to the end of an ask that has been sent. Raises `RuntimeError` if no thread is to be had."""
        with self._lock:
            if self._thread is None:
                self._start()
            self._open.add(pending)
        if pending.answer is not None:  # it came before the entry
            self._answer(pending)

    def ring(self) -> None:
        """There is something to do: a future has its answer, or nobody reads replies."""
        with suppress(RuntimeError):  # rung already
            self._bell.release()

    def join(self, timeout: float) -> None:
        """Wait until all futures have ended, unless a callback of one asks for that."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    def _answer(self, pending: PendingFuture) -> None:
        if pending in self._open:
            self._answered.append(pending)
            self.ring()

    def _make_way(self) -> None:
        """A thread is about to wait for a future; if it is the one that ends them, another takes over."""
        if self._in_charge:
            with self._lock:
                self._start()

    def _start(self) -> None:
        thread = threading.Thread(target=self._serve, name="actors-replies", daemon=True)
        thread.start()
        self._thread = thread

    @property
    def _in_charge(self) -> bool:
        return self._thread is threading.current_thread()

    def _serve(self) -> None:
        while (moment := self._look_through()) is not None:
            while self._open and self._in_charge and (left := moment - time.monotonic()) > 0:
                if self._answered:
                    self._end_answered()
                    if len(self._open) >= _CROWD:
                        time.sleep(_BREATH)
                elif not self._lead(self._answered.__len__, moment):
                    self._bell.acquire(timeout=left)

    def _end_answered(self) -> None:
        while self._answered and self._in_charge:
            pending = self._answered.popleft()
            self._open.discard(pending)
            pending.end()

    def _look_through(self) -> float | None:
        """End those whose time is up; return when to look again, None if this thread is not needed."""
        now = time.monotonic()
        with self._lock:
            if not self._in_charge:
                return None
            late = [pending for pending in self._open if not pending.deadline > now]
        for pending in late:
            pending.end()
        with self._lock:
            if not self._in_charge:
                return None
            for pending in [pending for pending in self._open if pending.future.done()]:
                self._open.discard(pending)
                self._forget(pending)
            if not self._open:
                self._thread = None
                return None
            return min(now + _SLICE, *(pending.deadline for pending in self._open))
