"""Succession: nodes whose turn comes when the one before is done, at once or after some time."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from actors.runtime.guardian.node import Done, Node

Step = Callable[[Node, Done], None]
"""What is done with a node; it calls the second when it is done, or never, and then nothing follows."""


def in_turn(nodes: Iterable[Node], step: Step, then: Done) -> None:
    """Do a step with one node after the other, then what comes then.

    In a loop where steps are done at once: of how many nodes there are, the stack knows nothing.
    """
    waiting, inside, due = iter(tuple(nodes)), False, False

    def go_on() -> None:
        nonlocal inside, due
        due = True
        while due and not inside:
            node = next(waiting, None)
            if node is None:
                then()
                return
            due, inside = False, True
            step(node, go_on)
            inside = False

    go_on()
