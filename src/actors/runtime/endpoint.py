"""The endpoint: how one process tells, asks and answers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from copy import copy
from functools import partial
from typing import Any, TypeVar

from actors.core import envelope
from actors.core.address import Address
from actors.core.codec import Codec, Limits
from actors.core.codec.limits import DEFAULT_LIMITS
from actors.core.envelope import REPLY, Kind, Outcome, Sender
from actors.core.errors import (
    ActorRestarting,
    ActorsError,
    EncodeError,
    MailboxClosed,
    MailboxFull,
    SystemStopped,
)
from actors.core.reason import End, ExitReason
from actors.core.ref import ActorRef
from actors.runtime import processes
from actors.runtime.asking import NO_MESSAGES, Asking
from actors.runtime.commands import Commands
from actors.runtime.conclusion import by_death
from actors.runtime.deadline import moment
from actors.runtime.descriptor import Descriptor
from actors.runtime.failure import reason_of
from actors.runtime.interregnum import Interregnum
from actors.runtime.mailbox.drainer import Carrier
from actors.runtime.patience import patiently
from actors.runtime.peer import Orphaned
from actors.runtime.peers import Peers
from actors.runtime.pending import Answer
from actors.runtime.renewal import renew_after_fork
from actors.runtime.reports import Reports
from actors.runtime.site import Site, guardian_of

T = TypeVar("T")


def never(_generation: int, _patience: float) -> bool:
    """Say that no guardian is replaced."""
    return False


class Endpoint:
    """Reaches the actors of a system from this process; the `Engine` behind its references.

    Thread-safe. A forked child gets a reply lane of its own at its first ask.
    """

    def __init__(
        self,
        site: Site,
        address: Address,
        incarnation: int,
        *,
        carrier: Carrier,
        wake: Iterable[Descriptor] = (),
        on_wake: Callable[[], ActorsError | None] = lambda: None,
        replaced: Callable[[int, float], bool] = never,
        limits: Limits | None = None,
    ) -> None:
        """Send and ask as `address`.

        `on_wake` is called when one of `wake` may have become readable. `replaced` says whether the
        guardian of a generation has been replaced, by now or within so many seconds, or raises.
        """
        self.site = site
        self.address = address
        self.codec = Codec(limits=limits or DEFAULT_LIMITS, bind=self.bind)
        self.guardian = guardian_of(site.system)
        self.down: ActorsError | None = None
        """Why nothing can be sent any more; set when the system has ended."""
        self._on_wake = on_wake
        self._replaced = replaced
        self.peers = Peers(site, carrier, self._lost)
        self.reports = Reports(address.path, self.tell_guardian)
        self.commands = Commands(self)
        self._asking = asking = Asking(self, wake, on_wake)
        self.ask, self.ask_async, self.ask_future = asking.ask, asking.ask_async, asking.ask_future
        self._incarnate(incarnation)
        if carrier.threaded:
            renew_after_fork(self)

    def _incarnate(self, incarnation: int) -> None:
        self.sender = Sender(self.address, incarnation).pack()
        self._tell = envelope.mail(Kind.TELL, self.sender)

    def bind(self, address: Address) -> ActorRef:
        """A reference that is reached through this endpoint."""
        return ActorRef(address, self)

    # telling

    def tell(self, to: Address, message: Any, timeout: float) -> None:
        """Send a message; if its receiver is gone, make a dead letter of it."""
        body, segments = self.codec.encode(message)
        deadline = 0.0 if timeout == 0.0 else moment(timeout)
        try:
            self.peers.reach(to).post(self._tell + body, segments, deadline)
        except MailboxClosed:
            self._tell_again(to, body, segments, deadline)

    async def tell_async(self, to: Address, message: Any, timeout: float) -> None:
        """`tell`, without blocking the event loop while there is no room, or no guardian."""
        body, segments = self.codec.encode(message)
        post = partial(self._post_again, to, self._tell + body, segments, 0.0)
        try:
            await patiently(post, moment(timeout))
        except MailboxClosed:
            self._undeliverable(to, body)
        except Interregnum:  # lost, as what waits
            self.reports.hold(1)

    def _tell_again(self, to: Address, body: bytes, segments: Sequence[bytes], deadline: float) -> None:
        try:
            self._post_again(to, self._tell + body, segments, deadline)
        except MailboxClosed:
            self._undeliverable(to, body)
        except Interregnum:  # lost, as what waits
            self.reports.hold(1)

    def post(self, to: Address, message: bytes, segments: Sequence[bytes], timeout: float = 0.0) -> None:
        """Send what is in an envelope already. Raises `MailboxClosed`, `MailboxFull` and `Interregnum`."""
        deadline = moment(timeout)
        try:
            self.peers.reach(to).post(message, segments, deadline)
        except MailboxClosed:
            self._post_again(to, message, segments, deadline)

    def force(self, to: Address, message: bytes) -> None:
        """`post` a message, beyond the bound of a bounded mailbox if that is full."""
        try:
            self.peers.reach(to).force(message, ())
        except MailboxClosed:
            self.persist(to, lambda: self.peers.reach(to).force(message, ()), 0.0)

    def _post_again(self, to: Address, message: bytes, segments: Sequence[bytes], deadline: float) -> None:
        self.persist(to, lambda: self.peers.reach(to).post(message, segments, deadline), deadline)

    def tell_guardian(self, message: Any, system: str | None = None, patience: float = 0.0) -> None:
        """Tell the guardian, of this system or another, if there still is one.

        Waits at most `patience` seconds for the next one if it was killed, then raises `Interregnum`.
        """
        body, segments = self.codec.encode(message)
        try:
            self.post(guardian_of(system or self.site.system), self._tell + body, segments, patience)
        except MailboxClosed:
            self.raise_if_down()

    def notify(self, to: Address, body: bytes, segments: Sequence[bytes]) -> None:
        """Tell what is encoded, beyond the bound of a mailbox that is full; who is gone is not told."""
        try:
            self.peers.reach(to).force(self._tell + body, segments)
        except MailboxClosed:
            self.peers.forget(to)

    # answering

    def answer(
        self,
        to: bytes,
        number: int,
        outcome: Outcome,
        value: Any,
        by: Address | None = None,
        *,
        only: bool = False,
    ) -> None:
        """End an ask. Raises `EncodeError` if the value cannot travel; an asker that is gone is none.

        A reply for which there is no room becomes a dead letter, and an error that says so.

        `to` is the asker as it stands in the question's envelope. An end without a reply says whose it is:
        this endpoint's, or that of the actor `by` which it speaks for. `only` says that nobody else can
        have a reply to this question, now or later.
        """
        if outcome is not REPLY:
            value = (by or self.address).path, value
        try:
            body, segments = self.codec.encode(value)
        except EncodeError as error:
            place = re.sub(r"^message\b", "reply", error.place)
            raise EncodeError(place, error.problem) from error.__cause__
        try:
            self.peers.lane(to).reply(number, envelope.reply(number, outcome, body), segments, only=only)
        except MailboxClosed:
            self.peers.forget_lane(to)
        except MailboxFull as error:
            self.reports.make(Sender.unpack(to).address.path, self.address.path, f"reply: {error}", body)
            if outcome is REPLY:
                self.answer(to, number, *by_death(reason_of(error, End.EXCEPTION)), by)

    def refuse_restarting(self, to: Address) -> None:
        """Raise `ActorRestarting` if an actor is just being restarted."""
        try:
            restarting = self.peers.reach(to).restarting
        except MailboxClosed:  # what is asked of it says so
            return
        if restarting:
            raise ActorRestarting(to)

    @property
    def late_replies(self) -> int:
        """How many replies came after their ask had ended."""
        return self._asking.late_replies

    # reaching

    def persist(self, to: Address, attempt: Callable[[], T], deadline: float) -> T:
        """What `attempt` returns, which has found a mailbox closed: its actor is gone, or its guardian is.

        It is made again, and if the guardian is gone each time that another one serves. Raises
        `MailboxClosed` if the actor is gone, and `Interregnum` if no guardian serves by the `deadline`.
        """
        while True:
            self.peers.forget(to)
            generation = self.peers.generation
            try:
                return attempt()
            except MailboxClosed as error:
                died = isinstance(error, Orphaned) or self.peers.suspended
                if self.is_abroad(to) or not (died or self.peers.generation != generation):
                    self.peers.forget(to)
                    raise
            if not self._replaced(generation, max(0.0, deadline - time.monotonic())):
                raise MailboxClosed(to.path)

    def raise_if_down(self) -> None:
        """Raise the error with which the system has ended, if it has."""
        down = self.down or self._on_wake()
        if down is not None:
            raise copy(down)  # each with a traceback of its own

    def is_abroad(self, to: Address) -> bool:
        """Whether an address is one of another system, with a guardian of its own."""
        return to.system != self.site.system

    def is_supervisor(self, to: Address) -> bool:
        """Whether an address is a living supervisor's, which takes no messages."""
        return self.site.other(to.system).is_supervisor(to.id)

    # ending

    def flush(self, timeout: float) -> int:
        """Carry what waits in this process; return how many messages still do when the time is up."""
        return self.peers.flush(timeout)

    def suspend(self, why: ExitReason) -> None:
        """Everyone has died: open no mailbox until further notice, lose what waits here, end all asks.

        None that has to do with another system.
        """
        self.peers.suspend()  # before the asks end, so that none is sent to who is still dying
        self.end_asks(why)

    def resume(self) -> None:
        """A new guardian serves."""
        self.peers.resume()

    @property
    def generation(self) -> int:
        """How many guardians have been replaced."""
        return self.peers.generation

    def end_asks(self, why: ExitReason) -> None:
        """Let all asks of this system that are open now end, as everyone who was asked has died."""
        self._asking.end_present(Answer(Outcome.CRASHED, *self.codec.encode(("", why))))

    def close(self, error: ActorsError) -> None:
        """End every ask with `error`; nothing is sent any more."""
        self.down = error
        self._asking.close(error)
        self.peers.end(error)
        self._on_wake, self._replaced = lambda: error, never

    def renew(self) -> None:
        """In a forked child: be another asker than the parent, and leave that what wakes it."""
        self._on_wake = lambda: None
        self._incarnate(processes.number())
        self.site.sweep_replies(self.address.id)
        self.peers.renew()
        self._asking.renew()

    def _undeliverable(self, to: Address, body: bytes) -> None:
        self.raise_if_down()
        cause = NO_MESSAGES if self.is_supervisor(to) else "the actor has stopped"
        self.reports.make(to.path, self.address.path, cause, body)

    def _lost(self, to: Address, messages: Sequence[bytes], buried: bool) -> None:
        """Count what waited here for an actor; if it is gone for good, end the asks among it."""
        if self.down is not None:
            return
        if not buried and not self.is_abroad(to):  # the asks end with all others
            self.reports.hold(len(messages))
            return
        with suppress(SystemStopped):  # since the look
            for mail in map(envelope.open_mail, messages):
                if mail.kind == Kind.ASK:
                    self.answer(mail.sender, mail.correlation, Outcome.STOPPED, False, to)
            self.reports.make(to.path, self.address.path, "the actor has stopped", b"", len(messages))
