"""Pending asks: each a place for its end, whoever waits for it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from actors.core.envelope import REPLY, Outcome
from actors.runtime.cell import Cell


class Answer(NamedTuple):  # made for every ask: a third of the time of an attrs class
    """What came back: an outcome and its bytes, or the error that took their place."""

    outcome: Outcome
    body: bytes = b""
    segments: Sequence[bytes] = ()
    error: Exception | None = None


class Pending:
    """An ask of a thread that waits for its end."""

    __slots__ = ("answer", "bell", "by_cell", "deadline", "looks", "number")

    def __init__(self, deadline: float, looks: bool = False) -> None:
        """Whoever waits `looks` for the reply at once, as replies mostly are prompt, or does not."""
        self.deadline = deadline
        self.looks = looks
        self.number = 0
        """Which question of its process it is; 0 before it is sent, and after its reply by the cell."""
        self.by_cell: Cell | None = None
        """The cell that is open for the reply, if one is."""
        self.answer: Answer | None = None
        self.bell: threading.Lock | None = None

    def resolve(self, answer: Answer) -> None:
        """End the ask. If all asks are ended just when its reply comes, the reply is its end."""
        if self.answer is None or self.answer.outcome is not REPLY:
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

    def __init__(self, deadline: float, loop: asyncio.AbstractEventLoop, looks: bool = False) -> None:
        super().__init__(deadline, looks)
        self.loop = loop
        self.future: asyncio.Future[Answer | None] = loop.create_future()

    def resolve(self, answer: Answer) -> None:
        self.answer = answer
        if asyncio._get_running_loop() is self.loop:
            self._set(answer)
        else:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self.loop.call_soon_threadsafe(self._set, answer)

    async def end(self) -> Answer | None:
        """Wait for the end; None when the time is up."""
        if not self.future.done():
            clock = self.loop.call_later(max(0.0, self.deadline - time.monotonic()), self._set, None)
            try:
                await self.future
            finally:
                clock.cancel()
        return self.future.result()

    def _set(self, answer: Answer | None) -> None:
        if not self.future.done():
            self.future.set_result(answer)
