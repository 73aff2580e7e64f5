"""Messages that an actor sends itself in a while: `Context.send_after` and `send_every`."""

from __future__ import annotations

from typing import Any

import pytest

from actors import Actor, ActorRef, ActorSystem, HandlerError, Mailbox, Timer, child

SOON = 0.01


class Timed(Actor):
    """Sets timers as it is told, and writes down all else that comes."""

    timer: Timer

    def __init__(self, diary: str) -> None:
        self.diary = Mailbox.attach(diary)

    def receive(self, message: Any) -> Any:
        match message:
            case ("after", float(seconds), what):
                self.timer = self.context.send_after(seconds, what)
            case ("every", float(seconds), what):
                self.timer = self.context.send_every(seconds, what)
            case "cancel":
                self.timer.cancel()
            case "wrong":
                self.context.send_after(1_000.0, object())
            case ("sender", _):
                self.diary.put([message[1], self.context.sender == self.context.ref])
            case _:
                self.diary.put(message)
        return None


class TimedAsync(Timed):
    async def receive(self, message: Any) -> Any:
        return super().receive(message)


@pytest.fixture(params=[Timed, TimedAsync])
def timed(request: pytest.FixtureRequest, system: ActorSystem, mailbox: Mailbox) -> ActorRef:
    return system.spawn(child(request.param, mailbox.address), name="timed")


def test_a_message_comes_in_a_while_once_and_from_itself(timed: ActorRef, mailbox: Mailbox) -> None:
    timed.ask(("after", SOON, ("sender", 1)))
    assert mailbox.get(timeout=10) == [1, True]
    timed.ask(("after", 20 * SOON, "later"))
    timed.ask(("after", SOON, "sooner"))
    assert [mailbox.get(timeout=10) for _ in range(2)] == ["sooner", "later"]


def test_a_message_comes_again_and_again_until_it_is_cancelled(timed: ActorRef, mailbox: Mailbox) -> None:
    timed.ask(("every", SOON, "tick"))
    assert [mailbox.get(timeout=10) for _ in range(3)] == ["tick"] * 3
    timed.ask("cancel")
    timed.ask(("after", 20 * SOON, "the end"))
    timed.tell("now")
    while mailbox.get(timeout=10) != "now":  # ticks that had been sent already
        pass
    assert mailbox.get(timeout=10) == "the end"


def test_what_cannot_travel_is_refused_when_the_timer_is_set(timed: ActorRef) -> None:
    with pytest.raises(HandlerError, match="EncodeError"):
        timed.ask("wrong")


def test_a_period_of_nothing_is_refused(timed: ActorRef) -> None:
    with pytest.raises(HandlerError, match="seconds is 0.0; it must be greater than 0"):
        timed.ask(("every", 0.0, "tick"))
