"""Nodes of the supervision tree."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

import attrs

from actors.core.address import Address
from actors.core.envelope import Mail
from actors.core.protocol import Blueprint, Ended
from actors.core.reason import ExitReason
from actors.core.ref import ActorRef
from actors.core.terms import Terms
from actors.runtime.guardian.loop import Timer
from actors.runtime.guardian.process import ActorProcess
from actors.runtime.mailbox.layout import Layout

Done = Callable[[], None]
Begun = Callable[[ExitReason | None], None]
"""Is called once, when a start has come to its end: with None, or with why it has failed."""


class State(Enum):
    """What a node is doing."""

    STARTING = auto()
    RUNNING = auto()
    STOPPING = auto()
    """On its way down, to be started again or for good."""
    DOWN = auto()
    """Without a process, to be started again."""
    WAITING = auto()
    """Down, until its backoff is over."""
    GONE = auto()


class Regrouping:
    """One restart of a group: who carries it has part in it, and only in the latest."""

    __slots__ = ("waiting",)

    def __init__(self) -> None:
        self.waiting = False
        """Whether all are down and a backoff has to pass; another restart may take its place then."""


@attrs.define(eq=False)
class Node:
    """An actor or a supervisor, from its spawning until it is gone for good."""

    address: Address
    blueprint: Blueprint
    parent: Node | None
    dynamic: bool = False
    """Whether it was spawned below its parent later, and is not declared there."""
    state: State = State.DOWN
    incarnation: int = -1
    children: list[Node] = attrs.field(factory=lambda: list[Node]())
    process: ActorProcess | None = None
    layout: Layout = attrs.field(init=False)
    """Its mailbox, once it has been founded."""
    keepers: list[int] = attrs.field(factory=list[int])
    """Descriptors that keep what waits in the mailbox while nobody reads it."""
    history: list[float] = attrs.field(factory=list[float])
    """When it was restarted, if it is below no supervisor."""
    restarts_below: list[float] = attrs.field(factory=list[float])
    """When a child of it was restarted, if it is a supervisor."""
    began: float = 0.0
    """When the present start began, or the death that led to it."""
    born: float = 0.0
    """When the present process, or the present life of a supervisor, began."""
    lived: float = 0.0
    """How long the last life after a start was, in seconds."""
    attempts: int = 0
    """How many restarts in a row there were, as its backoff counts them."""
    fallen: ExitReason | None = None
    """Why it went down by itself, until that has been judged; said by `fall`."""
    fallen_below: set[Node] = attrs.field(factory=lambda: set[Node]())
    """Which of its children have fallen."""
    regrouping: Regrouping | None = None
    """The restart of a group in which it is going down, or is down, to be started again."""
    leaving: bool = False
    """Whether it is removed as soon as it is down."""
    report: Ended | None = None
    """What the present incarnation has said of its end, or the guardian in its place."""
    timer: Timer | None = None
    watchdog: Timer | None = None
    when_started: Begun | None = None
    when_down: list[Done] = attrs.field(factory=list[Done])
    joiners: list[Mail] = attrs.field(factory=list[Mail])
    """The questions that are answered when it is gone."""
    watchers: dict[bytes, Address] = attrs.field(factory=dict[bytes, Address])
    """Which incarnations of which actors watch it."""
    watched: dict[int, bytes] = attrs.field(factory=dict[int, bytes])
    """Which actors its present incarnation watches, and as whom."""

    @property
    def ref(self) -> ActorRef:
        """A reference for events and replies."""
        return ActorRef(self.address)

    @property
    def path(self) -> str:
        """Its name below the system."""
        return self.address.path

    @property
    def terms(self) -> Terms:
        """How it is to be treated."""
        return self.blueprint.terms

    @property
    def supervises(self) -> bool:
        """Whether it is a supervisor, and so has no process."""
        return self.blueprint.supervises is not None

    @property
    def may_begin(self) -> bool:
        """Whether it could be started now."""
        return self.state in (State.DOWN, State.WAITING) and not self.leaving

    @property
    def ledger(self) -> list[float]:
        """Where its restarts are written down."""
        if self.parent is not None and self.parent.supervises:
            return self.parent.restarts_below
        return self.history

    def fall(self, why: ExitReason) -> None:
        """Go down by itself, which is to be judged; who is gone has been judged."""
        if self.parent is not None and self.state is not State.GONE:
            self.fallen = why
            self.parent.fallen_below.add(self)

    def take_fallen(self) -> ExitReason | None:
        """Why it has fallen, if it has; whoever takes it judges, or need not."""
        fallen, self.fallen = self.fallen, None
        if self.parent is not None:
            self.parent.fallen_below.discard(self)
        return fallen

    def fallen_children(self) -> list[Node]:
        """Who of its children has fallen, in the order in which they start; as a rule one of many."""
        if len(self.fallen_below) < 2:
            return list(self.fallen_below)
        return [child for child in self.children if child in self.fallen_below]

    def join(self, question: Mail, now: float) -> None:
        """Have a question answered when it is gone, and forget those for whose answers nobody waits."""
        self.joiners = [*(joiner for joiner in self.joiners if now < joiner.deadline), question]

    def unclock(self) -> None:
        """Stop its timers, if any run."""
        for timer in (self.timer, self.watchdog):
            if timer is not None:
                timer.cancel()
        self.timer = self.watchdog = None

    def take_when_started(self) -> Begun | None:
        """Who waits for its start; to be called once."""
        waiting, self.when_started = self.when_started, None
        return waiting

    def take_when_down(self) -> list[Done]:
        """Who waits for it to be down; to be called once."""
        waiting, self.when_down = self.when_down, []
        return waiting

    def subtree(self) -> list[Node]:
        """Itself and all nodes below."""
        return [self, *(below for child in self.children for below in child.subtree())]
