"""Stopping: how nodes go down, to be started again or for good, each after those below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from actors.core import reason
from actors.core.reason import ExitReason
from actors.runtime.guardian.lives import Lives
from actors.runtime.guardian.node import Done, Node, State
from actors.runtime.guardian.succession import Step, in_turn
from actors.runtime.guardian.undertaker import Undertaker


class Stopping:
    """Brings nodes down. Nothing in here waits: each step names what goes on after it."""

    def __init__(self, lives: Lives, undertaker: Undertaker) -> None:
        self._lives = lives
        self._undertaker = undertaker

    def stop(self, node: Node, why: ExitReason, then: Done) -> None:
        """Stop a node for good, and all below it, then remove it."""
        node.leaving = True

        def down() -> None:
            self._undertaker.bury(node, why)
            then()

        self.halt(node, down)

    def remove(self, node: Node, then: Done) -> None:
        """Stop a node for good because what is above it stops."""
        self.stop(node, reason.SHUTDOWN, then)

    def halt(self, node: Node, then: Done) -> None:
        """Bring a node down, those below it first; what waits for it is kept."""
        if node.state in (State.DOWN, State.WAITING, State.GONE) and not node.children:
            if node.state is State.WAITING:
                node.state = State.DOWN
            then()
            return
        node.when_down.append(then)
        if node.state is State.STOPPING:
            return
        node.state = State.STOPPING
        self.children_down(node, lambda: self._halt_process(node))

    def children_down(self, node: Node, then: Done) -> None:
        """Bring down what is below a node: its dynamic children together, the declared ones in reverse.

        Declared children are kept, to come back with their supervisor.
        """
        dynamic = [child for child in node.children if child.dynamic]
        declared = [child for child in node.children if not child.dynamic]
        self.together(dynamic, self.remove, lambda: self.in_reverse(declared, self.halt, then))

    def in_reverse(self, nodes: Sequence[Node], end: Step, then: Done) -> None:
        """Have nodes ended, one after the other, the last first."""
        in_turn(reversed(nodes), end, then)

    def together(self, nodes: Iterable[Node], end: Step, then: Done) -> None:
        """Have nodes ended at the same time."""
        remaining = list(nodes)
        if not remaining:
            then()
            return

        def ended(node: Node) -> None:
            remaining.remove(node)
            if not remaining:
                then()

        for node in tuple(remaining):
            end(node, partial(ended, node))

    def is_down(self, node: Node) -> None:
        """A node that was to be brought down is down."""
        begun = node.take_when_started()
        if begun is not None:
            begun(reason.SHUTDOWN)
        node.state = State.DOWN
        for then in node.take_when_down():
            then()

    def _halt_process(self, node: Node) -> None:
        node.unclock()
        if node.process is None:
            self.is_down(node)
        else:
            self._lives.ask_to_stop(node)
