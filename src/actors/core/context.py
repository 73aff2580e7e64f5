"""What an actor is given by the runtime: its `context`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from actors.core.ref import ActorRef
    from actors.core.spawnable import Spawnable
    from actors.core.spec import ChildSpec


class Timer(Protocol):
    """A message to come: `Context.send_after`, `Context.send_every`."""

    def cancel(self) -> None:
        """Send no more. Harmless if there is no more to send."""
        ...


class Deferred(Protocol):
    """A question whose reply has been put off (`Context.defer`). For any thread of the actor."""

    @property
    def expected(self) -> bool:
        """Whether somebody still waits: there was no reply yet, and the timeout of the ask is not over."""
        ...

    def reply(self, value: Any) -> None:
        """End the ask with `value`. Only the first end of an ask counts.

        Raises `EncodeError` if the value cannot travel; the ask has not ended then.
        """
        ...

    def reject(self, why: str) -> None:
        """End the ask with `Rejected`, as `Reject` does in a handler."""
        ...


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
        """A structlog logger that names the actor in every event.

        It writes to stderr, from the level on that ``ACTORS_LOG_LEVEL`` names, by default ``warning``.
        """
        ...

    def spawn(self, spec: ChildSpec[Any] | type[Spawnable], *, name: str | None = None) -> ActorRef:
        """Start a child of this actor and return once its ``on_start`` has run.

        The child stops when this actor stops or restarts. Raises `StartError` or `NameTaken`.
        """
        ...

    async def spawn_async(
        self, spec: ChildSpec[Any] | type[Spawnable], *, name: str | None = None
    ) -> ActorRef:
        """`spawn` for asyncio: the actor's own tasks go on meanwhile."""
        ...

    def find(self, path: str) -> ActorRef:
        """The reference of the actor that has a name in the system now. Raises `NoSuchActor`."""
        ...

    def stop(self, child: ActorRef | None = None) -> None:
        """Stop this actor after the message in hand, normally; or stop another, as `ActorRef.stop` does.

        The actor's own tasks and threads may call it, too: an idle actor stops at once.
        """
        ...

    def watch(self, actor: ActorRef) -> None:
        """Have one `Terminated` put into this actor's mail once `actor` is gone for good.

        Not at a restart. It comes after every message that the actor had handed over, and after its name
        is free; at once if it is gone already. Watching twice is watching once. A watch ends with the
        watcher's incarnation: watch in ``on_start``.
        """
        ...

    def unwatch(self, actor: ActorRef) -> None:
        """Stop watching. A `Terminated` that waits in the mail already is still delivered."""
        ...

    def children(self) -> list[ActorRef]:
        """This actor's children, in the order in which they were started."""
        ...

    def send_after(self, seconds: float, message: Any) -> Timer:
        """Put a message into this actor's mail in so many seconds; the timer can be cancelled.

        It comes after the mail that waits then, also if that fills a bounded mailbox, and never
        interrupts a handler. Timers end with the incarnation. The message is
        encoded now, and raises `EncodeError` if it cannot travel.
        """
        ...

    def send_every(self, seconds: float, message: Any) -> Timer:
        """Put a message into this actor's mail every so many seconds, until the timer is cancelled.

        An actor that is busy for longer finds one message, not all that it has missed.
        """
        ...

    def forward(self, to: ActorRef, message: Any = None, *, timeout: float = 0.0) -> None:
        """Hand the message in hand, or another in its place, to another actor as its sender's.

        If it was an ask, its answer will come from there: what ``receive`` returns is not sent. Waits for
        room in a bounded mailbox at most `timeout` seconds, then raises `MailboxFull`.
        """
        ...

    def defer(self) -> Deferred:
        """Put off the reply to the message in hand: what ``receive`` returns is not sent.

        The actor goes on with its next message and replies later, from a handler, a task or a thread. If it
        stops or fails before, the ask ends with `ActorStopped`, `HandlerError` or `ActorCrashed`; if its
        process is killed, or the `Deferred` is dropped, by its timeout. To a tell a reply goes nowhere.
        """
        ...

    def unhandled(self) -> None:
        """Make the message in hand a dead letter; an ask ends with `Rejected`."""
        ...
