"""Starting: how nodes come up, a supervisor's children in order, each after the one before has started."""

from __future__ import annotations

import time
from collections.abc import Callable

from actors.core import reason
from actors.core.events import ActorRestarted, ActorStarted
from actors.core.message import changed
from actors.core.protocol import Started
from actors.core.reason import End, ExitReason
from actors.runtime.guardian.herald import Herald
from actors.runtime.guardian.lives import Lives
from actors.runtime.guardian.loop import Loop
from actors.runtime.guardian.node import Begun, Done, Node, State
from actors.runtime.guardian.stopping import Stopping
from actors.runtime.guardian.succession import in_turn


def nothing() -> None:
    """Go on with nothing."""


def fine(failure: ExitReason | None) -> bool:
    """Whether a start has not failed; that of a node which was told to stop has not."""
    return failure is None or failure.end is End.SHUTDOWN


class Starting:
    """Brings nodes up. Nothing in here waits: each step names what goes on after it."""

    def __init__(self, loop: Loop, herald: Herald, lives: Lives, stopping: Stopping) -> None:
        self.when_running: Callable[[Node], None] = lambda node: None
        """Called when a node is running: children may have fallen while it started."""
        self._loop = loop
        self._herald = herald
        self._lives = lives
        self._stopping = stopping

    def begin(self, node: Node, begun: Begun) -> None:
        """Start a node: a supervisor's children in order, or a process."""
        node.state = State.STARTING
        node.incarnation += 1
        node.report = node.regrouping = None
        node.take_fallen()
        node.began = node.began or time.monotonic()
        if node.supervises:
            node.born = time.monotonic()
            node.restarts_below.clear()
            self._begin_children(node, begun)
        else:
            node.when_started = begun
            self._lives.launch(node, lambda error: self._launched(node, error))

    def _begin_children(self, node: Node, begun: Begun) -> None:
        def begin(child: Node, then: Done) -> None:
            def child_begun(failure: ExitReason | None) -> None:
                if node.state is not State.STARTING:
                    begun(reason.SHUTDOWN)
                elif fine(failure):
                    then()
                else:
                    node.lived = 0.0
                    self._stopping.halt(node, lambda: begun(_because_of(child, failure)))

            if child.may_begin:
                self.begin(child, child_begun)
            else:
                then()

        waiting = [child for child in node.children if child.may_begin]
        in_turn(waiting, begin, lambda: self._has_begun(node, 0, begun))

    def _launched(self, node: Node, error: OSError | None) -> None:
        if error is None:
            node.timer = self._loop.call_later(node.terms.start_timeout, lambda: self._late(node))
        else:
            why = ExitReason(end=End.FAILED_START, text=f"no process can be had for it: {error}")
            node.timer = self._loop.call_later(0.0, lambda: self.failed(node, why))

    def _late(self, node: Node) -> None:
        text = f"it had not started after {node.terms.start_timeout:g} s (start_timeout)"
        self._lives.kill(node, ExitReason(end=End.FAILED_START, text=text))

    def started(self, node: Node, said: Started) -> None:
        """A worker says that its actor has started."""
        if node.incarnation != said.incarnation or node.state is not State.STARTING:
            return
        node.unclock()
        begun = node.take_when_started()
        if begun is not None and node.process is not None:
            self._lives.guard(node)
            self._has_begun(node, node.process.pid, begun)

    def _has_begun(self, node: Node, pid: int, begun: Begun) -> None:
        node.state = State.RUNNING
        after, node.began = time.monotonic() - node.began, 0.0
        event = ActorRestarted if node.incarnation else ActorStarted
        self._herald.publish(event(actor=node.ref, pid=pid, incarnation=node.incarnation, after=after))
        begun(None)
        self.when_running(node)

    def failed(self, node: Node, why: ExitReason) -> None:
        """A process has ended, or was not to be had, before its actor had started."""
        node.state, node.began, node.lived = State.DOWN, 0.0, 0.0
        begun = node.take_when_started()
        if begun is None:
            return
        if why.end is not End.NORMAL:
            begun(why)
            return
        node.leaving = True  # it has declined
        begun(None)
        self._stopping.stop(node, why, nothing)


def _because_of(child: Node, failure: ExitReason | None) -> ExitReason | None:
    """Why a supervisor has not started: a child did not, or one of a supervisor below."""
    if failure is None or child.supervises:
        return failure
    return changed(failure, type="", text=f"its child {child.path} did not start: {failure}")
