"""Rebuilding: a new guardian starts again what the application had spawned below a killed one.

Of each such node a record is kept, from its first start until it is gone for good; whatever is rebuilt and
killed again meanwhile, it is not touched.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from actors.core.address import Address
from actors.core.codec import wire
from actors.core.message import Message
from actors.core.protocol import Blueprint, NotSpawned
from actors.core.reason import ExitReason
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian.node import Done, Node
from actors.runtime.guardian.restarting import Restarting
from actors.runtime.guardian.starting import Starting, fine
from actors.runtime.guardian.succession import in_turn
from actors.runtime.site import APPLICATION


class Record(Message):
    """What it takes to make a node again, beside its blueprint."""

    id: int
    path: str
    parent: int
    dynamic: bool


class Rebuilding:
    """Writes the records of nodes, and makes nodes of records."""

    def __init__(
        self,
        endpoint: Endpoint,
        nodes: dict[int, Node],
        starting: Starting,
        restarting: Restarting,
        found: Callable[[Node], NotSpawned | None],
    ) -> None:
        """`found` gives a node its place among `nodes`, and its mailbox."""
        self._endpoint = endpoint
        self._nodes = nodes
        self._starting = starting
        self._restarting = restarting
        self._found = found

    def record(self, node: Node) -> None:
        """Keep a node that the application has spawned, and what it declares; not what actors spawn."""
        if node.parent is None or not self._is_kept(node.parent):
            return
        record = Record(
            id=node.address.id,
            path=node.path,
            parent=node.parent.address.id,
            dynamic=node.dynamic,
        )
        stream, segments = node.blueprint.packed
        parts = (self._endpoint.codec.encode(record)[0], stream, *segments)
        with suppress(OSError):  # no room: then it will not come back
            self._write(node.address.id, wire.pack_plain([*parts]))
        for child in node.children:
            self.record(child)

    def _write(self, number: int, record: bytes) -> None:
        """Write a record, which is there whole or not at all."""
        path = self._endpoint.site.record(number)
        unready = f"{path}.new"
        with open(unready, "wb") as file:
            file.write(record)
        os.rename(unready, path)

    def rebuild(self, then: Callable[[int], None]) -> None:
        """Make and start everything of which there is a record, remove the rest; `then` gets the count.

        Who fails to start is judged as after a restart.
        """
        count = sum(self._recall(*found) for found in self._records())
        self._clean()
        self._rise(tuple(self._nodes[0].children), lambda: then(count))

    def _is_kept(self, parent: Node) -> bool:
        if parent.parent is None:
            return True
        return parent.supervises and os.path.exists(self._endpoint.site.record(parent.address.id))

    def _recall(self, record: Record, blueprint: Blueprint) -> bool:
        parent = self._nodes.get(record.parent)
        if parent is None:
            return False
        shutil.rmtree(self._endpoint.site.mailbox(record.id).directory, ignore_errors=True)
        address = Address(self._endpoint.site.system, record.id, record.path)
        node = Node(address, blueprint, parent, record.dynamic)
        return self._found(node) is None

    def _rise(self, nodes: Sequence[Node], then: Done) -> None:
        def rise(node: Node, then: Done) -> None:
            def begun(failure: ExitReason | None) -> None:
                if failure is not None and not fine(failure):
                    self._restarting.failed(node, failure)
                then()

            if node.may_begin:
                self._starting.begin(node, begun)
            else:
                then()

        in_turn(nodes, rise, then)

    def _records(self) -> list[tuple[Record, Blueprint]]:
        """Parents before their children, as they were spawned."""
        found: list[tuple[Record, Blueprint]] = []
        site, decode = self._endpoint.site, self._endpoint.codec.decode
        for number in _numbers(os.listdir(site.records)):
            with open(site.record(number), "rb") as file:
                head, stream, *segments = wire.unpack_plain(file.read())
            found.append((decode(head), Blueprint.unpacked(stream, *segments)))
        return found

    def _clean(self) -> None:
        """Remove what is left of those that do not come back."""
        site = self._endpoint.site
        for number in _numbers(os.listdir(site.path)):
            if number not in self._nodes:
                shutil.rmtree(site.mailbox(number).directory, ignore_errors=True)
        for name in os.listdir(site.records):
            if not name.isdecimal() or int(name) not in self._nodes:
                os.unlink(f"{site.records}/{name}")
        for path in site.names():
            if site.find(path).id not in self._nodes:
                site.unname(path)


def _numbers(names: Iterable[str]) -> list[int]:
    """Which of some names are those of actors, in the order in which they were spawned."""
    return sorted(number for number in map(int, filter(str.isdecimal, names)) if number > APPLICATION)
