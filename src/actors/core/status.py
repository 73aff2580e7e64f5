"""What can be seen of an actor from outside, without asking it."""

from __future__ import annotations

from enum import StrEnum

import attrs


class ActorState(StrEnum):
    """Where an actor is in its life."""

    STARTING = "starting"
    """For the first time."""
    RUNNING = "running"
    RESTARTING = "restarting"
    """Down, to be started again; perhaps after a backoff."""
    GONE = "gone"
    """For good."""


@attrs.frozen(kw_only=True)
class ActorStatus:
    """What was seen of an actor at one moment; it may have changed by now."""

    state: ActorState
    pid: int | None = None
    """Its process; None if it has none at present."""
    busy: bool = False
    """Whether it has a message in hand."""
    waiting: int = 0
    """How many bytes of mail are in its mailbox, of the message in hand too.

    A message of more than 4 KiB counts by the small frame that names it.
    """
    messages: int | None = None
    """How many messages a bounded mailbox holds, the one in hand among them; None if it is not bounded."""
    unsent: int = 0
    """How many messages to others wait in its own process, as their mailboxes are full."""
