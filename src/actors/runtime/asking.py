"""Asking: how the questions of one process are sent, and how each comes to its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from actors.core import envelope
from actors.core.address import Address
from actors.core.envelope import Kind, Outcome, Sender
from actors.core.errors import (
    ActorCrashed,
    ActorRestarting,
    ActorsError,
    ActorStopped,
    AskCycle,
    AskTimeout,
    MailboxClosed,
    Rejected,
)
from actors.runtime.conclusion import conclude
from actors.runtime.deadline import moment
from actors.runtime.descriptor import Descriptor
from actors.runtime.interregnum import Interregnum
from actors.runtime.mutex import Mutex
from actors.runtime.patience import patiently
from actors.runtime.peer import Unheard
from actors.runtime.pending import Answer, Pending, PendingInLoop
from actors.runtime.replies import Replies

if TYPE_CHECKING:
    from actors.runtime.endpoint import Endpoint

ASKING: Final[ContextVar[tuple[Address, ...]]] = ContextVar("ASKING", default=())
"""The actors that wait for the handler that runs now: each for the next, the last is its own."""

NO_MESSAGES: Final = "it is a supervisor, which takes no messages"
"""Why a supervisor rejects what it is told or asked."""
_LOST: Final = (ActorCrashed, AskTimeout)
"""What ends an ask whose reply may have been cut off by a death."""


class Asking:
    """Asks through an endpoint. Thread-safe; the lane for replies is made at the first question."""

    def __init__(
        self,
        endpoint: Endpoint,
        wake: Iterable[Descriptor],
        on_wake: Callable[[], ActorsError | None],
    ) -> None:
        """`on_wake` is called when one of `wake` may have become readable."""
        self._endpoint = endpoint
        self._home = endpoint.site.system
        self._wake = tuple(wake)
        self._on_wake = on_wake
        self._begin()

    def renew(self) -> None:
        """In a forked child: be an asker that has asked nothing yet, and that nobody wakes."""
        self._wake, self._on_wake = (), lambda: None
        self._begin()

    def _begin(self) -> None:
        self._replies: Replies | None = None
        self._making = Mutex()
        self._half_made = False
        """Whether the lane for replies is just being made."""
        self._origin: tuple[tuple[Address, ...], bytes] | None = None
        """That of the last question's envelope, with the chain that it was made for."""

    def ask(self, to: Address, message: Any, timeout: float) -> Any:
        """Send a question and wait for its end."""
        replies = self._replies or self.replies
        try:  # in line, as every ask comes by here
            now = time.monotonic()
            pending = Pending(now + timeout, replies.are_prompt(now))
        except (TypeError, OverflowError):
            pending = Pending(moment(timeout))
        try:
            self._send(to, message, pending, self._chain(to), pending.deadline)
            answer = replies.wait(pending)
        except Interregnum:
            raise AskTimeout(to, timeout) from None
        finally:
            if pending.number:
                replies.forget(pending)
        try:  # not `_conclude`, as that would be a call more for each ask
            return conclude(self._endpoint.codec, to, message, timeout, answer)
        except _LOST:
            replies.suspect()
            raise

    async def ask_async(self, to: Address, message: Any, timeout: float) -> Any:
        """Send a question and wait for its end without blocking the event loop."""
        loop = asyncio.get_running_loop()
        replies = self.replies
        pending = PendingInLoop(moment(timeout), loop, looks=replies.promptness_in_loops.is_likely())
        replies.attend(loop)
        try:
            await self._send_patiently(to, message, timeout, pending)
            if replies.look(pending):
                await asyncio.sleep(0)
            answer = await pending.end()
        finally:
            replies.forget(pending)
        return self._conclude(to, message, timeout, answer)

    def ask_future(self, to: Address, message: Any, timeout: float) -> Future[Any]:
        """Send a question; the future tells its end."""
        futures = self.replies.futures
        pending = futures.expect(moment(timeout), partial(self._conclude, to, message, timeout))
        try:
            self._send(to, message, pending, (), 0.0)
            futures.attend(pending)
        except BaseException as error:
            self.replies.forget(pending)
            if isinstance(error, Interregnum):
                raise ActorRestarting(to) from None
            raise
        return pending.future

    @property
    def replies(self) -> Replies:
        """The reply lane of this process, made at the first ask."""
        replies = self._replies
        return self._make_replies() if replies is None else replies

    @property
    def late_replies(self) -> int:
        """How many replies came after their ask had ended."""
        return 0 if self._replies is None else self._replies.late

    def _make_replies(self) -> Replies:
        with self._making:
            if self._half_made:
                raise RuntimeError("a signal handler cannot ask while its thread makes its first question")
            self._half_made = True
            try:
                if self._replies is None:
                    me = Sender.unpack(self._endpoint.sender)
                    lane = self._endpoint.site.replies(me.address.id, me.incarnation)
                    self._replies = Replies(lane, self._wake, self._on_wake)
            finally:
                self._half_made = False
            return self._replies

    def _chain(self, to: Address) -> tuple[Address, ...]:
        chain = ASKING.get()
        if chain and to in chain:
            raise AskCycle((*chain[chain.index(to) :], to))
        return chain

    def _send(
        self, to: Address, message: Any, pending: Pending, chain: tuple[Address, ...], until: float
    ) -> None:
        """Send a question; it may wait for room, and for a new guardian, `until` then (monotonic)."""
        body, segments = self._endpoint.codec.encode(message)
        last = self._origin
        origin = last[1] if last is not None and last[0] is chain else self._new_origin(chain)
        try:
            self._put(to, origin, body, segments, pending, until)
            return
        except MailboxClosed:
            pass
        try:
            again = partial(self._put, to, origin, body, segments, pending, until)
            self._endpoint.persist(to, again, until)
        except MailboxClosed:
            self._endpoint.raise_if_down()
            if self._endpoint.is_supervisor(to):
                raise Rejected(to, NO_MESSAGES) from None
            raise ActorStopped(to, may_have_run=False) from None

    def _put(
        self,
        to: Address,
        origin: bytes,
        body: bytes,
        segments: Sequence[bytes],
        pending: Pending,
        until: float,
    ) -> None:
        """Number a question, and put it into the mailbox."""
        replies = self._replies or self.replies
        number = replies.expect(pending)
        if to.system != self._home:
            replies.send_abroad(number)
        try:
            message = envelope.number(number, pending.deadline) + origin + body
            self._endpoint.peers.reach(to).post(message, segments, until)
        except Unheard:  # what else has become of it is in the reply lane already, before this
            self._endpoint.answer(self._endpoint.sender, number, Outcome.STOPPED, False, to)
        except BaseException:
            replies.forget(pending)
            raise

    def _new_origin(self, chain: tuple[Address, ...]) -> bytes:
        origin = envelope.origin(Kind.ASK, self._endpoint.sender, chain)
        self._origin = chain, origin
        return origin

    async def _send_patiently(
        self, to: Address, message: Any, timeout: float, pending: PendingInLoop
    ) -> None:
        send = partial(self._send, to, message, pending, self._chain(to), 0.0)
        try:
            await patiently(send, pending.deadline)
        except Interregnum:
            raise AskTimeout(to, timeout) from None

    def _conclude(self, to: Address, message: Any, timeout: float, answer: Answer | None) -> Any:
        try:
            return conclude(self._endpoint.codec, to, message, timeout, answer)
        except _LOST:
            self.replies.suspect()
            raise

    def end_present(self, answer: Answer) -> None:
        """Let all questions to this system that are open now end with an answer."""
        if self._replies is not None:
            self._replies.end_present(answer)

    def close(self, error: ActorsError) -> None:
        """End every question with `error`; no reply can come any more."""
        if self._replies is not None:
            self._replies.end_all(error)
            self._replies.close()
        self._wake, self._on_wake = (), lambda: error
