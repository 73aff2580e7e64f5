"""The supervision tree: which nodes there are, how they come to be, and what is commanded.

A death's way: `Lives` → `ExitReason` → `policy.decide` → `Restarting`, which applies it by way of
`Stopping` and `Starting`; at the end of a node, `Undertaker`. Nothing in them waits: each step that takes
time names the callback that goes on after it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Final

from actors.core import reason
from actors.core.address import Address
from actors.core.envelope import SENDERS
from actors.core.policy import Intensity
from actors.core.protocol import Blueprint, Ended, NotSpawned, Renew, Started, Stop, Supervises
from actors.core.reason import ExitReason
from actors.core.spec import check_name
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian import estate
from actors.runtime.guardian.archive import Archive
from actors.runtime.guardian.herald import Herald
from actors.runtime.guardian.letters import Letters
from actors.runtime.guardian.lives import Lives
from actors.runtime.guardian.loop import Loop
from actors.runtime.guardian.node import Done, Node, State
from actors.runtime.guardian.rebuilding import Rebuilding
from actors.runtime.guardian.restarting import Restarting
from actors.runtime.guardian.starting import Starting, nothing
from actors.runtime.guardian.stopping import Stopping
from actors.runtime.guardian.undertaker import Undertaker
from actors.runtime.site import APPLICATION, GUARDIAN

_FIRST_ID: Final = 2
_GENERATION: Final = 1 << 32
"""How many ids each guardian of a system may give away; none is ever used again."""


class Tree:
    """The nodes of one system and what becomes of them."""

    def __init__(
        self,
        endpoint: Endpoint,
        loop: Loop,
        herald: Herald,
        intensity: Intensity,
        *,
        hear: Done,
        escalate: Callable[[Node], None],
        preparation: dict[str, Any] | None = None,
        spares: int = 1,
        generation: int = 0,
    ) -> None:
        """An empty tree.

        `hear` takes in what processes have said. `escalate` is told below which node, the root or an
        actor, something was restarted too often and has been stopped.
        """
        self._endpoint = endpoint
        self._ids = itertools.count(_FIRST_ID + generation * _GENERATION)
        root = Address(endpoint.site.system, GUARDIAN, "")
        self.root = Node(root, Blueprint(target="", name=None), None, state=State.RUNNING)
        self.nodes: dict[int, Node] = {GUARDIAN: self.root}
        self.letters = Letters(loop, herald.publish)
        self.archive = Archive()
        self._undertaker = Undertaker(endpoint, herald, self.letters, self.archive, self.nodes)
        self._lives = Lives(endpoint, loop, self._undertaker, hear, preparation, spares)
        self._stopping = Stopping(self._lives, self._undertaker)
        self._starting = Starting(loop, herald, self._lives, self._stopping)
        self._restarting = Restarting(
            loop, herald, self.archive, self._starting, self._stopping, intensity, escalate
        )
        self._lives.on_death = self._restarting.died
        self._starting.when_running = self._restarting.review
        self._rebuilding = Rebuilding(endpoint, self.nodes, self._starting, self._restarting, self._found)
        self.owns = self._lives.owns
        self.prepare = self._lives.prepare
        self.rebuild = self._rebuilding.rebuild

    # coming to be

    def spawn(
        self, parent: int, blueprint: Blueprint, sender: Address, then: Callable[[Node | NotSpawned], None]
    ) -> None:
        """Start a new node below `parent`; `then` gets it, or what is wrong."""
        above = self.nodes.get(parent, self.root if parent < _FIRST_ID else None)
        refusal = self._refusal(above, sender)
        if above is None or refusal:
            then(NotSpawned(name=blueprint.name or blueprint.target, cause=refusal))
            return
        node = self._plant(above, blueprint, dynamic=above is not self.root)
        if isinstance(node, NotSpawned):
            then(node)
            return

        def answer(result: Node | NotSpawned) -> None:
            then(result)
            self._restarting.review(above)  # a group waits while one of its nodes starts

        def begun(failure: ExitReason | None) -> None:
            if failure is None:
                if sender.id == APPLICATION:
                    self._rebuilding.record(node)
                answer(node)
                return
            refusal = NotSpawned(name=node.path, cause=_cause(node, failure))
            self._stopping.stop(node, failure, lambda: answer(refusal))

        self._starting.begin(node, begun)

    def _refusal(self, above: Node | None, sender: Address) -> str:
        """Why no child can be spawned there; empty if one can."""
        if above is None or above.state not in (State.STARTING, State.RUNNING):
            return "its parent is stopping"
        supervises = above.blueprint.supervises
        if supervises is None and above is not self.root and sender != above.address:
            return f"{above.path} is an actor, which spawns its children itself (context.spawn)"
        most = None if supervises is None else supervises.max_children
        if most is not None and len(above.children) >= most:
            return f"{above.path} has {most} children already (max_children)"
        return ""

    def _plant(self, parent: Node, blueprint: Blueprint, *, dynamic: bool = False) -> Node | NotSpawned:
        """A new node with its name and its mailbox, and those below it; nothing runs yet."""
        number = next(self._ids)
        name = blueprint.name or f"{blueprint.target.rpartition(':')[2].rpartition('.')[2]}-{number}"
        path = f"{parent.path}/{name}" if parent.path else name
        node = Node(Address(self.root.address.system, number, path), blueprint, parent, dynamic)
        try:
            check_name(name)
            self._endpoint.site.name(path, number)
        except FileExistsError:
            return NotSpawned(name=path, cause="", taken=True)
        except (OSError, ValueError) as error:
            return NotSpawned(name=path, cause=str(error))
        failure = self._found(node)
        return failure or self._plant_children(node, blueprint.supervises)

    def _found(self, node: Node) -> NotSpawned | None:
        """Give a node its place in the tree, and its mailbox."""
        self.nodes[node.address.id] = node
        if node.parent is not None:
            node.parent.children.append(node)
        try:
            estate.found(self._endpoint, node)
        except (OSError, ValueError) as error:
            self._undertaker.bury(node, reason.SHUTDOWN)
            return NotSpawned(name=node.path, cause=f"its mailbox cannot be made: {error}")
        return None

    def _plant_children(self, node: Node, supervises: Supervises | None) -> Node | NotSpawned:
        for blueprint in () if supervises is None else supervises.children:
            planted = self._plant(node, blueprint)
            if isinstance(planted, NotSpawned):
                self._stopping.stop(node, reason.SHUTDOWN, nothing)
                return planted
        return node

    # what processes say

    def started(self, said: Started) -> None:
        """A worker says that its actor has started."""
        node = self.nodes.get(said.id)
        if node is not None:
            self._starting.started(node, said)

    def ended(self, said: Ended) -> None:
        """A worker says why it is about to end."""
        node = self.nodes.get(said.id)
        if node is not None and node.incarnation == said.incarnation:
            self._lives.ended(node, said)

    def watch(self, watched: Address, sender: bytes) -> None:
        """Have an incarnation of an actor told when another actor is gone for good."""
        watcher = SENDERS[sender]
        node = self.nodes.get(watched.id)
        if node is None:
            self._undertaker.notify(watcher.address, watched)
            return
        node.watchers[sender] = watcher.address
        here = self.nodes.get(watcher.address.id)
        if here is not None and here.address == watcher.address:
            here.watched[watched.id] = sender

    def unwatch(self, watched: int, sender: bytes) -> None:
        """Do not have it told any more."""
        node = self.nodes.get(watched)
        if node is not None:
            node.watchers.pop(sender, None)

    # commands

    def command(self, said: Stop) -> None:
        """Stop a node for good on command; killed, its processes are not asked."""
        node = self.nodes.get(said.id)
        if node is None or node is self.root:
            return
        for below in node.subtree() if said.kill else ():
            self._lives.kill(below, reason.KILLED)
        self._stopping.stop(node, reason.KILLED if said.kill else reason.SHUTDOWN, nothing)

    def renew(self, said: Renew) -> None:
        """Start a node anew on command."""
        node = self.nodes.get(said.id)
        if node is not None:
            self._restarting.renew(node)

    def stop_everything(self, then: Done) -> None:
        """Stop all nodes in reverse order."""
        self.root.state = State.STOPPING
        self._lives.launch_no_more()
        self._stopping.in_reverse(self.root.children, self._stopping.remove, then)

    def kill_everything(self) -> None:
        """Kill every process, at once."""
        for node in self.nodes.values():
            if node.process is not None:
                node.process.kill()


def _cause(node: Node, failure: ExitReason) -> str:
    """Why a node did not start: a supervisor's failure names the child whose traceback it has."""
    if node.supervises and failure.traceback:
        return f"{failure}\n{failure.traceback}"
    return failure.traceback or str(failure)
