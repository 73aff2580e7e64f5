"""The reception: an actor's loop, which takes message after message and has each handled.

A message's way: take → open the envelope → decode → receive → encode → answer → done.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from actors.core import reason
from actors.core.actor import Actor
from actors.core.errors import DecodeError, Reject
from actors.core.protocol import Stop
from actors.core.reason import End, ExitReason
from actors.core.terms import Terms
from actors.runtime import processes
from actors.runtime.alarms import Alarms
from actors.runtime.conclusion import by_death
from actors.runtime.descriptor import Descriptor
from actors.runtime.endpoint import Endpoint
from actors.runtime.failure import reason_of
from actors.runtime.hand import Hand
from actors.runtime.intake import Intake
from actors.runtime.lane import PAUSE, LaneReader
from actors.runtime.mailbox.credit import Credits
from actors.runtime.mailbox.frame import Parts
from actors.runtime.mailbox.inbox import IDLE, Inbox
from actors.runtime.mailbox.layout import Layout
from actors.runtime.mailbox.status import Word
from actors.runtime.wear import Wear

_CONTROL: Final = int(Word.CONTROL)
_POKE: Final = b"\0"
"""Something to read that is no message."""


class Crash(Exception):
    """Ends the loop: a handler has raised."""

    def __init__(self, why: ExitReason, answered: bool) -> None:
        super().__init__(why)
        self.why = why
        self.answered = answered


class Reception:
    """Serves what comes for one incarnation of an actor, one message at a time.

    Not thread-safe; the process holds the mailbox's lease.
    """

    def __init__(self, endpoint: Endpoint, layout: Layout, terms: Terms, *, fresh: bool) -> None:
        """Of a `fresh` mailbox nobody has read before."""
        self.why: ExitReason | None = None
        """Why the loop is left after the message in hand; None while it is not."""
        self.forked = False
        """Whether this is what the actor has forked, and not the actor."""
        self.alarms = Alarms(on_new=self._look_again)
        self._thread = threading.get_ident()
        self._poked = False
        self._awake: asyncio.Event | None = None
        """What an event loop waits for, while it does."""
        self._intake = Intake(endpoint, on_last=self._stop_for_good, once=terms.retry == 0)
        self._endpoint = endpoint
        self._control = LaneReader(layout.control, layout.places)
        self._inbox = _open_inbox(layout, terms.mailbox_size, self._control, fresh)
        self.words = self._inbox.journal.words
        self._bounded = terms.mailbox_size > 0
        self._guarded = terms.handler_timeout is not None
        self._retries = terms.retry > 0
        self._wear = Wear(terms) if terms.max_messages or terms.max_memory or terms.max_age else None
        self._plain = not (self._bounded or self._guarded or self._wear)
        """Whether nothing need be done before and after each message."""

    def stop(self, why: ExitReason) -> None:
        """Leave the loop after the message in hand, unless that is decided already. For any thread."""
        self.why = self.why or why
        self._look_again()

    def _stop_for_good(self) -> None:
        """The last message of a draining stop has come."""
        self._endpoint.tell_guardian(Stop(id=self._endpoint.address.id))
        self.stop(reason.SHUTDOWN)

    def _look_again(self) -> None:
        """Something has changed: wake the loop, if it waits, for any of the actor's threads or tasks."""
        if threading.get_ident() != self._thread:
            if not self._poked:
                self._poked = True
                with suppress(BlockingIOError):  # full of pokes
                    os.write(self._control.fileno(), _POKE)
        elif self._awake is not None:
            self._awake.set()

    @property
    def hand(self) -> Hand | None:
        """The message that is being handled."""
        return self._intake.hand

    def abandon(self) -> None:
        """In what the actor has forked: answer nobody, and end the process when the handler returns."""
        self.forked = True
        self.why = reason.NORMAL
        if self.hand is not None:
            self.hand.owes = False

    def hand_on(self) -> None:
        """The message in hand is another actor's now: should this one end, that is no end of it."""
        self._inbox.hand_on()

    def age(self) -> None:
        """The actor has started: from now on it grows old, if that is limited."""
        wear = self._wear
        if wear is not None and wear.max_age is not None:
            self.alarms.add(wear.max_age, lambda: self.stop(wear.when_old()))

    def serve(self, actor: Actor) -> ExitReason:
        """Serve until a stop, and return why. Raises `Crash`, and as `receive` if that ends the process."""
        while self.why is None:
            if self._run(actor):
                self._inbox.wait(None)
            else:
                self._serve_next(actor)
        self.alarms.ring_due()
        return self.why

    def _run(self, actor: Actor) -> bool:
        """Serve one message after another while there is nothing else to see to; whether none waits now."""
        words, alarms, inbox, intake = self.words, self.alarms, self._inbox, self._intake
        if not self._plain or words[_CONTROL] or alarms.coming or self._poked:
            return False
        for data in inbox.run():
            self._handle(actor, intake.take_up(data))
            if self.why is not None or words[_CONTROL] or alarms.coming:
                self._done()
                return False
        return inbox.drained()

    def _serve_next(self, actor: Actor) -> None:
        """Ring what is due; then serve the next message, or wait for one if there is none."""
        if self.alarms.coming:
            self.alarms.ring_due()
        if self.why is not None:
            return
        try:
            parts = self._next()
        except OSError:
            time.sleep(PAUSE)
            return
        if parts is not None:
            self._have_in_hand(time.monotonic_ns())
            self._handle(actor, self._intake.take_up_parts(*parts))
            self._done()
        elif self.why is None:
            self._inbox.wait(self.alarms.left())

    async def serve_async(self, actor: Actor) -> ExitReason:
        """`serve` in an event loop, where `receive` may be a coroutine function."""
        while self.why is None:
            try:
                parts = self._next()
            except OSError:  # the actor's own tasks may have what it wants
                await asyncio.sleep(PAUSE)
                continue
            if parts is not None:
                self._have_in_hand(time.monotonic_ns())
                await self._handle_async(actor, self._intake.take_up_parts(*parts))
                self._done()
                await asyncio.sleep(0)  # the actor's own tasks have their turn between messages
            elif self.why is None:
                await self._readable()
            if self.alarms.coming:
                self.alarms.ring_due()
        return self.why

    def _have_in_hand(self, since: int) -> None:
        """Say since when a message is in hand, where that time is limited; 0 if none is."""
        if self._guarded:
            self.words[Word.SINCE] = since

    def _done(self) -> None:
        """The message in hand has been dealt with. Stop, to be started anew, if that has been the last."""
        if self.forked:
            processes.leave(0)
        self._have_in_hand(0)
        self._inbox.done()
        why = None if self._wear is None else self._wear.after_message()
        if why is not None:
            self.stop(why)

    async def _readable(self) -> None:
        """Wait for mail or control; watched at other times, they would keep the loop from sleeping."""
        self._inbox.tidy()
        loop = asyncio.get_running_loop()
        self._awake = awake = asyncio.Event()
        for descriptor in (self._inbox, self._control):
            loop.add_reader(descriptor, awake.set)
        try:
            await asyncio.wait_for(awake.wait(), self._patience())
        except TimeoutError:
            self._inbox.mend()
        finally:
            self._awake = None
            for descriptor in (self._inbox, self._control):
                loop.remove_reader(descriptor)

    def _patience(self) -> float | None:
        """For how many seconds to wait for mail at the most."""
        left = self.alarms.left()
        if not self._bounded:
            return left
        return IDLE if left is None else min(IDLE, left)

    def _next(self) -> Parts | None:
        """The next message, unless there is none or control has come before it.

        Raises `OSError` if no descriptor is free for it; it waits.
        """
        while True:
            if self.words[_CONTROL] or self._poked:
                self._hear()
                if self.why is not None:
                    return None
            try:
                return self._inbox.take()
            except DecodeError as error:
                self._intake.refuse(str(error), b"")
                self._inbox.done()

    def _hear(self) -> None:
        """Read what has been written into the control lane: a word of the guardian's, or pokes."""
        self._poked, commanded = False, self.words[_CONTROL]
        if self._control.read(_pass_over):
            self.stop(reason.SHUTDOWN)
        if commanded:
            self.words[_CONTROL] = 0  # not before: a SIGTERM would seem to be a stranger's

    def _handle(self, actor: Actor, hand: Hand | None) -> None:
        if hand is None:
            return
        try:
            result = actor.receive(hand.message)
            if hand.owes:
                hand.answer(result)
        except BaseException as error:  # noqa: BLE001 - each kind has its end in _fail
            self._fail(hand, error)
        hand.message, hand.data, self._intake.hand = None, b"", None  # it may be kept for the next

    async def _handle_async(self, actor: Actor, hand: Hand | None) -> None:
        if hand is None:
            return
        try:
            result = actor.receive(hand.message)
            if inspect.isawaitable(result):
                result = await result
            if hand.owes:
                hand.answer(result)
        except BaseException as error:  # noqa: BLE001
            self._fail(hand, error)
        hand.message, hand.data, self._intake.hand = None, b"", None  # it may be kept for the next

    def _fail(self, hand: Hand, error: BaseException) -> None:
        match error:
            case Reject():
                hand.reject(str(error))
            case SystemExit() | KeyboardInterrupt():
                raise error
            case asyncio.CancelledError() if self.why is not None:  # its time to stop is up
                raise error
            case _ if self._retries:  # the guardian knows whether it is tried again, and answers if not
                raise Crash(reason_of(error, End.EXCEPTION), answered=False) from error
            case _:
                why = reason_of(error, End.EXCEPTION)
                hand.finish(*by_death(why))
                raise Crash(why, answered=True) from error


def _pass_over(_message: bytes, _segments: Sequence[bytes]) -> None:
    """What a word of the guardian's says is in its coming."""


def _open_inbox(layout: Layout, bound: int, control: LaneReader, fresh: bool) -> Inbox:
    places = Credits(layout.credits, bound) if bound > 0 else None
    pipe = Descriptor(os.open(layout.mail, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
    return Inbox(layout, pipe, places, wake=[control.fileno()], fresh=fresh)
