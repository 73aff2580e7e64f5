"""What the processes of a system say to its guardian.

The guardian opens nothing that these bring: classes are names, arguments are bytes.
"""

from __future__ import annotations

from functools import cached_property

from actors.core.codec import Codec, Segments
from actors.core.errors import DecodeError
from actors.core.message import Message, Request
from actors.core.policy import Intensity
from actors.core.reason import ExitReason
from actors.core.ref import ActorRef
from actors.core.strategy import AutoShutdown, Strategy
from actors.core.terms import Terms


class Blueprint(Message):
    """A `ChildSpec` in a form that travels; a supervisor's holds those of its children."""

    target: str
    """The class, as ``module:qualname``."""
    name: str | None
    arguments: tuple[bytes, ...] = ()
    terms: Terms = Terms()
    supervises: Supervises | None = None

    @cached_property
    def packed(self) -> tuple[bytes, Segments]:
        """As the codec encodes it, once for all its uses."""
        return Codec().encode(self)

    @classmethod
    def unpacked(cls, stream: bytes = b"", *segments: bytes) -> Blueprint:
        """The one that was packed. Raises `DecodeError` for what is none."""
        drawn = Codec().decode(stream, segments)
        if not isinstance(drawn, Blueprint):
            raise DecodeError("Spawn.blueprint", f"it is a packed {type(drawn).__name__}")
        vars(drawn)["packed"] = stream, segments
        return drawn


class Supervises(Message):
    """What makes a blueprint a supervisor's."""

    strategy: Strategy
    max_restarts: int
    within: float
    children: tuple[Blueprint, ...]
    auto_shutdown: AutoShutdown = AutoShutdown.NEVER
    max_children: int | None = None

    def __attrs_post_init__(self) -> None:
        Intensity(self.max_restarts, self.within)


class Hello(Request[int]):
    """Asked by the root once; answered with the guardian's pid when it is ready."""


class NotSpawned(Message):
    """The answer to a `Spawn` that failed; nothing of the actor is left."""

    name: str
    cause: str
    taken: bool = False
    """Whether it is the name that another actor has."""


class Spawn(Request[ActorRef | NotSpawned]):
    """Start an actor below `parent` and answer once it has started."""

    parent: int
    blueprint: tuple[bytes, ...]
    """Packed, so that the guardian hands it on as it is: the stream, then the segments."""


class Children(Request[list[ActorRef]]):
    """The children of an actor or supervisor, in the order in which they were started."""

    id: int


class Exits(Request[list[ExitReason]]):
    """Why the last incarnations of whoever had this name have ended; the latest is the last."""

    path: str


class Watch(Message):
    """Put a `Terminated` into the sender's mail once an actor is gone for good."""

    actor: ActorRef


class Unwatch(Message):
    """Do not do so any more."""

    id: int


class Join(Request[bool]):
    """Answered when the actor is gone for good; if it is not to `wait`, at once, by whether it is."""

    id: int
    wait: bool = True


class Stop(Message):
    """Stop an actor for good."""

    id: int
    kill: bool = False


class Renew(Message):
    """Stop an actor or supervisor in order, and start it anew."""

    id: int


class StopSystem(Message):
    """Stop everything, in order, and end."""


class Subscribe(Request[bool]):
    """Send events into the lane of this name in the sender's directory, from now on."""

    lane: str


class Rebuild(Request[int]):
    """Start what the application had spawned before the guardian's predecessor was killed.

    Answered with how many actors and supervisors are there again.
    """


class Started(Message):
    """An actor's ``on_start`` has run."""

    id: int
    incarnation: int
    modules: tuple[str, ...] = ()
    """Modules that its process had to import first, without starting a thread."""


class Ended(Message):
    """An actor is about to end, and why; its process's exit follows."""

    id: int
    incarnation: int
    reason: ExitReason
    answered: bool = False
    """Whether the asker of the message in hand has been told already."""


class Interrupted(Message):
    """An actor's process got a SIGTERM that the guardian did not send: the machine is going down."""


class Undelivered(Message):
    """Messages that a process could not deliver or did not handle."""

    receiver: str
    sender: str
    cause: str
    message: bytes
    count: int = 1
    unhandled: bool = False
    """Whether its receiver did not handle it, and that is all."""


class StopNow(Message):
    """Put into an actor's control lane: stop after the message in hand, in order."""
