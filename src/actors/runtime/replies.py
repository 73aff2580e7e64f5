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
from contextlib import suppress
from typing import Any, Final

from actors.core import envelope
from actors.core.envelope import Outcome
from actors.runtime.cell import Cell
from actors.runtime.descriptor import Descriptor
from actors.runtime.futures import Futures
from actors.runtime.lane import PAUSE, Lane, LaneReader, Scarcity
from actors.runtime.lead import Lead
from actors.runtime.mailbox.waiting import Waiter, spin_time
from actors.runtime.pending import Answer, Pending, PendingInLoop
from actors.runtime.promptness import Promptness

_TICK: Final = 0.001
_MANY: Final = 256
"""From so many questions to other systems on, those that have ended are forgotten."""
_LOOK: Final = 1.0
"""For how many seconds a thread sleeps before it looks whether anybody leads: who did so may have been
interrupted, by a signal handler that raised, before it could hand on."""
_AT_ONCE: Final = 25e-6
"""For how many seconds one looks for a reply before doing anything else: three times what most take."""
_PATIENCE: Final = 16
"""After how many questions whose replies do not come at once a thread looks less often: the scheduler puts
two partners on one core now and then, and parts them sooner if one does not yield."""
_LONG: Final = 0.5
"""For how many seconds the end of all waits for a callback, which may itself wait for that end."""


# Half the time of Answer(...).
_new: Callable[[type[Answer], tuple[Any, ...]], Answer] = tuple.__new__  # pyright: ignore


def _nothing() -> None:
    """Nothing wakes who reads a lane that is closed."""


class Replies:
    """The reply lane of this process and the asks that wait for it."""

    def __init__(self, lane: Lane, others: Iterable[Descriptor], on_wake: Callable[[], object]) -> None:
        """Make the lane; `on_wake` is called when one of the `others` may have become readable."""
        self._lane = LaneReader.create(lane)
        self._others = tuple(others)
        self._watched = (self._lane.fileno(), *(other.number for other in self._others))
        self._on_wake = on_wake
        self._waiter = Waiter(self._watched[0], self.read, self._watched[1:], self._wake)
        self._pending: dict[int, Pending] = {}
        self._abroad: set[int] = set()
        """Those that were asked of other systems, and some that were and have ended."""
        self._asleep: dict[int, Pending] = {}
        """Those whose threads sleep, as another one leads."""
        self._ended: Exception | None = None
        self._numbers = itertools.count(1)
        self._lead = Lead(self._hand_on)
        self._reading = False
        """Whether the thread that leads may have taken replies whose asks it has not ended yet."""
        self.futures = Futures(self._lead_until, self.forget)
        self._loops: set[asyncio.AbstractEventLoop] = set()
        moment = min(_AT_ONCE, spin_time())
        self._cell = Cell.create(lane.cell, moment)
        self._promptness, self.promptness_in_loops = Promptness(moment, _PATIENCE), Promptness(moment)
        self.late = 0
        """How many replies came after their ask had ended."""

    def expect(self, pending: Pending) -> int:
        """Number an ask that is about to be sent. `forget` must follow in the end."""
        number = pending.number = next(self._numbers)
        self._pending[number] = pending
        if self._ended is not None:  # looked at after the entry: `end_all` does the two the other way round
            pending.resolve(Answer(Outcome.STOPPED, error=self._ended))
        if pending.looks:
            cell = pending.by_cell = self._cell  # first, as a signal handler may raise when it is open
            if not cell.open(number):
                pending.by_cell = None
        return number

    def send_abroad(self, number: int) -> None:
        """This question goes to another system, whose actors do not end with those of this one."""
        if len(self._abroad) >= _MANY:
            self._abroad.intersection_update(tuple(self._pending))
        self._abroad.add(number)

    def forget(self, pending: Pending) -> None:
        """Nobody waits for this reply any more."""
        if pending.by_cell is not None:
            self._look(pending, pending.by_cell, watch=False)
        self._pending.pop(pending.number, None)
        if pending.bell is not None:  # rung to lead, perhaps, in the moment in which its thread leaves
            pending.bell = None
            self._asleep.pop(pending.number, None)
            self._hand_on()

    def _look(self, pending: Pending, cell: Cell, *, watch: bool = True) -> bool:
        """Close the cell that is open for a reply, at once or after a moment; whether it has come by it."""
        number = pending.number
        reply = cell.watch(number) if watch else cell.close(number)
        pending.by_cell = None
        if reply is None:
            if pending.answer is not None and cell.doubtful == number:
                cell.doubtful = 0  # it has come by the lane, perhaps before the cell was closed
            return False
        try:
            _, outcome, body = envelope.open_reply(reply)
        except ValueError:  # nobody answers so: somebody has written where it should not
            return False
        self._pending.pop(number, None)
        pending.number = 0
        pending.resolve(_new(Answer, (outcome, body, (), None)))
        return True

    def suspect(self) -> None:
        """Somebody may have died in the middle of a reply: remove what is left, or have who leads do so."""
        self._lane.depot.doubtful = True
        self._lead.take(self._lane.tidy)

    def wait(self, pending: Pending) -> Answer | None:
        """Wait for the end of an ask; None when its time is up. A reply that comes later is dropped."""
        if pending.by_cell is not None:
            came, promptness = self._look(pending, pending.by_cell), self._promptness
            if not came or promptness.missed:
                promptness.note(came)
        while pending.answer is None:
            remaining = pending.deadline - time.monotonic()
            if not remaining > 0.0:  # so that nan is over, too
                return None
            try:
                if self._lead.take(self._read_until_answered, pending):
                    continue
                if self._lead.mine:
                    self._read_beside(pending)
                    continue
            except Scarcity:
                time.sleep(min(PAUSE, remaining))
                continue
            if pending.bell is None:
                pending.bell = threading.Lock()
                pending.bell.acquire()
                self._asleep[pending.number] = pending
            else:
                pending.bell.acquire(timeout=min(remaining, _LOOK))
        return pending.answer

    def attend(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have an event loop read the lane while it waits for other things."""
        if loop not in self._loops:
            self._loops = {known for known in self._loops if not known.is_closed()} | {loop}
            self._enter(loop)

    def read(self) -> bool:
        """Read the lane and end the asks whose replies have come; False if none has. Never waits.

        For the thread that leads. Raises `Scarcity`, and leaves what is too large to be read now.
        """
        self._reading = True
        try:
            return self._lane.read(self._end_ask)
        finally:
            self._reading = False

    def _end_ask(self, data: bytes, segments: Sequence[bytes]) -> None:
        """End the ask whose reply has come; again, if a signal handler has raised in the midst of it."""
        try:
            number, outcome, body = envelope.open_reply(data)
        except ValueError:
            return
        pending = self._pending.get(number)
        if pending is not None:
            pending.resolve(_new(Answer, (outcome, body, segments, None)))
            self._pending.pop(number, None)  # not before: it would not be found again
        elif number not in self._cell.taken_late:
            self.late += 1
            self._lane.depot.doubtful = True  # it may tell of a death
        if self._cell.doubtful == number:  # after that: `_look` does the two the other way round
            self._cell.doubtful = 0

    def _hear(self) -> None:
        """Have read what has come: here, unless a thread leads, which is about to do so."""
        end = time.monotonic() + _LONG
        while not self._lead.take(self._read_all):
            heard = not self._has_mail() and not self._reading and not self._cell.holds  # in this order
            if heard or time.monotonic() > end:
                return
            time.sleep(_TICK)

    def are_prompt(self, now: float) -> bool:
        """Whether a thread that asks now (monotonic) should look for the reply at once."""
        promptness = self._promptness
        return now >= self._waiter.spins_from and (not promptness.pauses or promptness.is_likely())

    def look(self, pending: PendingInLoop) -> bool:
        """See whether a reply comes at once, if replies mostly do; an event loop takes far longer to wake.

        True if so many have come in this way that the loop's other tasks should have their turn.
        """
        if not pending.looks:
            return False
        promptness = self.promptness_in_loops
        if pending.by_cell is not None:
            self._look(pending, pending.by_cell)
        elif not self._lead.take(self._read_for_a_moment, pending):
            return False
        promptness.note(pending.future.done())
        return promptness.monopolizes

    def _read_for_a_moment(self, pending: PendingInLoop) -> None:
        end = min(time.monotonic() + self.promptness_in_loops.moment, pending.deadline)
        with suppress(Scarcity):
            if self._lane.depot.doubtful:
                self._lane.tidy()
            while not pending.future.done() and time.monotonic() < end:
                self.read()

    def _read_all(self) -> None:
        with suppress(Scarcity):
            while self.read():
                pass

    def _has_mail(self) -> bool:
        pipe = self._lane.hold()
        return pipe is not None and pipe.wait(0)

    def _read_in_passing(self) -> None:
        """Read, unless a thread leads: it sleeps until the lane is readable, and must not be robbed."""
        try:
            self._lead.take(self._read_and_tidy)
        except Scarcity:
            loop = asyncio.get_running_loop()
            self._leave(loop, self._lane.hold())
            loop.call_later(PAUSE, self._enter, loop)

    def _read_and_tidy(self) -> None:
        self.read()
        if self._lane.depot.doubtful:
            self._lane.tidy()

    def end_present(self, answer: Answer) -> None:
        """End every ask of this system that is open now, and whose reply has not come."""
        self._hear()
        for number in tuple(self._pending):
            pending = None if number in self._abroad else self._pending.pop(number, None)
            if pending is not None:
                pending.resolve(answer)

    def end_all(self, error: Exception) -> None:
        """End every ask with an error: no reply can come any more than those that have."""
        self._ended = error
        self._hear()
        pending, self._pending = self._pending, {}
        for one in pending.values():
            one.resolve(Answer(Outcome.STOPPED, error=error))

    def close(self) -> None:
        """Stop reading; every ask has been ended before."""
        loops, self._loops = self._loops, set()
        pipe = self._lane.hold()  # until every loop has let go of its number
        for loop in loops:
            with suppress(RuntimeError):  # closed
                if asyncio._get_running_loop() is loop:
                    self._leave(loop, pipe)
                else:
                    loop.call_soon_threadsafe(self._leave, loop, pipe)
        self.futures.join(_LONG)
        self._lane.close()
        self._cell = Cell(None, 0.0)
        self._others, self._on_wake = (), _nothing

    def _wake(self) -> None:
        self._on_wake()  # which `close` lets go of, with all that it holds

    def _enter(self, loop: asyncio.AbstractEventLoop) -> None:
        pipe = self._lane.hold()
        if loop in self._loops and pipe is not None:
            loop.add_reader(pipe.number, self._read_in_passing)

    def _leave(self, loop: asyncio.AbstractEventLoop, pipe: Descriptor | None) -> None:
        if pipe is not None:
            loop.remove_reader(pipe.number)

    def _hand_on(self) -> None:
        """Have a thread lead whose reply has not come."""
        if not self._pending:
            return
        for number, pending in tuple(self._asleep.items()):
            if number in self._pending and pending.answer is None:
                pending.ring()
                return
        self.futures.ring()

    def _read_until_answered(self, pending: Pending) -> None:
        lane, end = self._lane, pending.deadline
        held = (lane.hold(), *self._others)  # lest another thread close what is waited for
        while held[0] and pending.answer is None and (remaining := end - time.monotonic()) > 0.0:
            if lane.depot.doubtful:
                lane.tidy()
            self._waiter.wait(remaining)

    def _read_beside(self, pending: Pending) -> None:
        """Read until an ask has ended, in a signal handler that has interrupted this thread's reading."""
        twin, end = self._lane.twin(), pending.deadline
        pipe, *others = self._watched
        waiter = Waiter(pipe, lambda: twin.read(self._end_ask), others, self._wake)
        held = (twin.hold(), *self._others)
        try:
            while held[0] and pending.answer is None and (remaining := end - time.monotonic()) > 0.0:
                try:
                    waiter.wait(remaining)
                except Scarcity:
                    time.sleep(min(PAUSE, remaining))
        finally:
            twin.put_back()
            self._lane.rouse()

    def _lead_until(self, enough: Callable[[], object], end: float) -> bool:
        """Read until it is `enough`, at most until the `end`.

        False if another thread leads, or for want of descriptors or memory.
        """
        try:
            return self._lead.take(self._read_until, enough, end)
        except Scarcity:
            return False

    def _read_until(self, enough: Callable[[], object], end: float) -> None:
        held = (self._lane.hold(), *self._others)
        while held[0] and not enough() and (remaining := end - time.monotonic()) > 0:
            if self._lane.depot.doubtful:
                self._lane.tidy()
            self._waiter.wait(remaining)
