"""A supervision tree over processes that do only what a test has them do."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast
from unittest import mock

import attrs

from actors.core import reason
from actors.core.address import Address
from actors.core.backoff import Backoff
from actors.core.codec import Codec
from actors.core.envelope import Sender
from actors.core.events import ActorStopped, Event
from actors.core.policy import Intensity
from actors.core.protocol import Blueprint, Ended, NotSpawned, Renew, Started, Stop, Supervises
from actors.core.reason import End, ExitReason
from actors.core.ref import ActorRef
from actors.core.strategy import AutoShutdown, Strategy
from actors.core.terminated import Terminated
from actors.core.terms import Restart, Terms
from actors.runtime.guardian import estate, lives, restarting, starting
from actors.runtime.guardian.loop import Timer
from actors.runtime.guardian.node import Node, State
from actors.runtime.guardian.tree import Tree
from actors.runtime.mailbox.layout import Layout
from actors.runtime.mailbox.status import Word
from actors.runtime.worker import Assignment

FAILED = ExitReason(end=End.FAILED_START, text="the test said so")
RECYCLED = ExitReason(end=End.RECYCLED, text="the test said so")
BRIEF: Final = Backoff(initial=0.5, maximum=0.5, reset_after=10.0)
"""A backoff, and a short one, so that the world takes it for no other timer."""
LIMIT: Final = 1_000
WITHIN: Final = 1e9


def actor(name: str, restart: Restart = Restart.TRANSIENT, **terms: Any) -> Blueprint:
    return Blueprint(target=f"cast:{name}", name=name, terms=Terms(restart=restart, **terms))


def supervisor(
    name: str,
    strategy: Strategy,
    *children: Blueprint,
    limit: int = LIMIT,
    within: float = WITHIN,
    auto_shutdown: AutoShutdown = AutoShutdown.NEVER,
    max_children: int | None = None,
    **terms: Any,
) -> Blueprint:
    below = Supervises(
        strategy=strategy,
        max_restarts=limit,
        within=within,
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
    since: float = 0.0
    """When it took up the message that it has in hand; 0 if there is none."""
    code: int = 0

    @property
    def pidfd(self) -> int:
        return self.pid

    @property
    def path(self) -> str:
        return self.assignment.address.path

    @property
    def sender(self) -> bytes:
        """It, and no other incarnation, as it stands in what it sends."""
        return Sender(self.assignment.address, self.assignment.incarnation).pack()

    def take_up(self) -> None:
        """Take a message in hand."""
        self.since = self.world.now

    def finish(self) -> None:
        """Have dealt with it."""
        self.since = 0.0

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
        self.budgets: list[Timer] = []
        """Times for a start, a stop or a message, which may run out."""
        self.now = 1000.0
        self.watches: set[tuple[bytes, int]] = set()
        """Which incarnations wait for the end of which actors."""
        self.ends_told: list[tuple[str, Terminated]] = []
        self.stops: list[str] = []
        """Who was told to stop, in order."""
        self.no_process_to_be_had = False
        self.processes_take_a_moment = False
        self.castings: list[tuple[Callable[[], bool], Callable[[None], None]]] = []
        """Starts that wait for a process, each with whether it is wanted still."""
        self._watched: dict[int, Callable[[], None]] = {}
        self._pids = itertools.count(1000)
        self._codec = Codec(bind=ActorRef)
        nothing = mock.Mock(return_value=None)
        endpoint = SimpleNamespace(
            site=SimpleNamespace(system="world", name=self._name, unname=self.names.remove),
            codec=self._codec,
            answer=nothing,
            notify=self._notify,
            bind=ActorRef,
        )
        herald = SimpleNamespace(publish=self.events.append)
        self.escalated: list[str] = []
        with mock.patch.object(lives, "Spares", return_value=self.make_spares()):
            self.tree = Tree(
                cast("Any", endpoint),
                cast("Any", self),
                cast("Any", herald),
                Intensity(LIMIT, WITHIN),
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
        else:
            self.budgets.append(timer)
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

    def renew(self, path: str) -> None:
        self.tree.renew(Renew(id=self.node(path).address.id))

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

    def end(self, path: str, why: ExitReason) -> None:
        """End by itself, which is noticed at once."""
        puppet = self.puppet(path)
        puppet.end(why)
        self.notice(puppet)

    def watch(self, watcher: Puppet, watched: Address) -> None:
        """Have a process told of an actor's end."""
        self.watches.add((watcher.sender, watched.id))
        self.tree.watch(watched, watcher.sender)

    def unwatch(self, watcher: Puppet, watched: Address) -> None:
        self.watches.discard((watcher.sender, watched.id))
        self.tree.unwatch(watched.id, watcher.sender)

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

    def cast(self) -> None:
        """Have the start go on that has waited for a process for the longest time."""
        wanted, then = self.castings.pop(0)
        if wanted():
            then(None)

    def tick(self) -> None:
        """Come to what was to be done at once."""
        due, self.at_once = self.at_once, []
        _call(due)

    def wait_out(self) -> None:
        """Let the backoffs pass that run now."""
        self.now += 1.0
        due, self.backoffs = self.backoffs, []
        _call(due)

    def run_out(self) -> None:
        """Let the times run out that are set for starts, stops and messages."""
        self.now += 3600.0
        due, self.budgets = self.budgets, []
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
        if self.castings:
            self.cast()
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

    def gone(self) -> list[Address]:
        """Who is gone for good."""
        return [event.actor.address for event in self.events if isinstance(event, ActorStopped)]

    def states(self) -> dict[str, str]:
        nodes = (node for node in self.tree.nodes.values() if node is not self.tree.root)
        return {node.address.path: node.state.name.lower() for node in nodes}

    def running(self) -> list[str]:
        return [path for path, state in self.states().items() if state == "running"]

    def check(self) -> None:
        """What is true of a tree at rest."""
        assert set(self.states().values()) <= {"running"}, self.states()
        assert self.names == set(self.states())
        assert not self.tree.root.fallen_below
        assert sorted(one.path for one in self.puppets) == sorted(
            node.address.path for node in self.nodes() if not node.supervises
        )
        for node in self.nodes():
            assert not any((node.leaving, node.regrouping, node.when_down, node.when_started))
            assert not any((node.fallen, node.fallen_below))
            assert node.parent is not None
            assert node in node.parent.children
            assert (node.process is None) == node.supervises
            assert node.blueprint.supervises is None or _has_room_for(node.blueprint.supervises, node)
        assert all(len(answers) == 1 for answers in self.spawns)
        self._check_watches()

    def _check_watches(self) -> None:
        registered = {(who, node.address.id) for node in self.nodes() for who in node.watchers}
        assert registered == self.watches, "who waits for whom, and will be told"

    def nodes(self) -> Iterator[Node]:
        """All but the root."""
        return (node for node in self.tree.nodes.values() if node is not self.tree.root)

    def make_spares(self) -> SimpleNamespace:
        """Nobody waits to become an actor's process, though perhaps it takes a moment to see that."""

        def cast(_: Assignment, wanted: Callable[[], bool], then: Callable[[None], None]) -> None:
            if self.processes_take_a_moment:
                self.castings.append((wanted, then))
            else:
                then(None)

        nothing = mock.Mock(return_value=None)
        return SimpleNamespace(cast=cast, prepare=nothing, retire=nothing)

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

    def _notify(self, watcher: Address, body: bytes, segments: Sequence[bytes]) -> None:
        message: Terminated = self._codec.decode(body, segments)
        ended = message.ref.address
        assert ended.id not in self.tree.nodes, f"{ended.path} is not gone"
        assert (ended.path in self.names) is (ended.path in self.states()), "its name is not free"
        now = next(one for one in self.puppets if one.assignment.address == watcher)
        self.watches.remove((now.sender, ended.id))
        self.ends_told.append((watcher.path, message))

    def forget_watches(self, _endpoint: Any, node: Node) -> None:
        """A process has ended, and its watches with it."""
        ended = Sender(node.address, node.incarnation).pack()
        self.watches = {(who, whom) for who, whom in self.watches if who != ended}

    def read(self, node: Node, word: Word) -> int:
        """A word of an actor's status page: since when it has a message in hand, or 0."""
        return int(cast("Any", node.process).since * 1e9) if word is Word.SINCE else 0

    def _name(self, path: str, _number: int) -> None:
        if path in self.names:
            raise FileExistsError(path)
        self.names.add(path)


def _has_room_for(supervises: Supervises, node: Node) -> bool:
    """Whether it has no more children than it may have."""
    most = supervises.max_children
    return most is None or len(node.children) <= most


def _call(timers: list[Timer]) -> None:
    for timer in timers:
        if timer.callback is not None:
            timer.callback()


def _command_stop(node: Node, _directive: bytes) -> None:
    puppet: Puppet = cast("Any", node.process)
    puppet.is_told_to_stop = True
    puppet.world.stops.append(puppet.path)


def _found(_endpoint: Any, node: Node) -> None:
    node.layout = Layout.at(Path("nowhere"), Path("nowhere"))


@contextmanager
def new_world() -> Generator[World, None, None]:
    """A world, while the tree's own are out of its reach."""
    world = World()
    nothing = mock.Mock(return_value=None)
    without = ("forget_commands", "announce_restart", "mark", "remove")
    clock = SimpleNamespace(monotonic=lambda: world.now)
    with (
        mock.patch.object(lives, "time", clock),
        mock.patch.object(starting, "time", clock),
        mock.patch.object(restarting, "time", clock),
        mock.patch.object(lives, "ActorProcess", SimpleNamespace(of=world.make_process)),
        mock.patch.multiple(
            estate,
            holds=mock.Mock(return_value=False),
            stack=mock.Mock(return_value=""),
            read=world.read,
            clear=world.forget_watches,
            found=_found,
            command_stop=_command_stop,
            **dict.fromkeys(without, nothing),
        ),
    ):
        yield world
