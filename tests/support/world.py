"""A supervision tree over processes that do only what a test has them do."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import attrs

from actors.core import reason
from actors.core.address import Address
from actors.core.events import Event
from actors.core.policy import Intensity
from actors.core.protocol import Blueprint, Ended, NotSpawned, Started, Stop, Supervises
from actors.core.reason import End, ExitReason
from actors.core.ref import ActorRef
from actors.core.strategy import AutoShutdown, Strategy
from actors.core.terms import Restart, Terms
from actors.runtime.guardian import estate, lives
from actors.runtime.guardian.loop import Timer
from actors.runtime.guardian.node import Node, State
from actors.runtime.guardian.tree import Tree
from actors.runtime.worker import Assignment

FAILED = ExitReason(end=End.FAILED_START, text="the test said so")


def actor(name: str, restart: Restart = Restart.TRANSIENT, **terms: Any) -> Blueprint:
    return Blueprint(target=f"cast:{name}", name=name, terms=Terms(restart=restart, **terms))


def supervisor(
    name: str,
    strategy: Strategy,
    *children: Blueprint,
    limit: int = 1_000,
    auto_shutdown: AutoShutdown = AutoShutdown.NEVER,
    max_children: int | None = None,
    **terms: Any,
) -> Blueprint:
    below = Supervises(
        strategy=strategy,
        max_restarts=limit,
        within=1e9,
        children=children,
        auto_shutdown=auto_shutdown,
        max_children=max_children,
    )
    return Blueprint(target=f"cast:{name}", name=name, terms=Terms(**terms), supervises=below)


@attrs.define(eq=False)
class Puppet:
    """A process that starts, hears and ends when it is told to."""

    world: World
    assignment: Assignment
    pid: int
    has_started: bool = False
    is_told_to_stop: bool = False
    is_alive: bool = True
    code: int = 0

    @property
    def pidfd(self) -> int:
        return self.pid

    @property
    def path(self) -> str:
        return self.assignment.address.path

    def send(self, number: signal.Signals) -> None:
        self.kill()

    def kill(self) -> None:
        """Its death is noticed later, as that of a real one."""
        self.is_alive, self.code = False, -signal.SIGKILL

    def reap(self) -> int:
        assert not self.is_alive, f"waited for {self.path}, which is alive"
        self.world.puppets.remove(self)
        return self.code

    def start(self) -> None:
        """Say that it has started."""
        self.has_started = True
        self.world.tree.started(
            Started(id=self.assignment.address.id, incarnation=self.assignment.incarnation)
        )

    def end(self, why: ExitReason) -> None:
        """Say why, and end."""
        self.world.tree.ended(
            Ended(id=self.assignment.address.id, incarnation=self.assignment.incarnation, reason=why)
        )
        self.is_alive = False


class World:
    """The tree, and all around it that is not real: processes, a loop, mailboxes, time."""

    def __init__(self) -> None:
        self.puppets: list[Puppet] = []
        self.events: list[Event] = []
        self.names: set[str] = set()
        self.spawns: list[list[Node | NotSpawned]] = []
        self.at_once: list[Timer] = []
        self.backoffs: list[Timer] = []
        self.no_process_to_be_had = False
        self._watched: dict[int, Callable[[], None]] = {}
        self._pids = itertools.count(1000)
        nothing = mock.Mock(return_value=None)
        endpoint = SimpleNamespace(
            site=SimpleNamespace(
                system="world", name=self._name, unname=self.names.remove, mailbox=nothing
            ),
            codec=SimpleNamespace(encode=mock.Mock(return_value=(b"", ()))),
            answer=nothing,
            notify=nothing,
            bind=ActorRef,
        )
        herald = SimpleNamespace(publish=self.events.append)
        self.escalated: list[str] = []
        self.tree = Tree(
            cast("Any", endpoint),
            cast("Any", self),
            cast("Any", herald),
            Intensity(1_000, 1e9),
            hear=lambda: None,
            escalate=lambda node: self.escalated.append(node.path),
        )

    # the parts of a loop

    def add(self, descriptor: int, callback: Callable[[], None]) -> None:
        self._watched[descriptor] = callback

    def remove(self, descriptor: int) -> None:
        del self._watched[descriptor]

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(callback)
        if seconds == 0:
            self.at_once.append(timer)
        elif seconds < 1:
            self.backoffs.append(timer)
        return timer

    # what tests do

    def spawn(self, blueprint: Blueprint, parent: int = 0) -> list[Node | NotSpawned]:
        """Spawn; the list gets the answer when there is one."""
        answers: list[Node | NotSpawned] = []
        self.spawns.append(answers)
        above = self.tree.nodes.get(parent, self.tree.root)
        sender = above.address if above.process is not None else Address("world", 99, "somebody")
        self.tree.spawn(parent, blueprint, sender, answers.append)
        return answers

    def node(self, path: str) -> Node:
        return next(node for node in self.tree.nodes.values() if node.address.path == path)

    def puppet(self, path: str) -> Puppet:
        return next(one for one in self.puppets if one.path == path)

    def stop(self, path: str, *, kill: bool = False) -> None:
        self.tree.command(Stop(id=self.node(path).address.id, kill=kill))

    def crash(self, path: str) -> None:
        """A SIGKILL that is noticed at once."""
        self.puppet(path).kill()
        self.notice(self.puppet(path))

    def obey(self, path: str) -> None:
        """End as commanded."""
        puppet = self.puppet(path)
        assert puppet.is_told_to_stop, f"{path} is not told to stop"
        puppet.end(reason.SHUTDOWN)
        self.notice(puppet)

    def start(self, *paths: str) -> None:
        for path in paths:
            self.puppet(path).start()

    def fail(self, path: str) -> None:
        """Fail to start, and try no more before the next `tick`."""
        puppet = self.puppet(path)
        puppet.end(FAILED)
        self.notice(puppet)

    def notice(self, puppet: Puppet) -> None:
        self._watched[puppet.pidfd]()

    def tick(self) -> None:
        """Come to what was to be done at once."""
        due, self.at_once = self.at_once, []
        _call(due)

    def wait_out(self) -> None:
        """Let the backoffs pass that run now."""
        due, self.backoffs = self.backoffs, []
        _call(due)

    def settle(self, until: Callable[[], bool] = lambda: False) -> None:
        """Have every process do what it ought to do until nothing is left to do."""
        for _ in range(10_000):
            if until() or not self._step():
                return
        raise AssertionError(f"it never comes to rest: {self.states()}")

    def _step(self) -> bool:
        if any(timer.callback for timer in self.at_once):
            self.tick()
            return True
        if self.backoffs:
            self.wait_out()
            return True
        for puppet in self.puppets:
            if not puppet.is_alive:
                self.notice(puppet)
            elif not puppet.has_started:
                puppet.start()
            elif puppet.is_told_to_stop:
                self.obey(puppet.path)
            else:
                continue
            return True
        return False

    def states(self) -> dict[str, str]:
        nodes = (node for node in self.tree.nodes.values() if node is not self.tree.root)
        return {node.address.path: node.state.name.lower() for node in nodes}

    def running(self) -> list[str]:
        return [path for path, state in self.states().items() if state == "running"]

    def check(self) -> None:
        """What is true of a tree at rest."""
        assert set(self.states().values()) <= {"running"}, self.states()
        assert self.names == set(self.states())
        assert sorted(one.path for one in self.puppets) == sorted(
            node.address.path for node in self._nodes() if not node.supervises
        )
        for node in self._nodes():
            assert not any((node.leaving, node.regrouping, node.fallen, node.when_down, node.when_started))
            assert node.parent is not None
            assert node in node.parent.children
            assert (node.process is None) == node.supervises
        assert all(len(answers) == 1 for answers in self.spawns)

    def _nodes(self) -> Iterator[Node]:
        return (node for node in self.tree.nodes.values() if node is not self.tree.root)

    def make_process(self, assignment: Assignment) -> Puppet:
        if self.no_process_to_be_had:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        node = self.tree.nodes[assignment.address.id]
        assert node.state is State.STARTING
        assert not node.leaving, f"{node.address.path} is started though it is leaving"
        assert all(one.path != assignment.address.path for one in self.puppets), "two incarnations at once"
        puppet = Puppet(self, assignment, next(self._pids))
        self.puppets.append(puppet)
        return puppet

    def _name(self, path: str, _number: int) -> None:
        if path in self.names:
            raise FileExistsError(path)
        self.names.add(path)


def _call(timers: list[Timer]) -> None:
    for timer in timers:
        if timer.callback is not None:
            timer.callback()


def _command_stop(_layout: Any, node: Node, _directive: bytes) -> None:
    cast("Any", node.process).is_told_to_stop = True


@contextmanager
def _empty_hand(_endpoint: Any, _node: Node) -> Generator[Any, None, None]:
    yield SimpleNamespace(mail=None)


@contextmanager
def new_world() -> Generator[World, None, None]:
    """A world, while the tree's own are out of its reach."""
    world = World()
    nothing = mock.Mock(return_value=None)
    without = ("found", "forget_commands", "announce_restart", "mark", "clear", "remove")
    with (
        mock.patch.object(lives, "ActorProcess", world.make_process),
        mock.patch.multiple(
            estate,
            hand=_empty_hand,
            stack=mock.Mock(return_value=""),
            command_stop=_command_stop,
            **dict.fromkeys(without, nothing),
        ),
    ):
        yield world
