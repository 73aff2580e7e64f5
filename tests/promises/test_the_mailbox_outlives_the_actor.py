"""Promises 3 and 5: whatever ends a process, its waiting mail is handled once, by its next self."""

import os
import random
import signal
from contextlib import suppress

import pytest

from actors import ActorCrashed, ActorSystem, EventStream, HandlerError, Mailbox, child
from actors.core.events import ActorStarted, DeadLetter
from support.cast import ENDS, Add, Die, Hold, Numbers, Pid, Player, Relay

KILLS = 40


def pid_of_next_start(events: EventStream) -> int:
    return next(event.pid for event in events if isinstance(event, ActorStarted))


@pytest.mark.parametrize("bound", [0, 100], ids=["unbounded", "bounded"])
@pytest.mark.parametrize("how", ENDS)
def test_the_waiting_mail_survives_every_kind_of_end(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox, how: str, bound: int
) -> None:
    player = system.spawn(child(Player).options(mailbox_size=bound))
    held = player.ask_future(Hold(taken=mailbox.address, release=gate.address))
    mailbox.get(timeout=10)
    fatal = player.ask_future(Die(how=how))
    for number in range(10):
        player.tell(Add(number=number))
    gate.put("go")
    assert held.result(timeout=10) == "go"
    assert player.ask(Numbers(), timeout=10) == list(range(10))
    assert isinstance(fatal.exception(timeout=10), HandlerError if how == "exception" else ActorCrashed)


def test_an_idle_actor_that_is_killed_loses_nothing_and_blames_nobody(system: ActorSystem) -> None:
    events = system.events()
    player = system.spawn(child(Player))
    for _ in range(20):
        os.kill(pid_of_next_start(events), signal.SIGKILL)
    assert player.ask(Numbers(), timeout=10) == []
    system.stop()
    assert not [event for event in events if isinstance(event, DeadLetter)]


def test_random_kills_under_load_lose_at_most_what_was_in_hand(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    relay = system.spawn(child(Relay, player), name="relay")
    events = system.events()
    dice = random.Random(7)
    sent, pid = 0, relay.ask(Pid())
    for _ in range(KILLS):
        for _ in range(dice.randrange(50, 400)):
            relay.tell(Add(number=sent))
            sent += 1
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with suppress(ActorCrashed):
            pid = relay.ask(Pid(), timeout=20)
    numbers = player.ask(Numbers(), timeout=20)
    system.stop()
    in_hand = {
        letter.number
        for event in events
        if isinstance(event, DeadLetter) and "in hand" in event.cause
        if isinstance(letter := events.decode(event.message), Add)
    }
    assert numbers == sorted(set(numbers)), "out of order, or twice"
    assert set(range(sent)) - set(numbers) <= in_hand
    assert len(in_hand) <= KILLS
