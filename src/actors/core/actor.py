"""Actors: what an application subclasses."""

from __future__ import annotations

from typing import Any, ClassVar

from actors.core.context import Context
from actors.core.reason import ExitReason
from actors.core.spec import ChildSpec, Strategy


class Spawnable:
    """What can be spawned: the common base of `Actor` and `Supervisor`."""


class Actor(Spawnable):
    """A process of its own, with a mailbox: subclass it.

    ``__init__`` may take any arguments; they are given with `child` and used again at every restart. It
    and the hooks below run in the actor's own process. A hook that raises crashes the actor, which is
    then supervised. Any hook may be ``async def``: they share one event loop for the life of the process.
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

    Declared by class attributes. It has no process and runs no code, so there is nothing in it to crash::

        class Bank(Supervisor):
            strategy = Strategy.ONE_FOR_ONE
            max_restarts, within = 5, 30.0
            children = (child(Account, "ada").options(name="ada"),)
    """

    strategy: ClassVar[Strategy] = Strategy.ONE_FOR_ONE
    max_restarts: ClassVar[int] = 3
    """How many restarts are allowed within the sliding window; one more stops the supervisor."""
    within: ClassVar[float] = 5.0
    """The window, in seconds."""
    children: ClassVar[tuple[ChildSpec[Any], ...]] = ()
