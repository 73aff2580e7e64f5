"""The end of a watched actor, as a message."""

from __future__ import annotations

from actors.core.message import Message
from actors.core.reason import ExitReason
from actors.core.ref import ActorRef


class Terminated(Message):
    """An actor that was watched (`Context.watch`) is gone for good."""

    ref: ActorRef
    reason: ExitReason
