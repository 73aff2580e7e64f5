"""The peers of a process: what it has opened to send to, by whom it leads to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from copy import copy
from typing import Final, TypeVar

from actors.core.address import Address
from actors.core.envelope import Sender
from actors.core.errors import ActorsError
from actors.runtime.descriptor import scarce
from actors.runtime.mailbox.drainer import Carrier
from actors.runtime.mailbox.outbox import Outbox
from actors.runtime.mutex import Mutex
from actors.runtime.peer import Orphaned, Peer
from actors.runtime.replylane import ReplyLane
from actors.runtime.site import Site

T = TypeVar("T")

_FEW: Final = 16
"""How many may be open before it is looked for those that lead to nobody."""


class Peers:
    """Opens mailboxes and reply lanes once each, and closes those that nobody needs. Thread-safe."""

    def __init__(
        self, site: Site, carrier: Carrier, on_lost: Callable[[Address, Sequence[bytes], bool], None]
    ) -> None:
        """`on_lost` gets the messages that were waiting here for an actor, and whether it is gone for good.

        If not, the guardian has died.
        """
        self._site = site
        self._carrier = carrier
        self._on_lost = on_lost
        self._peers: dict[str, Peer] = {}
        """The open mailboxes, by the key of the address that each leads to."""
        self._lanes: dict[bytes, ReplyLane] = {}
        self._tidy_at = _FEW
        self.generation = 0
        """How many guardians have been replaced by one that serves."""
        self.suspended = False
        """Whether every actor is dead, and no mailbox is opened but by who replaces the guardian."""
        self._replacing = 0
        self._closings = 0
        self._ended: ActorsError | None = None
        self.renew()

    def renew(self) -> None:
        """In a forked child: use what the parent has opened, but not its lock, which a thread may hold."""
        self._lock = Mutex()

    def suspend(self) -> None:
        """Everyone has died: lose what waits; only this thread, which replaces the guardian, may open.

        Not those of other systems, who live on.
        """
        self.suspended, self._replacing = True, threading.get_ident()
        self._close(f"{self._site.system}/")

    def resume(self) -> None:
        """A new guardian serves."""
        self.generation += 1
        self.suspended = False

    def reach(self, to: Address) -> Peer:
        """An actor's mailbox, opened.

        Raises `MailboxClosed` if the actor is gone, `Orphaned`, and what `end` was given.
        """
        peer = self._peers.get(to.key)
        return self._open(to) if peer is None or self.suspended else peer

    def _open(self, to: Address) -> Peer:
        if self._ended is not None:
            raise copy(self._ended)

        def lost(messages: Sequence[bytes], buried: bool) -> None:
            self._on_lost(to, messages, buried)

        closings, abroad = self._closings, to.system != self._site.system
        if abroad and to.key in self._peers:
            return self._peers[to.key]
        if self.suspended and not abroad and threading.get_ident() != self._replacing:
            raise Orphaned(to.path)
        self._tidy()
        layout = self._site.other(to.system).mailbox(to.id)
        peer = self._opened(lambda: Peer(layout, to.path, self._carrier, lost))
        with self._lock:
            if self._closings == closings or (abroad and self._ended is None):
                return self._peers.setdefault(to.key, peer)  # one for all threads, for the sake of order
        peer.close()
        raise Orphaned(to.path)

    def lane(self, to: bytes) -> ReplyLane:
        """The lane for replies to an asker. Raises `MailboxClosed` if the asker is gone."""
        lane = self._lanes.get(to)
        if lane is None:
            self._tidy()
            lane = self._lanes.setdefault(to, self._opened(lambda: self._open_lane(Sender.unpack(to))))
        return lane

    def forget(self, to: Address) -> None:
        """Close what leads to an actor that is gone, or that a killed guardian had kept.

        Not what another thread has opened again meanwhile.
        """
        self._forget(to.key)

    def _forget(self, key: str) -> None:
        peer = self._peers.get(key)
        if peer is not None and peer.ended and self._drop(key, peer):
            peer.close()

    def _drop(self, key: str, peer: Peer) -> bool:
        """Know a peer no longer; False if another thread was faster."""
        with self._lock:
            return self._peers.get(key) is peer and self._peers.pop(key) is peer

    def forget_lane(self, to: bytes) -> None:
        """Close what leads to an asker that is gone."""
        lane = self._lanes.pop(to, None)
        if lane is not None:
            lane.close()

    def flush(self, timeout: float) -> int:
        """Carry what waits; return how many messages still do when the time is up."""
        deadline = time.monotonic() + timeout
        outboxes = self._outboxes()
        for outbox in outboxes:
            outbox.flush(max(0.0, deadline - time.monotonic()))
        return sum(outbox.waiting for outbox in outboxes)

    def let_go(self) -> int:
        """Let go of what nothing waits for; it is opened again when needed. Returns how many.

        Each is closed once no other thread writes to it any more, and its slab removed if no message is in
        it. Who has something for a mailbox and finds it closed opens it again, so that its messages stay in
        order; replies have none.
        """
        idle = [key for key, peer in tuple(self._peers.items()) if peer.retire() and self._drop(key, peer)]
        quiet = [to for to, lane in tuple(self._lanes.items()) if not lane.waiting]
        for asker in quiet:
            self._lanes.pop(asker, None)
        return len(idle) + len(quiet)

    def close(self) -> None:
        """Close everything; what waits is lost and counted."""
        self._close("")

    def _close(self, begins: str) -> None:
        """Close what leads to those whose keys begin so."""
        with self._lock:
            self._closings += 1
            peers = [self._peers.pop(key, None) for key in tuple(self._peers) if key.startswith(begins)]
            lane_keys = [to for to in tuple(self._lanes) if to.startswith(begins.encode())]
            lanes = [self._lanes.pop(to, None) for to in lane_keys]
        for outbox in [*(peer.outbox for peer in peers if peer is not None), *filter(None, lanes)]:
            outbox.close()

    def end(self, error: ActorsError) -> None:
        """Close everything for good: whoever wants to send gets a copy of the error."""
        self._ended = error
        self.close()

    def _outboxes(self) -> list[Outbox]:
        return [*(peer.outbox for peer in tuple(self._peers.values())), *tuple(self._lanes.values())]

    def _open_lane(self, asker: Sender) -> ReplyLane:
        lane = self._site.other(asker.address.system).replies(asker.address.id, asker.incarnation)
        return ReplyLane(lane, asker.address.path, self._carrier)

    def _tidy(self) -> None:
        """Close what leads to those who are gone; looked for when there is a quarter more than stayed."""
        if len(self._peers) + len(self._lanes) < self._tidy_at:
            return
        for key in tuple(self._peers):
            self._forget(key)
        for asker, lane in tuple(self._lanes.items()):
            if lane.pipe.broken:
                self.forget_lane(asker)
        left = len(self._peers) + len(self._lanes)
        self._tidy_at = _FEW + left + left // 4

    def _opened(self, opening: Callable[[], T]) -> T:
        try:
            return opening()
        except OSError as error:
            if not (scarce(error) and self.let_go()):
                raise
            return opening()
