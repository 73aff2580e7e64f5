"""The endpoint: how one process tells, asks and answers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextvars import ContextVar
from copy import copy
from os import getpid
from typing import Any, Final

from actors.core import envelope
from actors.core.actor import Spawnable
from actors.core.address import Address
from actors.core.codec import Codec, Limits
from actors.core.envelope import REPLY, Kind, Outcome, Sender
from actors.core.errors import (
    ActorCrashed,
    ActorRestarting,
    ActorsError,
    ActorStopped,
    AskCycle,
    AskTimeout,
    HandlerError,
    MailboxClosed,
    MailboxFull,
    Rejected,
)
from actors.core.message import Request
from actors.core.protocol import Children, Join, Stop, Undelivered
from actors.core.reason import ExitReason
from actors.core.ref import DEFAULT_TIMEOUT, ActorRef
from actors.core.schema import check_reply
from actors.core.spec import ChildSpec
from actors.runtime import spawning
from actors.runtime.descriptor import Descriptor
from actors.runtime.flood import Flood
from actors.runtime.mailbox.drainer import Carrier
from actors.runtime.peer import Peer, Unheard
from actors.runtime.peers import Peers
from actors.runtime.renewal import renew_after_fork
from actors.runtime.replies import Answer, Pending, PendingFuture, PendingInLoop, Replies
from actors.runtime.site import GUARDIAN, Site

ASKING: Final[ContextVar[tuple[Address, ...]]] = ContextVar("ASKING", default=())
"""The actors that wait for the handler that runs now: each for the next, the last is its own."""

_FOR_EVER: Final = 10.0**9
_RETRY: Final = 0.005
_NO_MESSAGES: Final = "it is a supervisor, which takes no messages"
_SHOWN: Final = 1024
"""How many bytes of a message a dead letter shows."""


def never(_patience: float) -> bool:
    """Say that a closed mailbox stays closed."""
    return False


class Interregnum(Exception):
    """The guardian was killed, and another one does not serve yet."""


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
        try_again: Callable[[float], bool] = never,
        limits: Limits | None = None,
    ) -> None:
        self.site = site
        self.address = address
        self.codec = Codec(limits=limits or Limits(), bind=self.bind)
        self.guardian = _guardian(site.system)
        self.down: ActorsError | None = None
        """Why nothing can be sent any more; set when the system has ended."""
        self.suspended = False
        """Whether every actor is dead or dying, and no mailbox is opened."""
        self._wake = tuple(wake)
        self._on_wake = on_wake
        self._try_again = try_again
        self._peers = Peers(site, carrier, self._lost)
        self._flood = Flood()
        self._incarnate(incarnation)
        if carrier.threaded:
            renew_after_fork(self)

    def _incarnate(self, incarnation: int) -> None:
        self.sender = Sender(self.address, incarnation).pack()
        self._tell = envelope.mail(Kind.TELL, self.sender)
        self._replies: Replies | None = None
        self._making = threading.Lock()

    def bind(self, address: Address) -> ActorRef:
        """A reference that is reached through this endpoint."""
        return ActorRef(address, self)

    # telling

    def tell(self, to: Address, message: Any, timeout: float) -> None:
        """Send a message; if its receiver is gone, make a dead letter of it."""
        body, segments = self.codec.encode(message)
        try:
            self._peer(to).post(self._tell + body, segments, timeout and _deadline(timeout))
        except MailboxClosed:
            self._tell_again(to, body, segments, timeout)

    def _tell_again(self, to: Address, body: bytes, segments: Sequence[bytes], timeout: float) -> None:
        """A mailbox was found closed: its actor is gone, or its guardian was killed and replaced."""
        self._peers.forget(to)
        try:
            if not self._try_again(timeout):
                raise MailboxClosed(to.path)
            self._peer(to).post(self._tell + body, segments, _deadline(timeout))
        except MailboxClosed:
            self._undeliverable(to, body)
        except Interregnum:  # lost, as what waits
            self._flood.hold(1)

    def post(self, to: Address, message: bytes, segments: Sequence[bytes], timeout: float = 0.0) -> None:
        """Send what is in an envelope already. Raises `MailboxClosed` and `MailboxFull`."""
        try:
            self._peer(to).post(message, segments, _deadline(timeout))
        except MailboxClosed:
            self._peers.forget(to)
            if not self._try_again(timeout):
                raise
            self._peer(to).post(message, segments, _deadline(timeout))

    def report(
        self,
        receiver: str,
        sender: str,
        cause: str,
        message: bytes,
        count: int = 1,
        *,
        unhandled: bool = False,
    ) -> None:
        """Make a dead letter; of a flood only the count is kept."""
        if self._flood.admit(count, time.monotonic()):
            self.report_flood()
            self._tell_of(
                Undelivered(
                    receiver=receiver,
                    sender=sender,
                    cause=cause,
                    message=message[:_SHOWN],
                    count=count,
                    unhandled=unhandled,
                )
            )

    def report_flood(self) -> None:
        """Make a dead letter of those that have merely been counted."""
        count = self._flood.release()
        if count:
            self._tell_of(
                Undelivered(
                    receiver="",
                    sender=self.address.path,
                    cause="more than were told one by one",
                    message=b"",
                    count=count,
                )
            )

    def _tell_of(self, said: Undelivered) -> None:
        try:
            self.tell_guardian(said)
        except Interregnum:
            self._flood.hold(said.count)

    def tell_guardian(self, message: Any, system: str | None = None) -> None:
        """Tell the guardian, of this system or another, if there still is one."""
        body, segments = self.codec.encode(message)
        try:
            self.post(_guardian(system or self.site.system), self._tell + body, segments)
        except MailboxClosed:
            self._raise_if_down()

    def notify(self, to: Address, message: Any) -> None:
        """Tell without waiting for room in a bounded mailbox, nor heeding its bound."""
        body, segments = self.codec.encode(message)
        try:
            self._peer(to).force(self._tell + body, segments)
        except MailboxClosed:
            self._peers.forget(to)

    # asking

    def ask(self, to: Address, message: Any, timeout: float) -> Any:
        """Send a question and wait for its end."""
        replies = self._replies or self.replies
        pending = Pending(time.monotonic() + timeout)
        try:
            number = self._send(to, message, pending, self._chain(to), pending.deadline)
        except Interregnum:
            raise AskTimeout(to, timeout) from None
        try:
            answer = replies.wait(pending)
        finally:
            replies.forget(number)
        return self._conclude(to, message, timeout, answer)

    async def ask_async(self, to: Address, message: Any, timeout: float) -> Any:
        """Send a question and wait for its end without blocking the event loop."""
        loop = asyncio.get_running_loop()
        pending = PendingInLoop(time.monotonic() + timeout, loop)
        self.replies.attend(loop)
        number = await self._send_patiently(to, message, timeout, pending)
        clock = loop.call_later(pending.deadline - time.monotonic(), pending.expire)
        try:
            answer = await pending.future
        finally:
            clock.cancel()
            self.replies.forget(number)
        return self._conclude(to, message, timeout, answer)

    def ask_future(self, to: Address, message: Any, timeout: float) -> Future[Any]:
        """Send a question; the future tells its end."""

        def conclude(answer: Answer | None) -> Any:
            return self._conclude(to, message, timeout, answer)

        pending = PendingFuture(time.monotonic() + timeout, conclude)
        try:
            number = self._send(to, message, pending, (), 0.0)
        except Interregnum:
            raise ActorRestarting(to) from None
        self.replies.attend_future(number, pending)
        return pending.future

    @property
    def replies(self) -> Replies:
        """The reply lane of this process, made at the first ask."""
        replies = self._replies
        return self._make_replies() if replies is None else replies

    def _make_replies(self) -> Replies:
        with self._making:
            if self._replies is None:
                lane = self.site.replies(self.address.id, Sender.unpack(self.sender).incarnation)
                self._replies = Replies(lane, self._wake, self._on_wake)
            return self._replies

    # answering

    def answer(self, to: bytes, number: int, outcome: Outcome, value: Any) -> None:
        """End an ask. Raises `EncodeError` if the value cannot travel; an asker that is gone is none.

        `to` is the asker as it stands in the question's envelope.
        """
        body, segments = self.codec.encode(value)
        try:
            self._peers.lane(to).put(envelope.reply(number, outcome, body), segments)
        except MailboxClosed:
            self._peers.forget_lane(to)
        except MailboxFull as error:
            self.report(Sender.unpack(to).address.path, self.address.path, f"reply: {error}", body)

    def refuse_restarting(self, to: Address) -> None:
        """Raise `ActorRestarting` if an actor is just being restarted."""
        try:
            restarting = self._peer(to).restarting
        except MailboxClosed:  # what is asked of it says so
            return
        if restarting:
            raise ActorRestarting(to)

    # commanding

    def spawn(self, parent: Address, spec: ChildSpec[Any] | type[Spawnable], name: str | None) -> ActorRef:
        """Start a child below `parent`; return once it has started. Raises `StartError`, `NameTaken`."""
        request, timeout = spawning.plan(self.codec, parent, spec, name)
        with spawning.unless_guardian_dies(request):
            return self.bind(spawning.started(self.ask(_guardian(parent.system), request, timeout)))

    async def spawn_async(
        self, parent: Address, spec: ChildSpec[Any] | type[Spawnable], name: str | None
    ) -> ActorRef:
        """`spawn` for asyncio."""
        request, timeout = spawning.plan(self.codec, parent, spec, name)
        with spawning.unless_guardian_dies(request):
            reply = await self.ask_async(_guardian(parent.system), request, timeout)
        return self.bind(spawning.started(reply))

    def children(self, of: Address) -> list[ActorRef]:
        """The children of an actor or supervisor."""
        children: list[ActorRef] = self.inquire(Children(id=of.id), of.system)
        return children

    def inquire(self, question: Any, system: str, timeout: float = DEFAULT_TIMEOUT) -> Any:
        """Ask a guardian something that may be asked again, of another one, if it is killed."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                return self.ask(_guardian(system), question, max(0.0, deadline - time.monotonic()))
            except ActorCrashed:
                continue

    def stop(self, to: Address, *, drain: bool) -> None:
        """Have an actor stop for good."""
        if not drain:
            self.tell_guardian(Stop(id=to.id), to.system)
            return
        try:
            self.post(to, envelope.mail(Kind.LAST, self.sender), ())
        except MailboxClosed:
            return

    def kill(self, to: Address) -> None:
        """Have an actor killed for good."""
        self.tell_guardian(Stop(id=to.id, kill=True), to.system)

    def join(self, to: Address, timeout: float | None) -> bool:
        """Wait until an actor is gone for good."""
        try:
            within = _FOR_EVER if timeout is None else timeout
            return bool(self.inquire(Join(id=to.id), to.system, within))
        except AskTimeout:
            return False

    # ending

    def flush(self, timeout: float) -> int:
        """Carry what waits in this process; return how many messages still do when the time is up."""
        return self._peers.flush(timeout)

    def suspend(self, why: ExitReason) -> None:
        """Everyone has died: open no mailbox until further notice, lose what waits here, end all asks."""
        self.suspended = True
        self._peers.close()  # before the asks end, so that none is sent to who is still dying
        self.end_asks(why)

    def end_asks(self, why: ExitReason) -> None:
        """Let all asks that are open now end, as everyone who was asked has died."""
        if self._replies is not None:
            self._replies.end_present(Answer(Outcome.CRASHED, *self.codec.encode(why)))

    def close(self, error: ActorsError) -> None:
        """End every ask with `error`; nothing is sent any more."""
        self.down = error
        if self._replies is not None:
            self._replies.end_all(error)
            self._replies.close()
        self._peers.close()
        self._wake, self._on_wake, self._try_again = (), lambda: error, never

    def _chain(self, to: Address) -> tuple[Address, ...]:
        chain = ASKING.get()
        if chain and to in chain:
            raise AskCycle((*chain[chain.index(to) :], to))
        return chain

    def _send(
        self, to: Address, message: Any, pending: Pending, chain: tuple[Address, ...], patience: float
    ) -> int:
        """Send a question; it may wait for room, and for a new guardian, until `patience` (monotonic)."""
        body, segments = self.codec.encode(message)
        try:
            return self._put(to, body, segments, pending, chain, patience)
        except MailboxClosed:
            self._peers.forget(to)
        try:
            if not self._try_again(max(0.0, patience - time.monotonic())):
                raise MailboxClosed(to.path)
            return self._put(to, body, segments, pending, chain, patience)
        except MailboxClosed:
            self._peers.forget(to)
            self._raise_if_down()
            if self._is_supervisor(to):
                raise Rejected(to, _NO_MESSAGES) from None
            raise ActorStopped(to, may_have_run=False) from None

    def _put(
        self,
        to: Address,
        body: bytes,
        segments: Sequence[bytes],
        pending: Pending,
        chain: tuple[Address, ...],
        patience: float,
    ) -> int:
        number = (self._replies or self.replies).expect(pending)
        if chain:
            head = envelope.mail(Kind.ASK, self.sender, number, pending.deadline, chain)
        else:
            head = envelope.ask(self.sender, number, pending.deadline)
        try:
            self._peer(to).post(head + body, segments, patience)
        except Unheard:  # what else has become of it is in the reply lane already, before this
            self.answer(self.sender, number, Outcome.STOPPED, False)
        except BaseException:
            self.replies.forget(number)
            raise
        return number

    async def _send_patiently(
        self, to: Address, message: Any, timeout: float, pending: PendingInLoop
    ) -> int:
        chain = self._chain(to)
        while True:
            late = time.monotonic() + _RETRY > pending.deadline
            try:
                return self._send(to, message, pending, chain, 0.0)
            except MailboxFull:
                if late:
                    raise
            except Interregnum:
                if late:
                    raise AskTimeout(to, timeout) from None
            await asyncio.sleep(_RETRY)

    def _conclude(self, to: Address, message: Any, timeout: float, answer: Answer | None) -> Any:
        """The reply, or the error that an ask ended with."""
        if answer is None:
            raise AskTimeout(to, timeout)
        if answer.error is not None:
            raise copy(answer.error)
        value = self.codec.decode(answer.body, answer.segments)
        if answer.outcome is REPLY:
            if isinstance(message, Request):
                check_reply(type(message), value)  # pyright: ignore[reportUnknownArgumentType]
            return value
        match answer.outcome:
            case Outcome.RAISED:
                raise HandlerError(to, *value)
            case Outcome.REJECTED:
                raise Rejected(to, value)
            case Outcome.CRASHED:
                raise ActorCrashed(to, value)
            case Outcome.STOPPED:
                raise ActorStopped(to, value)

    def _peer(self, to: Address) -> Peer:
        peer = self._peers.get(to)
        if peer is None:
            if self.down is not None:
                raise copy(self.down)
            if self.suspended:
                raise MailboxClosed(to.path)
            peer = self._peers.open(to)
        return peer

    def _raise_if_down(self) -> None:
        down = self.down or self._on_wake()
        if down is not None:
            raise copy(down)  # each with a traceback of its own

    def _undeliverable(self, to: Address, body: bytes) -> None:
        self._peers.forget(to)
        self._raise_if_down()
        cause = _NO_MESSAGES if self._is_supervisor(to) else "the actor has stopped"
        self.report(to.path, self.address.path, cause, body)

    def _is_supervisor(self, to: Address) -> bool:
        return self.site.other(to.system).is_supervisor(to.id)

    def _lost(self, to: Address, messages: Sequence[bytes]) -> None:
        """Count what waited here for an actor that is gone for good, and end the asks among it."""
        if self.down is not None:
            return
        if self.suspended:  # not for good, and the asks end with all others
            self._flood.hold(len(messages))
            return
        for mail in map(envelope.open_mail, messages):
            if mail.kind == Kind.ASK:
                self.answer(mail.sender, mail.correlation, Outcome.STOPPED, False)
        self.report(to.path, self.address.path, "the actor has stopped", b"", len(messages))

    def renew(self) -> None:
        """In a forked child: be another asker than the parent."""
        self._incarnate(getpid())


def _guardian(system: str) -> Address:
    return Address(system, GUARDIAN, "guardian")


def _deadline(timeout: float) -> float:
    return time.monotonic() + timeout if timeout > 0 else 0.0
