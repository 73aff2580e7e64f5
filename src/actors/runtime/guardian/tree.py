"""The supervision tree: what is started, restarted and stopped, and in which order.

A death's way: pidfd → `ExitReason` → `policy.decide` → applied here. Nothing in here waits: each step
that takes time names the callback that goes on after it.
"""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final

from actors.core import policy, reason
from actors.core.address import Address
from actors.core.envelope import Kind, Outcome, path_of
from actors.core.events import ActorCrashed, ActorStarted, ActorStopped, DeadLetter, RestartLimitReached
from actors.core.policy import Intensity, Verdict
from actors.core.protocol import Blueprint, Ended, NotSpawned, Started, Stop, StopNow, Supervises
from actors.core.reason import End, ExitReason
from actors.core.spec import Restart, Strategy, check_name
from actors.runtime.endpoint import Endpoint
from actors.runtime.flood import WINDOW, Flood
from actors.runtime.guardian import estate
from actors.runtime.guardian.herald import Herald
from actors.runtime.guardian.loop import Loop, Timer
from actors.runtime.guardian.node import Node, State
from actors.runtime.guardian.process import ActorProcess
from actors.runtime.mailbox.journal import Word
from actors.runtime.site import GUARDIAN
from actors.runtime.worker import Assignment

_FIRST_ID: Final = 2
_SHOWN: Final = 1024
"""How many bytes of a message a dead letter shows."""
_TERM_GRACE: Final = 1.0
"""How many seconds after SIGTERM the SIGKILL follows."""

Done = Callable[[], None]
Begun = Callable[[ExitReason | None], None]
Ending = Callable[[Node, Done], None]


class Tree:
    """The nodes of one system and what becomes of them."""

    def __init__(
        self,
        endpoint: Endpoint,
        loop: Loop,
        herald: Herald,
        intensity: Intensity,
        hear: Done,
        preparation: dict[str, Any] | None,
    ) -> None:
        self._endpoint = endpoint
        self._loop = loop
        self._herald = herald
        self._intensity = intensity
        self._hear = hear
        self._preparation = preparation
        self._ids = itertools.count(_FIRST_ID)
        self._flood = Flood()
        self._telling: Timer | None = None
        self.root = Node(
            Address(endpoint.site.system, GUARDIAN, ""),
            Blueprint(target="", name=None),
            None,
            state=State.RUNNING,
        )
        self.nodes: dict[int, Node] = {GUARDIAN: self.root}

    # starting

    def spawn(self, parent: int, blueprint: Blueprint, then: Callable[[Node | NotSpawned], None]) -> None:
        """Start a new node below `parent`; `then` gets it, or what is wrong."""
        above = self.nodes.get(parent, self.root if parent < _FIRST_ID else None)
        if above is None or above.state not in (State.STARTING, State.RUNNING):
            then(NotSpawned(name=blueprint.name or blueprint.target, cause="its parent is stopping"))
            return
        node = self._plant(above, blueprint)
        if isinstance(node, NotSpawned):
            then(node)
            return

        def begun(failure: ExitReason | None) -> None:
            if failure is None:
                then(node)
                return
            cause = failure.traceback or str(failure)
            self.stop(node, failure, lambda: then(NotSpawned(name=node.address.path, cause=cause)))

        self._begin(node, begun)

    def _plant(self, parent: Node, blueprint: Blueprint) -> Node | NotSpawned:
        """A new node with its name and its mailbox, and those below it; nothing runs yet."""
        number = next(self._ids)
        name = blueprint.name or f"{blueprint.target.rpartition(':')[2].rpartition('.')[2]}-{number}"
        path = f"{parent.address.path}/{name}" if parent.address.path else name
        node = Node(Address(self.root.address.system, number, path), blueprint, parent)
        try:
            check_name(name)
            self._endpoint.site.name(path, number)
        except FileExistsError:
            return NotSpawned(name=path, cause="", taken=True)
        except (OSError, ValueError) as error:
            return NotSpawned(name=path, cause=str(error))
        self.nodes[number] = node
        parent.children.append(node)
        try:
            estate.found(self._endpoint, node)
        except (OSError, ValueError) as error:
            self._bury(node, reason.SHUTDOWN)
            return NotSpawned(name=path, cause=f"its mailbox cannot be made: {error}")
        return self._plant_children(node, blueprint.supervises)

    def _plant_children(self, node: Node, supervises: Supervises | None) -> Node | NotSpawned:
        for blueprint in () if supervises is None else supervises.children:
            planted = self._plant(node, blueprint)
            if isinstance(planted, NotSpawned):
                self.stop(node, reason.SHUTDOWN, _nothing)
                return planted
        return node

    def _begin(self, node: Node, begun: Begun) -> None:
        """Start a node: a supervisor's children in order, or a process."""
        node.state = State.STARTING
        node.incarnation += 1
        node.report = node.fallen = None
        node.restarting = False
        node.began = node.began or time.monotonic()
        if node.supervises:
            node.restarts_below.clear()
            self._begin_children(node, node.children, begun)
        else:
            node.when_started = begun
            self._launch(node)

    def _begin_children(self, node: Node, children: Iterable[Node], begun: Begun) -> None:
        waiting = [child for child in children if child.may_begin]
        if not waiting:
            self._has_begun(node, 0, begun)
            return

        def child_begun(failure: ExitReason | None) -> None:
            if node.state is not State.STARTING:
                begun(reason.SHUTDOWN)
            elif _fine(failure):
                self._begin_children(node, waiting[1:], begun)
            else:
                self._halt(node, lambda: begun(failure))

        self._begin(waiting[0], child_begun)

    def _launch(self, node: Node) -> None:
        try:
            self._fork(node)
        except OSError as error:
            why = ExitReason(end=End.FAILED_START, text=f"no process can be had for it: {error}")
            node.timer = self._loop.call_later(0.0, lambda: self._failed_start(node, why))
        else:
            late = node.blueprint.start_timeout
            node.timer = self._loop.call_later(late, lambda: self._start_late(node))

    def _fork(self, node: Node) -> None:
        assignment = Assignment(
            site=self._endpoint.site,
            address=node.address,
            incarnation=node.incarnation,
            blueprint=node.blueprint,
            guardian=os.getpid(),
            preparation=self._preparation,
        )
        layout = self._endpoint.site.mailbox(node.address.id)
        if node.incarnation:
            estate.forget_commands(layout, node)
        node.process = ActorProcess(assignment)
        self._loop.add(node.process.pidfd, lambda: self._died(node))
        with suppress(OSError):  # the process says so too, if a little later
            estate.mark(layout, Word.PROCESS, node.process.pid)

    def started(self, said: Started) -> None:
        """A worker says that its actor has started."""
        node = self.nodes.get(said.id)
        if node is None or node.incarnation != said.incarnation or node.state is not State.STARTING:
            return
        node.unclock()
        begun, node.when_started = node.when_started, None
        if begun is not None and node.process is not None:
            self._has_begun(node, node.process.pid, begun)

    def _has_begun(self, node: Node, pid: int, begun: Begun) -> None:
        node.state = State.RUNNING
        after, node.began = time.monotonic() - node.began, 0.0
        self._herald.publish(
            ActorStarted(actor=node.ref, pid=pid, incarnation=node.incarnation, after=after)
        )
        begun(None)
        self._review(node)  # children may have fallen while it started

    def _start_late(self, node: Node) -> None:
        node.report = Ended(
            id=node.address.id,
            incarnation=node.incarnation,
            reason=ExitReason(
                end=End.FAILED_START,
                text=f"it had not started after {node.blueprint.start_timeout:g} s (start_timeout)",
            ),
        )
        if node.process is not None:
            node.process.kill()

    # dying

    def ended(self, said: Ended) -> None:
        """A worker says why it is about to end."""
        node = self.nodes.get(said.id)
        if node is None or node.incarnation != said.incarnation or node.process is None:
            return
        node.report = said
        if node.state is not State.STOPPING:
            node.unclock()
            node.timer = self._loop.call_later(node.blueprint.shutdown, lambda: self._terminate(node))

    def _died(self, node: Node) -> None:
        process = node.process
        if process is None:
            return
        self._hear()  # what it said before it died
        self._loop.remove(process.pidfd)
        node.unclock()
        pid, code = process.pid, process.reap()
        node.process = None
        why = node.report.reason if node.report is not None else reason.of_exit_code(code)
        why = self._settle(node, why)
        if node.state is State.STOPPING:
            if not node.children:  # else `_halt` goes on after them
                self._is_down(node)
            return
        if why.abnormal:
            self._herald.publish(ActorCrashed(actor=node.ref, pid=pid, reason=why))
        if node.state is State.STARTING:
            self._failed_start(node, why)
        else:
            node.state, node.began = State.DOWN, time.monotonic()
            self._in_reverse(node.children, self._remove, lambda: self._fell(node, why))

    def _failed_start(self, node: Node, why: ExitReason) -> None:
        node.state, node.began = State.DOWN, 0.0
        begun, node.when_started = node.when_started, None
        if begun is not None:
            begun(why)

    def _settle(self, node: Node, why: ExitReason) -> ExitReason:
        """End what the dead process had in hand; return why it ended, in the light of that."""
        estate.clear(self._endpoint, node)
        mail = estate.in_hand(self._endpoint, node)
        if mail is None:
            return why
        if mail.kind == Kind.LAST:  # it had come to the end of its mail, and could not say so
            return reason.SHUTDOWN
        answered = node.report is not None and node.report.answered
        if mail.kind == Kind.ASK and not answered:
            self._endpoint.answer(mail.sender, mail.correlation, Outcome.CRASHED, why)
        self._dead_letter(node, mail.sender, f"it was in hand when the actor ended: {why}", mail.body)
        return why

    def _fell(self, node: Node, why: ExitReason) -> None:
        """A node has gone down by itself, and those below it are down."""
        if node.state is State.DOWN and node.parent is not None:
            node.fallen = why
            self._review(node.parent)

    def _review(self, parent: Node) -> None:
        """Judge the children that have fallen.

        While others are being restarted whom a judgement would concern, it waits. While the parent is not
        running, whoever takes it down or brings it up sees to its children.
        """
        for node in tuple(parent.children):
            if parent.state is not State.RUNNING:
                return
            if node.fallen is not None and node.may_begin and not self._is_regrouping(node, parent):
                self._judge(node, parent)

    def _is_regrouping(self, node: Node, parent: Node) -> bool:
        group = self._group(node, parent)
        return any(one.restarting or one.state is State.STARTING for one in group)

    def _judge(self, node: Node, parent: Node) -> None:
        """Decide what becomes of a node that has fallen, and do it."""
        why, node.fallen = node.fallen or reason.SHUTDOWN, None
        now, intensity = time.monotonic(), self._intensity_of(parent)
        match policy.decide(node.blueprint.restart, why, node.ledger, now, intensity):
            case Verdict.STOP:
                self.stop(node, why, _nothing)
            case Verdict.RESTART:
                node.ledger[:] = [*intensity.recent(node.ledger, now), now]
                self._restart(self._group(node, parent), parent)
            case Verdict.GIVE_UP:
                self._give_up(node, parent, why, intensity)

    def _intensity_of(self, parent: Node) -> Intensity:
        supervises = parent.blueprint.supervises
        return (
            self._intensity if supervises is None else Intensity(supervises.max_restarts, supervises.within)
        )

    def _group(self, node: Node, parent: Node) -> list[Node]:
        """Those who are restarted because a node is."""
        supervises = parent.blueprint.supervises
        strategy = Strategy.ONE_FOR_ONE if supervises is None else supervises.strategy
        return policy.restarted_with(strategy, parent.children, node)

    def _restart(self, group: Sequence[Node], parent: Node) -> None:
        for node in group:
            node.restarting = True
        self._in_reverse(group, self._make_way, lambda: self._begin_group(group, parent))

    def _make_way(self, node: Node, then: Done) -> None:
        """Bring a node down for the restart of its group, which a temporary one does not come back from."""
        if node.blueprint.restart is Restart.TEMPORARY:
            self._remove(node, then)
        else:
            self._halt(node, then)

    def _begin_group(self, group: Sequence[Node], parent: Node) -> None:
        """Start the nodes of a group in order, unless the parent is on its way down."""
        if parent.state is not State.RUNNING:
            return
        waiting = [node for node in group if node.may_begin]
        if not waiting:
            self._review(parent)
            return

        def begun(failure: ExitReason | None) -> None:
            if _fine(failure):
                self._begin_group(waiting[1:], parent)
                return
            for node in waiting:
                node.restarting, node.fallen = False, failure
            self._loop.call_later(0.0, lambda: self._review(parent))

        self._begin(waiting[0], begun)

    def _give_up(self, node: Node, parent: Node, why: ExitReason, intensity: Intensity) -> None:
        failed = parent if parent.supervises else node
        self._herald.publish(
            RestartLimitReached(
                actor=failed.ref, max_restarts=intensity.max_restarts, within=intensity.within
            )
        )
        if failed is node:
            self.stop(node, why, _nothing)
        else:
            self._halt(parent, lambda: self._fell(parent, why))

    # stopping

    def stop(self, node: Node, why: ExitReason, then: Done) -> None:
        """Stop a node for good, and all below it, then remove it."""
        node.leaving = True

        def down() -> None:
            self._bury(node, why)
            then()

        self._halt(node, down)

    def command(self, said: Stop) -> None:
        """Stop a node for good on command; killed, its processes are not asked."""
        node = self.nodes.get(said.id)
        if node is None or node is self.root:
            return
        for below in node.subtree() if said.kill else ():
            if below.process is not None:
                below.report = Ended(id=said.id, incarnation=below.incarnation, reason=reason.KILLED)
                below.process.kill()
        self.stop(node, reason.KILLED if said.kill else reason.SHUTDOWN, _nothing)

    def owns(self, pid: int) -> bool:
        """Whether a process is an actor's."""
        return any(node.process is not None and node.process.pid == pid for node in self.nodes.values())

    def stop_everything(self, then: Done) -> None:
        """Stop all nodes in reverse order."""
        self.root.state = State.STOPPING
        self._in_reverse(self.root.children, self._remove, then)

    def kill_everything(self) -> None:
        """Kill every process, at once."""
        for node in self.nodes.values():
            if node.process is not None:
                node.process.kill()

    def _in_reverse(self, nodes: Iterable[Node], end: Ending, then: Done) -> None:
        """Have nodes ended, one after the other, the last first."""
        remaining = list(nodes)
        if not remaining:
            then()
            return
        last = remaining.pop()
        end(last, lambda: self._in_reverse(remaining, end, then))

    def _remove(self, node: Node, then: Done) -> None:
        self.stop(node, reason.SHUTDOWN, then)

    def _halt(self, node: Node, then: Done) -> None:
        """Bring a node down, those below it first; what waits for it is kept."""
        if node.state in (State.DOWN, State.GONE) and not node.children:
            then()
            return
        node.when_down.append(then)
        if node.state is State.STOPPING:
            return
        node.state = State.STOPPING
        end = self._halt if node.supervises else self._remove
        self._in_reverse(node.children, end, lambda: self._halt_process(node))

    def _halt_process(self, node: Node) -> None:
        node.unclock()
        if node.process is None:
            self._is_down(node)
            return
        layout = self._endpoint.site.mailbox(node.address.id)
        estate.command_stop(layout, node, self._endpoint.codec.encode(StopNow())[0])
        node.timer = self._loop.call_later(node.blueprint.shutdown, lambda: self._terminate(node))

    def _terminate(self, node: Node) -> None:
        """Its time to stop is up: SIGTERM, and SIGKILL a little later."""
        process = node.process
        if process is not None:
            process.send(signal.SIGTERM)
            node.timer = self._loop.call_later(_TERM_GRACE, process.kill)

    def _is_down(self, node: Node) -> None:
        begun, node.when_started = node.when_started, None
        if begun is not None:
            begun(reason.SHUTDOWN)
        node.state = State.DOWN
        for then in node.take_when_down():
            then()

    def _bury(self, node: Node, why: ExitReason) -> None:
        """Remove a node that is down: nothing of it stays but what was said about it."""
        if node.state is State.GONE:
            return
        for child in list(node.children):
            self._bury(child, why)
        node.state = State.GONE
        site = self._endpoint.site
        if node.keepers:
            site.mailbox(node.address.id).mail.unlink(missing_ok=True)
            for mail in estate.waiting(self._endpoint, node):
                if mail.kind == Kind.ASK:
                    self._endpoint.answer(mail.sender, mail.correlation, Outcome.STOPPED, False)
                self._dead_letter(node, mail.sender, "the actor has stopped", mail.body)
        estate.remove(self._endpoint, node)
        site.unname(node.address.path)
        self.nodes.pop(node.address.id, None)
        if node.parent is not None and node in node.parent.children:
            node.parent.children.remove(node)
        for sender, number in node.joiners:
            self._endpoint.answer(sender, number, Outcome.REPLY, True)
        self._herald.publish(ActorStopped(actor=node.ref, reason=why))

    def _dead_letter(self, node: Node, sender: bytes, cause: str, message: bytes) -> None:
        if not self._flood.admit(1, time.monotonic()):
            if self._telling is None:
                self._telling = self._loop.call_later(WINDOW, self.tell_of_flood)
            return
        self._herald.publish(
            DeadLetter(
                receiver=node.address.path, sender=path_of(sender), cause=cause, message=message[:_SHOWN]
            )
        )

    def tell_of_flood(self) -> None:
        """Publish the dead letters that have merely been counted, as a count."""
        self._telling = None
        count = self._flood.release()
        if count:
            self._herald.publish(
                DeadLetter(
                    receiver="", sender="", cause="more than were told one by one", message=b"", count=count
                )
            )


def _fine(failure: ExitReason | None) -> bool:
    """Whether a start has not failed; that of a node which was told to stop has not."""
    return failure is None or failure.end is End.SHUTDOWN


def _nothing() -> None:
    """Go on with nothing."""
