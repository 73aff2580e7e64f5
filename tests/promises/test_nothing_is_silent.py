"""Promise 14: what is not handled is a dead letter, and dead letters are events."""

from typing import Any, TypeVar

import pytest

from actors import Actor, ActorRef, ActorSystem, EventStream, Mailbox, Request, child
from actors.core.events import ActorCrashed, ActorStarted, ActorStopped, DeadLetter, Event
from actors.core.reason import End
from actors.runtime.mailbox.backlog import BACKLOG
from support.cast import Add, Die, Hold, Player, Refuse, end, hold
from support.forks import fork, wait

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
    [("what?", "gone does not handle str"), (Refuse(text="never"), "never"), (Refuse(text=""), "rejected")],
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
    assert letter.kind == "support.cast:Die"
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


class Flood(Request[int]):
    """Send so many messages to another actor; the answer is how many of them wait."""

    to: ActorRef
    count: int
    size: int
    fork: bool = False
    """Whether a forked child shall do the same before, and lose what waits in it."""


class Flooder(Actor):
    def receive(self, message: Flood | Die) -> int:
        if isinstance(message, Die):
            end(message.how)
        if message.fork:
            wait(fork(lambda: self.flood(message, "child")))
        self.flood(message, "flooder")
        return BACKLOG.count[0]

    def flood(self, message: Flood, who: str) -> None:
        for _ in range(message.count):
            message.to.tell({"from": who, "padding": bytes(message.size)})


class Census(Actor):
    """Counts what it gets from the flooder."""

    def __init__(self) -> None:
        self.count = 0

    def receive(self, message: Any) -> Any:
        match message:
            case Hold(taken=taken, release=release):
                return hold(taken, release)
            case {"from": who}:
                self.count += who == "flooder"
                return None
            case _:
                return self.count


@pytest.mark.parametrize("how", ["kill", "_exit", "exception", "stop"])
@pytest.mark.parametrize(
    ("count", "size", "forks"), [(5_000, 100, False), (5_000, 100, True), (8_000, 5_000, False)]
)
def test_what_waits_in_a_sender_that_ends_is_counted(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox, how: str, count: int, size: int, forks: bool
) -> None:
    census = system.spawn(child(Census), name="census")
    flooder = system.spawn(child(Flooder).options(shutdown=0.1), name="flooder")
    census.tell(Hold(taken=mailbox.address, release=gate.address))
    mailbox.get(timeout=20)
    waiting = flooder.ask(Flood(to=census, count=count, size=size, fork=forks), timeout=60)
    assert waiting > count / 10
    events = system.events()
    if how == "stop":
        flooder.stop()
    else:
        flooder.tell(Die(how=how))
    letter = next(event for event in events if isinstance(event, DeadLetter) and not event.receiver)
    assert (letter.sender, letter.count) == ("flooder", waiting)
    gate.put("go")
    assert census.ask("how many?", timeout=60) + letter.count == count
    if how != "stop":
        assert flooder.ask(Flood(to=census, count=0, size=0), timeout=20) == 0
    flooder.kill()
    flooder.join(20)
    system.stop()
    assert not any(isinstance(event, DeadLetter) and not event.receiver for event in events)
