"""Rebuilding: a new guardian starts again what the application had spawned below a killed one.

Of each such node a record is kept in its directory, from its first start until it is gone for good.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from actors.core.address import Address
from actors.core.codec import wire
from actors.core.message import Message
from actors.core.protocol import Blueprint, NotSpawned
from actors.core.reason import ExitReason
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian.node import Done, Node
from actors.runtime.guardian.restarting import Restarting
from actors.runtime.guardian.starting import Starting, fine
from actors.runtime.site import APPLICATION

_FILE: Final = "record"


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
            (node.layout.directory / _FILE).write_bytes(wire.pack_plain([*parts]))
        for child in node.children:
            self.record(child)

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
        return parent.supervises and self._file(parent.address.id).exists()

    def _recall(self, record: Record, blueprint: Blueprint) -> bool:
        parent = self._nodes.get(record.parent)
        if parent is None:
            return False
        shutil.rmtree(self._directory(record.id), ignore_errors=True)
        address = Address(self._endpoint.site.system, record.id, record.path)
        node = Node(address, blueprint, parent, record.dynamic)
        if self._found(node) is not None:
            return False
        self.record(node)
        return True

    def _rise(self, nodes: Sequence[Node], then: Done) -> None:
        waiting = [node for node in nodes if node.may_begin]
        if not waiting:
            then()
            return

        def begun(failure: ExitReason | None) -> None:
            if failure is not None and not fine(failure):
                self._restarting.failed(waiting[0], failure)
            self._rise(waiting[1:], then)

        self._starting.begin(waiting[0], begun)

    def _records(self) -> list[tuple[Record, Blueprint]]:
        """Parents before their children, as they were spawned."""
        found: list[tuple[Record, Blueprint]] = []
        for number in self._numbers():
            with suppress(OSError, ValueError):  # none, or one that was just being written
                head, stream, *segments = wire.unpack_plain(self._file(number).read_bytes())
                decode = self._endpoint.codec.decode
                found.append((decode(head), decode(stream, segments)))
        return found

    def _clean(self) -> None:
        """Remove what is left of those that do not come back."""
        site = self._endpoint.site
        for number in self._numbers():
            if number not in self._nodes:
                shutil.rmtree(self._directory(number), ignore_errors=True)
        for path in site.names():
            if site.find(path).id not in self._nodes:
                site.unname(path)

    def _numbers(self) -> Iterator[int]:
        directories = self._endpoint.site.path.glob("[0-9]*")
        return iter(sorted(n for n in map(int, (one.name for one in directories)) if n > APPLICATION))

    def _directory(self, number: int) -> Path:
        return self._endpoint.site.mailbox(number).directory

    def _file(self, number: int) -> Path:
        return self._directory(number) / _FILE
