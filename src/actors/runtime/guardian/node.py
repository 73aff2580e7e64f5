"""Nodes of the supervision tree."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

import attrs

from actors.core.address import Address
from actors.core.protocol import Blueprint, Ended
from actors.core.reason import ExitReason
from actors.core.ref import ActorRef
from actors.runtime.guardian.loop import Timer
from actors.runtime.guardian.process import ActorProcess


class State(Enum):
    """What a node is doing."""

    STARTING = auto()
    RUNNING = auto()
    STOPPING = auto()
    """On its way down, to be started again or for good."""
    DOWN = auto()
    """Without a process, to be started again."""
    GONE = auto()


@attrs.define(eq=False)
class Node:
    """An actor or a supervisor, from its spawning until it is gone for good."""

    address: Address
    blueprint: Blueprint
    parent: Node | None
    state: State = State.DOWN
    incarnation: int = -1
    children: list[Node] = attrs.field(factory=lambda: list[Node]())
    process: ActorProcess | None = None
    keepers: list[int] = attrs.field(factory=list[int])
    """Descriptors that keep what waits in the mailbox while nobody reads it."""
    history: list[float] = attrs.field(factory=list[float])
    """When it was restarted, if it is below no supervisor."""
    restarts_below: list[float] = attrs.field(factory=list[float])
    """When a child of it was restarted, if it is a supervisor."""
    began: float = 0.0
    """When the present start began, or the death that led to it."""
    fallen: ExitReason | None = None
    """Why it went down by itself, until that has been judged."""
    restarting: bool = False
    """Whether it is going down, or is down, to be started again with its group."""
    leaving: bool = False
    """Whether it is removed as soon as it is down."""
    report: Ended | None = None
    """What the present incarnation has said of its end."""
    timer: Timer | None = None
    when_started: Callable[[ExitReason | None], None] | None = None
    when_down: list[Callable[[], None]] = attrs.field(factory=list[Callable[[], None]])
    joiners: list[tuple[bytes, int]] = attrs.field(factory=list[tuple[bytes, int]])
    """Who asked to be told when it is gone."""

    @property
    def ref(self) -> ActorRef:
        """A reference for events and replies."""
        return ActorRef(self.address)

    @property
    def supervises(self) -> bool:
        """Whether it is a supervisor, and so has no process."""
        return self.blueprint.supervises is not None

    @property
    def may_begin(self) -> bool:
        """Whether it could be started now."""
        return self.state is State.DOWN and not self.leaving

    @property
    def ledger(self) -> list[float]:
        """Where its restarts are written down."""
        if self.parent is not None and self.parent.supervises:
            return self.parent.restarts_below
        return self.history

    def unclock(self) -> None:
        """Stop its timer, if one runs."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def take_when_down(self) -> list[Callable[[], None]]:
        """Who waits for it to be down; they are called once."""
        waiting, self.when_down = self.when_down, []
        return waiting

    def subtree(self) -> list[Node]:
        """Itself and all nodes below."""
        return [self, *(below for child in self.children for below in child.subtree())]
