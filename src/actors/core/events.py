"""What happens in a system, as it can be subscribed to: ``system.events``."""

from __future__ import annotations

from actors.core.codec.caption import caption
from actors.core.message import Message
from actors.core.reason import ExitReason
from actors.core.ref import ActorRef


class Event(Message):
    """The base of events."""


class ActorStarted(Event):
    """An actor's ``on_start`` has run, or all children of a supervisor have started."""

    actor: ActorRef
    pid: int
    """Its process; 0 for a supervisor, which has none."""
    incarnation: int
    """0 for the first start, one more after each restart."""
    after: float
    """Seconds from the start of its process, or from the death of the one before."""


class ActorRestarted(ActorStarted):
    """The same, after a restart."""


class ActorCrashed(Event):
    """An actor ended abnormally; what happens next is another event."""

    actor: ActorRef
    pid: int
    reason: ExitReason


class ActorRecycled(Event):
    """An actor has reached its ``max_memory``, ``max_messages`` or ``max_age``, and is started anew."""

    actor: ActorRef
    pid: int
    reason: ExitReason


class ActorStopped(Event):
    """An actor is gone for good and its name is free."""

    actor: ActorRef
    reason: ExitReason


class ActorWaits(Event):
    """An actor's restart waits, as its `Backoff` says; its mail is kept meanwhile."""

    actor: ActorRef
    delay: float
    """For how many seconds."""
    attempt: int
    """Which restart in a row it will be."""


class RestartLimitReached(Event):
    """An actor or supervisor, or its children, were restarted too often: it is being stopped.

    For good, unless it is a supervisor that is restarted by what is above it.
    """

    actor: ActorRef
    max_restarts: int
    within: float


class DeadLetter(Event):
    """A message that was not handled to its end."""

    receiver: str
    """The path of the actor that it was sent to."""
    sender: str
    """The path of the actor that sent it; empty if none did."""
    cause: str
    message: bytes
    """The first bytes of the encoded message; see `EventStream.decode`."""
    count: int = 1
    """How many messages this stands for: floods are counted at the source."""

    @property
    def kind(self) -> str:
        """The tag of the message's class, or the type of a plain value; empty if no bytes are known."""
        return caption(self.message) if self.message else ""


class Unhandled(DeadLetter):
    """A message that its receiver does not handle: ``receive`` called ``context.unhandled()``."""


class GuardianRestarted(Event):
    """The guardian process was killed, and a new one is about to rebuild what the application had spawned.

    Every actor died with it. Their waiting mail is lost, and what they had spawned themselves is gone.
    """

    cause: str
    """How the one before ended."""


class EventsLost(Event):
    """The subscriber was too slow: so many events were not kept for it."""

    count: int
