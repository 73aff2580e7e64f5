"""Systems side by side: they talk, and the end of a guardian, or of all of one, is no end of another."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from actors import ActorRef, ActorSystem, Mailbox, SystemStopped
from actors.events import GuardianRestarted
from support.cast import Add, Echo, Hold, Numbers, Player


@pytest.fixture
def other() -> Iterator[ActorSystem]:
    with ActorSystem("other", handle_signals=False, max_guardian_restarts=1_000) as other:
        yield other


def by_way_of(system: ActorSystem, actor: ActorRef) -> ActorRef:
    """A reference that this system has handed out, as it has come in a message."""
    handed: ActorRef = system.spawn(Echo).ask(actor)
    return handed


def replace_guardian(system: ActorSystem) -> None:
    """Kill it, and wait until another one serves."""
    with system.events() as events:
        os.kill(system.guardian_pid, signal.SIGKILL)
        next(event for event in events if isinstance(event, GuardianRestarted))
    system.children()


def test_the_death_of_a_guardian_ends_no_question_to_another_system(
    system: ActorSystem, other: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    there, never = by_way_of(system, other.spawn(Player)), Mailbox()
    here = system.spawn(Player)
    lost = here.ask_future(Hold(taken=mailbox.address, release=never.address), timeout=60)
    kept = there.ask_future(Hold(taken=mailbox.address, release=gate.address), timeout=60)
    for _ in range(2):
        mailbox.get(timeout=20)
    replace_guardian(system)
    assert type(lost.exception(20)).__name__ == "ActorCrashed"
    assert not kept.done()
    gate.put("go")
    assert kept.result(20) == "go"
    never.close()


def test_what_waits_for_another_system_outlives_the_own_guardian(
    system: ActorSystem, other: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    there = by_way_of(system, other.spawn(Player))
    there.tell(Hold(taken=mailbox.address, release=gate.address))
    mailbox.get(timeout=20)
    numbers = range(5_000)  # more than a pipe holds
    for number in numbers:
        there.tell(Add(number=number))
    replace_guardian(system)
    gate.put("go")
    assert there.ask(Numbers(), timeout=30) == [*numbers]


def test_a_join_outlives_the_guardian_of_another_system(system: ActorSystem, other: ActorSystem) -> None:
    player = other.spawn(Player)
    there = by_way_of(system, player)
    joined: list[bool] = []
    waiting = threading.Thread(target=lambda: joined.append(there.join(60)))
    waiting.start()
    replace_guardian(other)
    assert not there.join(0.1)
    player.stop()
    waiting.join(30)
    assert joined == [True]


def test_a_join_in_another_system_ends_with_that(system: ActorSystem) -> None:
    ended: list[Exception | None] = []
    with ActorSystem("short", handle_signals=False) as short:
        there = by_way_of(system, short.spawn(Player))

        def join() -> None:
            with pytest.raises(SystemStopped, match="run directory") as caught:
                there.join()
            ended.append(caught.value)

        waiting = threading.Thread(target=join)
        waiting.start()
        assert not there.join(0.05)
        short.kill()
    waiting.join(30)
    assert len(ended) == 1
    with pytest.raises(SystemStopped):
        there.children()
