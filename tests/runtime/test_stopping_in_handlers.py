"""A signal handler may stop the system, whatever it interrupts: no end waits for a lock of its thread."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from actors import ActorSystem, Mailbox, SystemStopped, child
from actors.runtime.endpoint import Endpoint
from support.cast import Hold, Player
from support.interrupts import handling_while_locked


@pytest.fixture
def system() -> ActorSystem:
    """A running system, which the test stops."""
    return ActorSystem("test", shutdown_timeout=0.2).start()


def endpoint_of(system: ActorSystem) -> Endpoint:
    return system._endpoint  # pyright: ignore[reportPrivateUsage]


def test_where_a_mailbox_is_just_being_opened(system: ActorSystem) -> None:
    player, stopped = system.spawn(child(Player)), list[bool]()
    lock = endpoint_of(system).peers._lock  # pyright: ignore[reportPrivateUsage]

    def stop(directory: Path = system.directory) -> None:
        system.stop()
        stopped.append(not directory.exists())

    with handling_while_locked(lock, stop), suppress(SystemStopped):
        player.tell("first")
    assert stopped == [True]
    with pytest.raises(SystemStopped):
        player.ask("anybody?")


def test_where_a_message_is_just_being_put_behind_others(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    player, stopped = system.spawn(child(Player).options(shutdown=0.0)), list[bool]()
    player.tell(Hold(taken=mailbox.address, release=gate.address))
    mailbox.get(timeout=10)
    peer = endpoint_of(system).peers.reach(player.address)
    while not peer.outbox.waiting:
        player.tell(bytes(4_000))

    def stop(directory: Path = system.directory) -> None:
        system.stop()
        stopped.append(not directory.exists())

    lock = peer.outbox._lock  # pyright: ignore[reportPrivateUsage]
    with handling_while_locked(lock, stop), suppress(SystemStopped):
        player.tell("last")
    assert stopped == [True]
