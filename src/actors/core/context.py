"""What an actor is given by the runtime: its `context`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from actors.core.actor import Spawnable
    from actors.core.ref import ActorRef
    from actors.core.spec import ChildSpec


class Context(Protocol):
    """An actor's view of the system, as ``self.context``; there from ``on_start`` on."""

    @property
    def ref(self) -> ActorRef:
        """This actor's own reference."""
        ...

    @property
    def sender(self) -> ActorRef | None:
        """Who sent the message in hand; None if it came from outside any actor.

        Telling the sender something is a message like any other, not the reply to an ask.
        """
        ...

    @property
    def log(self) -> FilteringBoundLogger:
        """A structlog logger that names the actor in every event."""
        ...

    def spawn(self, spec: ChildSpec[Any] | type[Spawnable], *, name: str | None = None) -> ActorRef:
        """Start a child of this actor and return once its ``on_start`` has run.

        The child stops when this actor stops or restarts. Raises `StartError` or `NameTaken`.
        """
        ...

    def find(self, path: str) -> ActorRef:
        """The reference of the actor that has a name in the system now. Raises `NoSuchActor`."""
        ...

    def stop(self, child: ActorRef | None = None) -> None:
        """Stop this actor after the message in hand, normally; or stop one of its children."""
        ...

    def forward(self, to: ActorRef, message: Any = None, *, timeout: float = 0.0) -> None:
        """Hand the message in hand, or another in its place, to another actor as its sender's.

        If it was an ask, its answer will come from there: what ``receive`` returns is not sent. Waits for
        room in a bounded mailbox at most `timeout` seconds, then raises `MailboxFull`.
        """
        ...

    def unhandled(self) -> None:
        """Make the message in hand a dead letter; an ask ends with `Rejected`."""
        ...
