"""Actors: what an application subclasses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actors.core.context import Context
from actors.core.reason import ExitReason
from actors.core.spawnable import Spawnable
from actors.core.spec import ChildSpec
from actors.core.strategy import AutoShutdown, Strategy


class Actor(Spawnable):
    """A process of its own, with a mailbox: subclass it.

    ``__init__`` may take any arguments; they are given with `child` and used again at every restart. It
    and the hooks below run in the actor's own process. A hook that raises crashes the actor, which is
    then supervised; `Ignore`, raised by ``__init__`` or ``on_start``, ends it without a failure. Any hook
    may be ``async def``: they share one event loop for the life of the process.
    """

    context: Context

    def on_start(self) -> Any:
        """Called before the first message; the actor counts as started once it returns."""

    def receive(self, message: Any) -> Any:
        """Called for each message, one at a time; the return value answers an ask.

        Narrow the annotation of `message` to what the actor takes. Raise `Reject` to answer "no" and
        live on. Call ``super().receive(message)`` for what the actor does not handle.
        """
        self.context.unhandled()

    def on_stop(self, reason: ExitReason) -> Any:
        """Called before an orderly end: after ``context.stop()``, on command, or at a shutdown.

        Not called when the process crashes or is killed; an actor that must clean up after that does so
        in ``on_start``.
        """


class Supervisor(Spawnable):
    """A node that starts its children in order, restarts them by its strategy and stops them in reverse.

    It has no process, so there is nothing in it to crash. Declared by class attributes, or built from
    values, which take the place of the attributes::

        class Bank(Supervisor):
            strategy = Strategy.ONE_FOR_ALL
            max_restarts, within = 5, 30.0
            children = (child(Account, "ada").options(name="ada"),)

        system.spawn(Bank, name="bank")
        system.spawn(child(Supervisor, child(Account, "ada"), max_children=100), name="other")

    A subclass may have a constructor of its own that sets the attributes. It runs where it is spawned,
    and not again. The hooks of an `Actor` it has not: a subclass that defines one is refused with a
    `TypeError`. More children, *dynamic* ones, can be spawned below its reference (`ActorRef.spawn`);
    they are stopped before the declared ones, and together.
    """

    strategy: Strategy = Strategy.ONE_FOR_ONE
    max_restarts: int = 3
    """How many restarts are allowed within the sliding window; one more stops the supervisor."""
    within: float = 5.0
    """The window, in seconds."""
    auto_shutdown: AutoShutdown = AutoShutdown.NEVER
    """Whether the supervisor ends with its significant children (``options(significant=True)``)."""
    max_children: int | None = None
    """How many children it may have at a time; None for any number."""
    children: Sequence[ChildSpec[Any] | type[Spawnable]] = ()
    """Specs made by `child`, or classes that need no arguments."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for hook in ("on_start", "receive", "on_stop"):
            if hook in vars(cls):
                raise TypeError(
                    f"{cls.__qualname__} is a supervisor, which has no process: its {hook} would never be "
                    "called; define it in an Actor among its children"
                )

    def __init__(
        self,
        *children: ChildSpec[Any] | type[Spawnable],
        strategy: Strategy | None = None,
        max_restarts: int | None = None,
        within: float | None = None,
        auto_shutdown: AutoShutdown | None = None,
        max_children: int | None = None,
    ) -> None:
        given = {
            "children": children or None,
            "strategy": strategy,
            "max_restarts": max_restarts,
            "within": within,
            "auto_shutdown": auto_shutdown,
            "max_children": max_children,
        }
        vars(self).update({name: value for name, value in given.items() if value is not None})
