"""The worker: what runs in an actor's process.

A message's way: take → open the envelope → decode → receive → encode → answer → done.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from multiprocessing import spawn
from types import FrameType
from typing import Any, Final

import attrs

from actors.core import envelope, reason
from actors.core.actor import Actor
from actors.core.address import Address
from actors.core.envelope import SENDERS, Kind, Outcome
from actors.core.errors import ActorsError, DecodeError, Ignore, Reject
from actors.core.protocol import Blueprint, Ended, Interrupted, Started, Stop
from actors.core.reason import End, ExitReason
from actors.runtime import blueprint as blueprints
from actors.runtime import linux
from actors.runtime.alarms import Alarms
from actors.runtime.asking import ASKING
from actors.runtime.context import WorkerContext
from actors.runtime.descriptor import Descriptor
from actors.runtime.endpoint import Endpoint
from actors.runtime.failure import reason_of
from actors.runtime.hand import Hand
from actors.runtime.lane import LaneReader
from actors.runtime.mailbox.credit import Credits
from actors.runtime.mailbox.drainer import PROCESS_DRAINER
from actors.runtime.mailbox.frame import Parts
from actors.runtime.mailbox.inbox import IDLE, Inbox
from actors.runtime.mailbox.journal import Condition, Word
from actors.runtime.mailbox.layout import Layout
from actors.runtime.mailbox.lease import Lease
from actors.runtime.site import Site
from actors.runtime.wear import Wear

_CONTROL: Final = int(Word.CONTROL)
_LAST: Final = int(Kind.LAST)
_EXIT_CRASHED: Final = 1
_PAUSE: Final = 0.05
"""How long to wait for a free descriptor before a message is tried again, in seconds."""


@attrs.frozen
class Assignment:
    """What a worker is to run."""

    site: Site
    address: Address
    layout: Layout
    """The actor's mailbox."""
    incarnation: int
    blueprint: Blueprint
    guardian: int
    """The guardian's pid."""
    preparation: dict[str, Any] | None = None
    """How to import the main module, if the guardian could not without starting threads."""


class _Crash(Exception):
    """Ends the worker's loop after a hook has raised."""

    def __init__(self, why: ExitReason, answered: bool) -> None:
        super().__init__(why)
        self.why = why
        self.answered = answered


class Worker:
    """Runs one incarnation of one actor."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        layout, terms = assignment.layout, assignment.blueprint.terms
        self._lease = Lease(layout.lease)
        if not self._lease.acquire():
            raise ActorsError(f"{assignment.address} is being read by another process")
        self._control = LaneReader(layout.control, layout.places)
        self._inbox = _open_inbox(layout, terms.mailbox_size, self._control)
        self._words = self._inbox.journal.words
        self._bounded = terms.mailbox_size > 0
        self._words[Word.SINCE] = 0
        self._words[Word.PROCESS] = os.getpid()  # the guardian says so too, but perhaps later
        self._endpoint = Endpoint(
            assignment.site, assignment.address, assignment.incarnation, carrier=PROCESS_DRAINER
        )
        self._decode = self._endpoint.codec.decode
        self._alone = (assignment.address,)
        self._actor: Actor
        self._asynchronous = False
        self._runner: asyncio.Runner | None = None
        self._why: ExitReason | None = None
        self._guarded = terms.handler_timeout is not None
        self._retries = terms.retry > 0
        self._wear = Wear(terms) if terms.max_messages or terms.max_memory or terms.max_age else None
        self.alarms = Alarms()
        self.hand: Hand | None = None

    def run(self) -> int:
        """Live; return the process's exit code. The guardian has been told the reason by then."""
        signal.signal(signal.SIGTERM, self._on_sigterm)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            return self._live()
        finally:
            if self._runner is not None:
                self._runner.close()
            self._flush()

    def stop(self, why: ExitReason) -> None:
        """Leave the loop after the message in hand, unless that is decided already."""
        self._why = self._why or why

    def _live(self) -> int:
        known = self._assignment.blueprint.target.partition(":")[0] in sys.modules
        try:
            self._start()
        except Ignore as declined:
            self._report(ExitReason(end=End.NORMAL, text=f"declined to start: {declined}"), answered=False)
            return 0
        except BaseException as error:  # noqa: BLE001 - reported, whatever it is
            self._report(reason_of(error, End.FAILED_START), answered=False)
            return _EXIT_CRASHED
        self._announce(known)
        try:
            why = self._serve()
            self._call(self._actor.on_stop(why))
        except _Crash as crash:
            return self._crashed(crash.why, crash.answered)
        except SystemExit as exit:
            return self._exited(exit)
        except BaseException as error:  # noqa: BLE001 - likewise
            return self._crashed(reason_of(error, End.EXCEPTION), answered=False)
        self._flush()
        self._report(why, answered=False)
        return 0

    def _start(self) -> None:
        ASKING.set(self._alone)
        terms = self._assignment.blueprint.terms
        linux.take_place(terms.nice, terms.cpu_affinity)
        if self._assignment.preparation is not None:
            spawn.prepare(self._assignment.preparation)
        self._actor = blueprints.build(self._assignment.blueprint, self._endpoint.codec)
        self._actor.context = WorkerContext(self, self._endpoint)
        hooks = (self._actor.on_start, self._actor.receive, self._actor.on_stop)
        self._asynchronous = any(map(inspect.iscoroutinefunction, hooks))
        self._call(self._actor.on_start())
        wear = self._wear
        if wear is not None and wear.max_age is not None:
            self.alarms.add(wear.max_age, lambda: self.stop(wear.when_old()))
        self._words[Word.STATE] = Condition.RUNNING

    def _announce(self, known: bool) -> None:
        module = self._assignment.blueprint.target.partition(":")[0]
        imported = () if known or linux.threads() > 1 else (module,)
        self._endpoint.tell_guardian(
            Started(
                id=self._assignment.address.id, incarnation=self._assignment.incarnation, modules=imported
            )
        )

    def _call(self, result: Any) -> Any:
        """What a hook returned; a coroutine is run to its end in the actor's event loop."""
        if not inspect.iscoroutine(result):
            return result
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(result)

    def _serve(self) -> ExitReason:
        if self._asynchronous:
            served: ExitReason = self._call(self._serve_async())
            return served
        while self._why is None:
            if parts := self._next():
                self._handle(*parts)
                if self._wear is not None:
                    self._wear_out(self._wear)
            elif self._why is None:
                self._inbox.wait(self.alarms.left())
            if self.alarms.coming:
                self.alarms.ring_due()
        return self._why

    async def _serve_async(self) -> ExitReason:
        while self._why is None:
            if parts := self._next():
                await self._handle_async(*parts)
                if self._wear is not None:
                    self._wear_out(self._wear)
                await asyncio.sleep(0)  # the actor's own tasks have their turn between messages
            elif self._why is None:
                await self._readable()
            if self.alarms.coming:
                self.alarms.ring_due()
        return self._why

    def _wear_out(self, wear: Wear) -> None:
        """Stop, to be started anew, if a limit has been reached."""
        why = wear.after_message()
        if why is not None:
            self.stop(why)

    async def _readable(self) -> None:
        """Wait for mail or control; watched at other times, they would keep the loop from sleeping."""
        self._inbox.tidy()
        loop = asyncio.get_running_loop()
        awake = asyncio.Event()
        before, self.alarms.on_new = self.alarms.on_new, awake.set
        for descriptor in (self._inbox, self._control):
            loop.add_reader(descriptor, awake.set)
        try:
            await asyncio.wait_for(awake.wait(), self._patience())
        except TimeoutError:
            self._inbox.mend()
        finally:
            self.alarms.on_new = before
            for descriptor in (self._inbox, self._control):
                loop.remove_reader(descriptor)

    def _patience(self) -> float | None:
        """For how many seconds to wait for mail at the most."""
        left = self.alarms.left()
        if not self._bounded:
            return left
        return IDLE if left is None else min(IDLE, left)

    def _next(self) -> Parts | None:
        """The next message, unless there is none or control has come before it."""
        while True:
            if self._words[_CONTROL]:
                told = self._control.read()
                if told:
                    self.stop(reason.SHUTDOWN)
                self._words[Word.CONTROL] = 0  # not before: a SIGTERM would seem to be a stranger's
                if told:
                    return None
            try:
                return self._inbox.take()
            except DecodeError as error:
                self._dead_letter("", str(error), b"")
                self._inbox.done()
            except OSError:  # no descriptor is free: the message is still there
                select.select((), (), (), _PAUSE)

    def _handle(self, data: bytes, segments: Sequence[bytes]) -> None:
        if self._guarded:
            self._words[Word.SINCE] = time.monotonic_ns()
        hand = self._take_up(data, segments)
        if hand is not None:
            try:
                result = self._actor.receive(hand.message)
                if hand.owes:
                    hand.answer(result)
            except BaseException as error:  # noqa: BLE001 - each kind has its end in _fail
                self._fail(hand, error)
        self.hand = None
        if self._guarded:
            self._words[Word.SINCE] = 0
        self._inbox.done()

    async def _handle_async(self, data: bytes, segments: Sequence[bytes]) -> None:
        if self._guarded:
            self._words[Word.SINCE] = time.monotonic_ns()
        hand = self._take_up(data, segments)
        if hand is not None:
            try:
                result = self._actor.receive(hand.message)
                if inspect.isawaitable(result):
                    result = await result
                if hand.owes:
                    hand.answer(result)
            except BaseException as error:  # noqa: BLE001
                self._fail(hand, error)
        self.hand = None
        if self._guarded:
            self._words[Word.SINCE] = 0
        self._inbox.done()

    def _take_up(self, data: bytes, segments: Sequence[bytes]) -> Hand | None:
        """The message in hand, or None if it is not one to be handled."""
        try:
            mail = envelope.open_mail(data)
            SENDERS[mail.sender]
        except ValueError as error:
            self._dead_letter("", str(error), data)
            return None
        if mail.kind == _LAST:
            self._endpoint.tell_guardian(Stop(id=self._assignment.address.id))
            self.stop(reason.SHUTDOWN)
            return None
        if mail.deadline and mail.deadline < time.monotonic():
            self._dead_letter(mail.sender, "nobody waits for its reply any more", mail.body)
            return None
        try:
            message = self._decode(mail.body, segments)
        except DecodeError as error:
            Hand(self._endpoint, mail, segments, None).reject(f"cannot be decoded: {error}")
            return None
        ASKING.set((*mail.chain, self._assignment.address) if mail.chain else self._alone)
        self.hand = hand = Hand(self._endpoint, mail, segments, message)
        return hand

    def _fail(self, hand: Hand, error: BaseException) -> None:
        match error:
            case Reject():
                hand.reject(str(error))
            case SystemExit() | KeyboardInterrupt():
                raise error
            case asyncio.CancelledError() if self._why is not None:  # its time to stop is up
                raise error
            case _ if self._retries:  # the guardian knows whether it is tried again, and answers if not
                raise _Crash(reason_of(error, End.EXCEPTION), answered=False) from error
            case _:
                why = reason_of(error, End.EXCEPTION)
                hand.finish(Outcome.RAISED, (why.type, why.text, why.traceback))
                raise _Crash(why, answered=True) from error

    def _crashed(self, why: ExitReason, answered: bool) -> int:
        self._flush()
        self._report(why, answered=answered)
        return _EXIT_CRASHED

    def _exited(self, exit: SystemExit) -> int:
        """A `sys.exit` of user code: normal with 0, else abnormal with its code."""
        code = exit.code if isinstance(exit.code, int) else int(exit.code is not None)
        why = self._why or (reason.NORMAL if code == 0 else reason.of_exit_code(code))
        self._flush()
        self._report(why, answered=False)
        return code

    def _report(self, why: ExitReason, *, answered: bool) -> None:
        self._why = why  # a SIGTERM from here on is the guardian's, who waits for the end
        self._endpoint.tell_guardian(
            Ended(
                id=self._assignment.address.id,
                incarnation=self._assignment.incarnation,
                reason=why,
                answered=answered,
            )
        )

    def _flush(self) -> None:
        self._endpoint.reports.tell_of_flood()
        self._endpoint.flush(self._assignment.blueprint.terms.shutdown)

    def _dead_letter(self, sender: bytes | str, cause: str, message: bytes) -> None:
        path = envelope.path_of(sender) if isinstance(sender, bytes) else sender
        self._endpoint.reports.make(self._assignment.address.path, path, cause, message)

    def _on_sigterm(self, _signal: int, _frame: FrameType | None) -> None:
        """From the guardian, after its word: leave at once. From elsewhere: the guardian decides."""
        if self._words[Word.CONTROL] or self._why is not None:
            self._why = self._why or reason.SHUTDOWN
            sys.exit(128 + signal.SIGTERM)
        self._endpoint.tell_guardian(Interrupted())


def _open_inbox(layout: Layout, bound: int, control: LaneReader) -> Inbox:
    places = Credits(layout.credits, bound) if bound > 0 else None
    pipe = Descriptor(os.open(layout.mail, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
    return Inbox(layout, pipe, places, wake=[control.fileno()])
