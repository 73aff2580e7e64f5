"""Promise 14: what is not handled is a dead letter, and dead letters are events."""

from typing import TypeVar

import pytest

from actors import ActorSystem, EventStream, child
from actors.core.events import ActorCrashed, ActorStarted, ActorStopped, DeadLetter, Event
from actors.core.reason import End
from support.cast import Add, Die, Player, Refuse

E = TypeVar("E", bound=Event)


def next_of(events: EventStream, kind: type[E]) -> E:
    return next(event for event in events if isinstance(event, kind))


def test_a_message_to_an_actor_that_is_gone_is_a_dead_letter(system: ActorSystem) -> None:
    player = system.spawn(child(Player), name="gone")
    events = system.events()
    player.stop()
    player.join(10)
    player.tell(Add(number=7))
    letter = next_of(events, DeadLetter)
    assert (letter.receiver, letter.cause) == ("gone", "the actor has stopped")
    assert events.decode(letter.message) == Add(number=7)
    events.close()


def test_messages_that_wait_when_an_actor_stops_are_dead_letters(system: ActorSystem) -> None:
    player = system.spawn(child(Player), name="gone")
    events = system.events()
    player.tell(Die(how="kill"))
    player.kill()
    for number in range(50):
        player.tell(Add(number=number))
    player.join(10)
    system.stop()
    letters = [event for event in events if isinstance(event, DeadLetter)]
    numbers = {message.number for one in letters if isinstance(message := events.decode(one.message), Add)}
    assert numbers == set(range(50))


@pytest.mark.parametrize(
    ("message", "cause"),
    [("what?", "gone does not handle str"), (Refuse(text="never"), "never")],
)
def test_what_an_actor_does_not_handle_or_refuses_is_a_dead_letter(
    system: ActorSystem, message: object, cause: str
) -> None:
    player = system.spawn(child(Player), name="gone")
    events = system.events()
    player.tell(message)
    assert next_of(events, DeadLetter).cause == cause
    events.close()


def test_a_message_in_hand_at_a_crash_is_a_dead_letter_that_names_the_cause(
    system: ActorSystem,
) -> None:
    player = system.spawn(child(Player), name="victim")
    events = system.events()
    player.tell(Die(how="segfault"))
    letter = next_of(events, DeadLetter)
    assert letter.receiver == "victim"
    assert "SIGSEGV" in letter.cause
    assert events.decode(letter.message) == Die(how="segfault")
    events.close()


def test_the_life_of_an_actor_is_a_story_of_events(system: ActorSystem) -> None:
    events = system.events()
    player = system.spawn(child(Player), name="player")
    player.tell(Die(how="exception"))
    started, crashed, again = (
        next_of(events, ActorStarted),
        next_of(events, ActorCrashed),
        next_of(events, ActorStarted),
    )
    player.stop()
    stopped = next_of(events, ActorStopped)
    assert started.actor == crashed.actor == again.actor == stopped.actor == player
    assert (started.incarnation, again.incarnation) == (0, 1)
    assert started.pid == crashed.pid != again.pid
    assert (crashed.reason.end, crashed.reason.type) == (End.EXCEPTION, "RuntimeError")
    assert stopped.reason.end is End.SHUTDOWN
    events.close()


def test_a_flood_is_counted_where_it_arises(system: ActorSystem) -> None:
    player = system.spawn(child(Player), name="gone")
    events = system.events()
    player.stop()
    player.join(10)
    for number in range(2_000):
        player.tell(Add(number=number))
    system.stop()
    letters = [event for event in events if isinstance(event, DeadLetter)]
    assert len(letters) < 1_000
    assert sum(letter.count for letter in letters) == 2_000
