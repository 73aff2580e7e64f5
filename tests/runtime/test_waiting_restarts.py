"""While a restart waits as its backoff says: what becomes of mail and of questions."""

from __future__ import annotations

import os

import pytest

from actors import (
    ActorCrashed,
    ActorRef,
    ActorRestarting,
    ActorSystem,
    Backoff,
    Strategy,
    Supervisor,
    child,
)
from actors.events import ActorRestarted, ActorStarted, ActorWaits
from support.cast import Add, Die, Numbers, Pid, Player

LONG = Backoff(initial=1_000, maximum=1_000, jitter=0)


def spawn_two(system: ActorSystem) -> tuple[ActorRef, ActorRef]:
    """Two players; the death of the first starts the other at once, however long that would wait."""
    players = (child(Player).options(name="first"), child(Player).options(name="player", backoff=LONG))
    system.spawn(child(Supervisor, *players, strategy=Strategy.REST_FOR_ONE), name="family")
    return system.ref("family/first"), system.ref("family/player")


def test_mail_and_questions_wait_unless_they_are_told_not_to(system: ActorSystem) -> None:
    (first, player), events = spawn_two(system), system.events()
    assert player.ask(Numbers(), on_restarting="fail") == []
    with pytest.raises(ActorCrashed):
        player.ask(Die(how="kill"))
    waits = next(event for event in events if isinstance(event, ActorWaits))
    assert (waits.actor, waits.delay, waits.attempt) == (player, 1_000, 1)
    for number in range(3):
        player.tell(Add(number=number))
    with pytest.raises(
        ActorRestarting, match="family/player is being restarted; the question was not sent"
    ):
        player.ask(Numbers(), on_restarting="fail")
    answer = player.ask_future(Numbers(), timeout=30)
    assert system.pid(player) is None
    os.kill(first.ask(Pid()), 9)
    assert answer.result(30) == [0, 1, 2]
    assert player.ask(Numbers(), on_restarting="fail") == [0, 1, 2]


def test_a_restart_comes_when_its_delay_is_over(system: ActorSystem) -> None:
    events = system.events()
    player = system.spawn(child(Player).options(backoff=Backoff(initial=0.1, jitter=0)))
    for _ in range(2):
        with pytest.raises(ActorCrashed):
            player.ask(Die(how="kill"), timeout=30)
    assert player.ask(Numbers(), timeout=30) == []
    system.stop()
    story = list(events)
    restarts = [event.after for event in story if isinstance(event, ActorRestarted)]
    delays = [event.delay for event in story if isinstance(event, ActorWaits)]
    assert delays == [0.1, 0.2]
    assert [after >= delay for after, delay in zip(restarts, delays, strict=True)] == [True, True]
    assert type(story[0]) is ActorStarted


def test_one_whose_restart_waits_can_be_stopped(system: ActorSystem) -> None:
    (_, player), events = spawn_two(system), system.events()
    with pytest.raises(ActorCrashed):
        player.ask(Die(how="kill"))
    next(event for event in events if isinstance(event, ActorWaits))
    player.stop()
    assert player.join(10)
    assert system.names() == ["family", "family/first"]
