"""The message in hand: what its handler's end means for who sent it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from actors.core import envelope
from actors.core.address import Address
from actors.core.envelope import REPLY, Kind, Mail, Outcome
from actors.core.errors import MailboxClosed
from actors.core.ref import ActorRef
from actors.runtime.asking import NO_MESSAGES
from actors.runtime.endpoint import Endpoint
from actors.runtime.site import APPLICATION

_ASK: Final = int(Kind.ASK)


class Hand:
    """A message that is being handled. An ask is answered once."""

    __slots__ = (
        "_chain",
        "_endpoint",
        "_head",
        "_only",
        "_sender",
        "data",
        "deadline",
        "message",
        "number",
        "owes",
        "segments",
    )

    def __init__(
        self,
        endpoint: Endpoint,
        mail: Mail,
        data: bytes,
        segments: Sequence[bytes],
        message: Any,
        *,
        once: bool = False,
    ) -> None:
        """`once` says that no message comes to this actor again."""
        self.message = message
        self.data = data
        """All that came, the envelope first."""
        self.segments = segments
        self._head = len(data) - len(mail.body)
        self._endpoint = endpoint
        self._sender = mail.sender
        self._chain = mail.chain
        self.number = mail.correlation
        """Which question of its asker it is."""
        self.deadline = mail.deadline
        self.owes = mail.kind == _ASK
        """Whether it is a question that has not been answered."""
        self._only = once and not mail.forwarded
        """Whether nobody else can ever have the same question."""

    @property
    def body(self) -> bytes:
        """The message's own bytes."""
        return self.data[self._head :]

    @property
    def sender(self) -> ActorRef | None:
        """The actor that sent it; None if it came from the application."""
        address = envelope.SENDERS[self._sender].address
        return None if address.id <= APPLICATION else self._endpoint.bind(address)

    @property
    def question(self) -> tuple[bytes, int, float]:
        """Who asked, as it stands in the envelope, which question it is, and until when they wait."""
        return self._sender, self.number, self.deadline

    def answer(self, value: Any) -> None:
        """End the ask with the value that the handler returned."""
        self._endpoint.answer(self._sender, self.number, REPLY, value, only=self._only)
        self.owes = False

    def finish(self, outcome: Outcome, value: Any, by: Address | None = None) -> None:
        """End an ask in another way, for another actor if it is `by` that."""
        if self.owes:
            self.owes = False
            self._endpoint.answer(self._sender, self.number, outcome, value, by)

    def reject(self, why: str) -> None:
        """The message was not for this actor: an ask is rejected, a tell is a dead letter."""
        if self.owes:
            self.finish(Outcome.REJECTED, why)
        else:
            self._dead_letter(why or "rejected")

    def unhandled(self) -> None:
        """The actor does not handle such messages."""
        why = f"{self._endpoint.address} does not handle {type(self.message).__name__}"
        if self.owes:
            self.finish(Outcome.REJECTED, why)
        else:
            self._dead_letter(why, unhandled=True)

    def forward(self, to: ActorRef, body: bytes, segments: Sequence[bytes], timeout: float) -> None:
        """Hand a message on to another actor, as from this message's sender."""
        if self.owes:
            head = envelope.mail(
                Kind.ASK, self._sender, self.number, self.deadline, self._chain, forwarded=True
            )
        else:
            head = envelope.mail(Kind.TELL, self._sender)
        try:
            self._endpoint.post(to.address, head + body, segments, timeout)
        except MailboxClosed:
            self._could_not_forward(to, body)
        self.owes = False

    def _could_not_forward(self, to: ActorRef, body: bytes) -> None:
        """What would have become of it if it had been sent there directly."""
        supervisor = self._endpoint.is_supervisor(to.address)
        if supervisor:
            self.finish(Outcome.REJECTED, NO_MESSAGES, to.address)
        else:
            self.finish(Outcome.STOPPED, False, to.address)
        cause = NO_MESSAGES if supervisor else "the actor has stopped"
        self._endpoint.reports.make(to.path, envelope.path_of(self._sender), cause, body)

    def forward_unchanged(self, to: ActorRef, timeout: float) -> None:
        """Hand this very message on."""
        self.forward(to, self.body, self.segments, timeout)

    def _dead_letter(self, cause: str, *, unhandled: bool = False) -> None:
        path, sender = self._endpoint.address.path, envelope.path_of(self._sender)
        self._endpoint.reports.make(path, sender, cause, self.body, unhandled=unhandled)
