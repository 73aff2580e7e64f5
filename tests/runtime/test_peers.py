"""Peers: whether a closed mailbox means that its actor is gone, or that its guardian has died."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from actors.core.address import Address
from actors.core.errors import MailboxClosed, MailboxFull, SystemStopped
from actors.runtime import peers as module
from actors.runtime.mailbox import frame
from actors.runtime.mailbox.credit import Credits
from actors.runtime.mailbox.drainer import PROCESS_DRAINER
from actors.runtime.mailbox.journal import waiting_bytes
from actors.runtime.mailbox.layout import Layout
from actors.runtime.mailbox.status import Word, write_word
from actors.runtime.peer import Orphaned, Peer
from actors.runtime.peers import Peers
from actors.runtime.site import Site

ACTOR = Address("system", 7, "actor")


class Kept:
    """A mailbox that this test keeps, as a guardian does."""

    def __init__(self, layout: Layout, bound: int = 0) -> None:
        self.layout = layout
        os.mkdir(layout.directory)
        self.keepers = layout.create(bound)

    def die(self) -> None:
        for keeper in self.keepers:
            os.close(keeper)
        self.keepers = []

    def bury(self) -> None:
        os.unlink(self.layout.mail)
        descriptor = os.open(self.layout.journal, os.O_RDWR)
        write_word(descriptor, Word.GONE, 1)
        os.close(descriptor)
        self.die()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    path = tmp_path / ACTOR.system
    path.mkdir()
    return Site.at(path, tmp_path / "spill")


@pytest.fixture
def kept(site: Site) -> Iterator[Kept]:
    kept = Kept(site.mailbox(ACTOR.id))
    yield kept
    kept.die()


@pytest.fixture
def bounded(site: Site) -> Iterator[Kept]:
    """A mailbox with two places."""
    bounded = Kept(site.mailbox(ACTOR.id), 2)
    yield bounded
    bounded.die()


@pytest.fixture
def lost() -> list[tuple[int, bool]]:
    return []


@pytest.fixture
def peers(site: Site, lost: list[tuple[int, bool]]) -> Iterator[Peers]:
    def on_lost(_: Address, messages: Sequence[bytes], buried: bool) -> None:
        lost.append((len(messages), buried))

    peers = Peers(site, PROCESS_DRAINER, on_lost)
    yield peers
    peers.close()


def test_a_mailbox_whose_guardian_has_died_is_orphaned_and_not_closed(kept: Kept, peers: Peers) -> None:
    peer = peers.reach(ACTOR)
    kept.die()
    with pytest.raises(Orphaned):
        peer.post(b"x", (), 0.0)
    peers.forget(ACTOR)
    with pytest.raises(Orphaned):
        peers.reach(ACTOR)


def test_a_mailbox_whose_actor_is_gone_is_closed(kept: Kept, peers: Peers) -> None:
    peer = peers.reach(ACTOR)
    kept.bury()
    peers.forget(ACTOR)
    for attempt in (lambda: peer.post(b"x", (), 0.0), lambda: peers.reach(ACTOR)):
        with pytest.raises(MailboxClosed) as caught:
            attempt()
        assert type(caught.value) is MailboxClosed


def test_a_bounded_mailbox_that_is_being_removed_is_closed(site: Site, peers: Peers) -> None:
    layout = site.mailbox(ACTOR.id)
    os.mkdir(layout.directory)
    keepers = layout.create(5)
    os.unlink(layout.credits)
    with pytest.raises(MailboxClosed):
        peers.reach(ACTOR)
    for keeper in keepers:
        os.close(keeper)


@pytest.mark.parametrize("ended", [Orphaned, MailboxClosed])
@pytest.mark.parametrize("patience", [0.0, 1_000.0])
def test_a_full_mailbox_that_nobody_can_read_any_more_is_not_said_to_be_full(
    bounded: Kept, peers: Peers, ended: type[MailboxClosed], patience: float
) -> None:
    peer = peers.reach(ACTOR)
    for _ in range(2):
        peer.post(b"x", (), 0.0)
    with pytest.raises(MailboxFull):
        peer.post(b"x", (), 0.0)
    if ended is Orphaned:
        bounded.die()
    else:
        bounded.bury()
    with pytest.raises(MailboxClosed) as caught:
        peer.post(b"x", (), time.monotonic() + patience)
    assert type(caught.value) is ended
    with pytest.raises(MailboxClosed) as caught:
        peer.force(b"x", ())
    assert type(caught.value) is ended


def test_what_is_forced_takes_a_place_if_one_is_free_and_says_so_if_not(
    bounded: Kept, peers: Peers
) -> None:
    peer = peers.reach(ACTOR)
    peer.force(b"x", ())
    peer.post(b"x", (), 0.0)
    peer.force(b"x", ())
    with pytest.raises(MailboxFull):
        peer.post(b"x", (), 0.0)
    taken = frame.inline(b"x")
    assert os.read(bounded.keepers[0], 100) == taken + taken + frame.uncounted(taken)


def test_what_is_forced_and_cannot_be_sent_gives_its_place_back(
    bounded: Kept, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise MailboxFull("actor", "too much waits here")

    peer = peers.reach(ACTOR)
    places = Credits(bounded.layout.credits, 2)
    for free in (2, 0):
        assert places.free == free
        with monkeypatch.context() as patch:
            patch.setattr(peer.outbox, "put", full)
            patch.setattr(peer.outbox, "put_uncounted", full)
            with pytest.raises(MailboxFull):
                peer.force(b"x", ())
        assert places.free == free
        while places.take():
            pass
    places.close()


@pytest.mark.parametrize("buried", [False, True])
def test_what_waited_is_lost_with_the_actor_or_with_the_guardian(
    kept: Kept, peers: Peers, lost: list[tuple[int, bool]], buried: bool
) -> None:
    peer = peers.reach(ACTOR)
    while not peer.outbox.waiting:
        peer.post(b"x" * 4000, (), 0.0)
    if buried:
        kept.bury()
    else:
        kept.die()
    peer.outbox.drain()
    assert lost == [(1, buried)]


def test_a_signal_handler_may_send_whatever_it_interrupts(kept: Kept, peers: Peers) -> None:
    def send(_signal: int, _frame: object) -> None:
        peers.reach(ACTOR).post(b"from the handler", (), 0.0)

    before = signal.signal(signal.SIGUSR1, send)
    try:
        with peers._lock:  # pyright: ignore[reportPrivateUsage]
            signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert waiting_bytes(kept.keepers[0])


def test_what_leads_to_the_living_is_not_forgotten(kept: Kept, peers: Peers) -> None:
    peer = peers.reach(ACTOR)
    peers.forget(ACTOR)
    assert peers.reach(ACTOR) is peer
    kept.die()
    peers.forget(ACTOR)
    assert peer.outbox.pipe.closed


def test_for_want_of_descriptors_only_what_nothing_waits_for_is_closed(kept: Kept, peers: Peers) -> None:
    peer = peers.reach(ACTOR)
    while not peer.outbox.waiting:
        peer.post(b"x" * 4000, (), 0.0)
    assert peers.let_go() == 0
    assert peers.reach(ACTOR) is peer
    pipe = os.open(kept.layout.mail, os.O_RDWR | os.O_NONBLOCK)
    os.read(pipe, 1 << 20)
    os.close(pipe)
    peer.outbox.drain()
    assert peers.let_go() == 1
    with pytest.raises(Orphaned):
        peer.post(b"late", (), 0.0)
    assert peers.reach(ACTOR) is not peer


def test_nobody_else_opens_while_the_guardian_is_replaced(kept: Kept, peers: Peers) -> None:
    before = peers.reach(ACTOR)
    peers.suspend()
    assert before.outbox.pipe.closed
    new = peers.reach(ACTOR)
    assert new is not before, "who replaces it may"
    peers._replacing = 0  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(Orphaned):
        peers.reach(ACTOR)
    peers.resume()
    assert peers.generation == 1
    assert peers.reach(ACTOR) is new


def test_what_was_opened_before_the_replacement_does_not_outlast_it(
    kept: Kept, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guardian is replaced between the opening of a mailbox and its entry."""

    early: list[Peer] = []

    def slow(*arguments: object) -> Peer:
        early.append(Peer(*arguments))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        peers.suspend()
        peers.resume()
        return early[0]

    monkeypatch.setattr(module, "Peer", slow)
    with pytest.raises(Orphaned):
        peers.reach(ACTOR)
    assert early[0].outbox.pipe.closed
    monkeypatch.undo()
    assert peers.reach(ACTOR) is not early[0]


def test_after_the_end_of_the_system_its_error_is_raised(kept: Kept, peers: Peers) -> None:
    peer = peers.reach(ACTOR)
    peers.end(SystemStopped("system", "it was stopped"))
    assert peer.outbox.pipe.closed
    with pytest.raises(SystemStopped):
        peers.reach(ACTOR)
