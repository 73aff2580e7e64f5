"""Restarting: what becomes of a node that has fallen, and of its group."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from functools import partial

from actors.core import policy, reason
from actors.core.events import ActorCrashed, ActorRecycled, ActorWaits, RestartLimitReached
from actors.core.message import changed
from actors.core.policy import Intensity, Verdict
from actors.core.reason import End, ExitReason
from actors.core.strategy import Strategy
from actors.core.terms import Restart
from actors.runtime.guardian import estate
from actors.runtime.guardian.archive import Archive
from actors.runtime.guardian.herald import Herald
from actors.runtime.guardian.loop import Loop
from actors.runtime.guardian.node import Done, Node, Regrouping, State
from actors.runtime.guardian.starting import Starting, fine, nothing
from actors.runtime.guardian.stopping import Stopping
from actors.runtime.guardian.succession import Step, in_turn


class Restarting:
    """Judges who has fallen by `policy`, and applies it."""

    def __init__(
        self,
        loop: Loop,
        herald: Herald,
        archive: Archive,
        starting: Starting,
        stopping: Stopping,
        intensity: Intensity,
        escalate: Callable[[Node], None],
    ) -> None:
        """`intensity` is for those below no supervisor; `escalate` gets who of them has come to its end."""
        self._loop = loop
        self._herald = herald
        self._archive = archive
        self._starting = starting
        self._stopping = stopping
        self._intensity = intensity
        self._escalate = escalate

    def died(self, node: Node, pid: int, why: ExitReason) -> None:
        """The process of an actor has ended."""
        if why.abnormal:  # also of who was told to stop, and failed at that
            self._herald.publish(ActorCrashed(actor=node.ref, pid=pid, reason=why))
        if node.state is State.STOPPING:
            if not node.children:  # else its stop goes on after them
                self._stopping.is_down(node)
            return
        if why.end is End.RECYCLED:
            self._herald.publish(ActorRecycled(actor=node.ref, pid=pid, reason=why))
        if node.state is State.STARTING:
            self._starting.failed(node, why)
        else:
            node.state, node.began = State.DOWN, time.monotonic()
            self._stopping.children_down(node, lambda: self._fell(node, why))

    def _fell(self, node: Node, why: ExitReason) -> None:
        """A node has gone down by itself, and those below it are down."""
        if node.state is State.DOWN and node.parent is not None:
            node.fall(why)
            self.review(node.parent)

    def failed(self, node: Node, why: ExitReason) -> None:
        """A node that is to be there did not start; it is judged as a later event, never in a loop."""
        parent = node.parent
        if parent is not None:
            node.regrouping = None
            node.fall(why)
            self._loop.call_later(0.0, lambda: self.review(parent))

    def review(self, parent: Node) -> None:
        """Judge the children that have fallen.

        While others are being restarted whom a judgement would concern, it waits. While the parent is not
        running, whoever takes it down or brings it up sees to its children.
        """
        for node in parent.fallen_children():
            if parent.state is not State.RUNNING:
                return
            if node.fallen is not None and node.may_begin and not self._is_regrouping(node, parent):
                self._judge(node, parent)

    def _is_regrouping(self, node: Node, parent: Node) -> bool:
        return any(
            one.state is State.STARTING or (one.regrouping is not None and not one.regrouping.waiting)
            for one in self._group(node, parent)
        )

    def _judge(self, node: Node, parent: Node) -> None:
        """Decide what becomes of a node that has fallen, and do it."""
        why = node.take_fallen() or reason.SHUTDOWN
        now, intensity = time.monotonic(), self._intensity_of(parent)
        match policy.decide(node.terms.restart, why, node.ledger, now, intensity):
            case Verdict.RESTART:
                node.ledger[:] = [*intensity.recent(node.ledger, now), now]
                self._keep_end(node, why)
                self._restart(node, self._group(node, parent), self._delay(node))
            case Verdict.RENEW:
                self._restart(node, [node], 0.0)
            case Verdict.STOP:
                self._let_go(node, parent, why)
            case Verdict.GIVE_UP:
                self._give_up(node, parent, why, intensity)

    def _keep_end(self, node: Node, why: ExitReason) -> None:
        """Keep why a supervisor has ended that comes back; of actors, and who is gone, it has been kept."""
        if node.supervises:
            lived = changed(why, uptime=node.lived, restarts=max(0, node.incarnation))
            self._archive.add(node.address, lived)

    def _intensity_of(self, parent: Node) -> Intensity:
        supervises = parent.blueprint.supervises
        if supervises is None:
            return self._intensity
        return Intensity(supervises.max_restarts, supervises.within)

    def _group(self, node: Node, parent: Node) -> list[Node]:
        """Those who are restarted because a node is."""
        supervises = parent.blueprint.supervises
        strategy = Strategy.ONE_FOR_ONE if supervises is None else supervises.strategy
        return policy.restarted_with(strategy, parent.children, node)

    def _delay(self, node: Node) -> float:
        backoff = node.terms.backoff
        if backoff is None:
            return 0.0
        node.attempts = backoff.attempt(node.attempts, node.lived)
        return backoff.delay(node.attempts, random.random())

    def renew(self, node: Node) -> None:
        """Start a node anew on command, alone, and at once if it waits.

        Who is starting is new already, and who has part in a restart that is under way will be.
        """
        is_up = node.parent is not None and node.parent.state is State.RUNNING
        is_free = node.regrouping is None or node.regrouping.waiting
        if is_up and is_free and node.state in (State.RUNNING, State.WAITING):
            self._restart(node, [node], 0.0, self._stopping.halt)

    # restarting a group

    def _restart(self, node: Node, group: Sequence[Node], delay: float, way: Step | None = None) -> None:
        """Restart the group of a node, all of it; with a delay between going down and coming up."""
        regrouping = Regrouping()
        for one in group:
            one.regrouping = regrouping
            estate.announce_restart(one)

        def all_down() -> None:
            for one in group:
                if one.regrouping is regrouping:
                    one.take_fallen()  # meanwhile: it comes up with its group, uncounted
            if delay and node.state is State.DOWN:
                self._pause(node, group, regrouping, delay)
            else:
                self._begin_group(node.parent, group, regrouping)

        self._stopping.in_reverse(group, way or self._make_way, all_down)

    def _make_way(self, node: Node, then: Done) -> None:
        """Bring a node down for the restart of its group, which a temporary one does not come back from."""
        if node.terms.restart is Restart.TEMPORARY:
            self._stopping.remove(node, then)
        else:
            self._stopping.halt(node, then)

    def _pause(self, node: Node, group: Sequence[Node], regrouping: Regrouping, delay: float) -> None:
        def over() -> None:
            regrouping.waiting = False
            self._begin_group(node.parent, group, regrouping)

        regrouping.waiting, node.state = True, State.WAITING
        self._herald.publish(ActorWaits(actor=node.ref, delay=delay, attempt=node.attempts))
        self._loop.call_later(delay, over)

    def _begin_group(self, parent: Node | None, group: Sequence[Node], regrouping: Regrouping) -> None:
        """Start the nodes of a group in order, unless their parent is on its way down."""
        if parent is None:
            return

        def waits(node: Node) -> bool:
            return node.may_begin and node.regrouping is regrouping

        def begin(node: Node, then: Done) -> None:
            def begun(failure: ExitReason | None) -> None:
                if failure is None or fine(failure):
                    then()
                    return
                for one in [one for one in waiting if one is node or waits(one)]:
                    one.regrouping = None
                    one.fall(failure)
                self._loop.call_later(0.0, lambda: self.review(parent))

            if parent.state is State.RUNNING:
                if waits(node):
                    self._starting.begin(node, begun)
                else:
                    then()

        def all_begun() -> None:
            if parent.state is State.RUNNING:
                self.review(parent)

        waiting = [*filter(waits, group)]
        in_turn(waiting, begin, all_begun)

    # no restart

    def _let_go(self, node: Node, parent: Node, why: ExitReason) -> None:
        """A child has ended for good by itself; its supervisor may end with it."""
        self._stopping.stop(node, why, nothing)
        supervises = parent.blueprint.supervises
        if why.end is End.SHUTDOWN or supervises is None:
            return
        others = [one.terms.significant for one in parent.children]
        if policy.shuts_down(supervises.auto_shutdown, node.terms.significant, others):
            text = f"its significant child {node.path} has ended"
            self._bring_down(parent, ExitReason(end=End.NORMAL, text=text))

    def _give_up(self, node: Node, parent: Node, why: ExitReason, intensity: Intensity) -> None:
        failed = parent if parent.supervises else node
        most, within = intensity.max_restarts, intensity.within
        self._herald.publish(RestartLimitReached(actor=failed.ref, max_restarts=most, within=within))
        if failed is parent:
            text = f"its children were restarted too often, at last {node.path}: {why}"
            self._bring_down(parent, ExitReason(end=End.GAVE_UP, text=text))
        else:
            self._stopping.stop(node, why, partial(self._escalate, parent))

    def _bring_down(self, supervisor: Node, why: ExitReason) -> None:
        """A supervisor goes down by itself, and is judged by what is above it."""
        supervisor.lived = time.monotonic() - supervisor.born
        self._stopping.halt(supervisor, lambda: self._fell(supervisor, why))
