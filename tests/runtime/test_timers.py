"""Messages that an actor sends itself in a while: `Context.send_after` and `send_every`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from actors import Actor, ActorSystem, HandlerError, Mailbox, MailboxFull, Timer, child
from support.cast import hold

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
            case ("after", float(seconds), str(text), "in a list that changes"):
                changing: list[object] = [text]
                self.context.send_after(seconds, changing)
                changing.append(object())
            case "cancel":
                self.timer.cancel()
            case ("hold", int(timers), taken, release):
                for _ in range(timers):
                    self.context.send_after(0.0, "due")
                hold(taken, release)
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


class Backgrounded(TimedAsync):
    """Sets a timer from a task of its own, while it waits for mail."""

    async def on_start(self) -> None:
        self.task = asyncio.create_task(self.set_timer())

    async def set_timer(self) -> None:
        for _ in range(1_000):  # turns of the loop, by which it has been waiting for long
            await asyncio.sleep(0)
        self.context.send_after(SOON, "from the background")


def test_a_timer_set_by_a_task_wakes_an_actor_that_waits_for_mail(
    system: ActorSystem, mailbox: Mailbox
) -> None:
    system.spawn(child(Backgrounded, mailbox.address))
    assert mailbox.get(timeout=10) == "from the background"


@pytest.fixture(params=[Timed, TimedAsync])
def actor(request: pytest.FixtureRequest) -> type[Timed]:
    timed: type[Timed] = request.param
    return timed


def test_a_message_comes_in_a_while_once_and_from_itself(
    system: ActorSystem, actor: type[Timed], mailbox: Mailbox
) -> None:
    timed = system.spawn(child(actor, mailbox.address))
    timed.ask(("after", SOON, ("sender", 1)))
    assert mailbox.get(timeout=10) == [1, True]
    timed.ask(("after", 20 * SOON, "later"))
    timed.ask(("after", SOON, "sooner"))
    assert [mailbox.get(timeout=10) for _ in range(2)] == ["sooner", "later"]


def test_a_message_comes_again_and_again_until_it_is_cancelled(
    system: ActorSystem, actor: type[Timed], mailbox: Mailbox
) -> None:
    timed = system.spawn(child(actor, mailbox.address))
    timed.ask(("every", SOON, "tick"))
    assert [mailbox.get(timeout=10) for _ in range(3)] == ["tick"] * 3
    timed.ask("cancel")
    timed.ask(("after", 20 * SOON, "the end"))
    timed.tell("now")
    while mailbox.get(timeout=10) != "now":  # ticks that had been sent already
        pass
    assert mailbox.get(timeout=10) == "the end"


def test_what_comes_is_what_the_message_was_when_the_timer_was_set(
    system: ActorSystem, mailbox: Mailbox
) -> None:
    system.spawn(child(Timed, mailbox.address)).tell(("after", SOON, "as it was", "in a list that changes"))
    assert mailbox.get(timeout=20) == ["as it was"]


def test_what_cannot_be_sent_is_refused_when_the_timer_is_set(
    system: ActorSystem, mailbox: Mailbox
) -> None:
    timed = system.spawn(child(Timed, mailbox.address))
    with pytest.raises(HandlerError, match="EncodeError"):
        timed.ask("wrong")
    for kind, seconds in (("every", 0.0), ("after", -0.1), ("after", float("nan"))):
        with pytest.raises(HandlerError, match=f"ValueError: seconds is {seconds}; it must be"):
            timed.ask((kind, seconds, "tick"))


def test_timers_fill_a_bounded_mailbox_and_never_raise_its_bound(
    system: ActorSystem, actor: type[Timed], mailbox: Mailbox, gate: Mailbox
) -> None:
    taken = Mailbox()
    timed = system.spawn(child(actor, mailbox.address).options(mailbox_size=2))
    timed.tell(("hold", 3, taken.address, gate.address))
    taken.get(timeout=10)
    timed.tell(("hold", 0, taken.address, gate.address))
    gate.put("go")
    taken.get(timeout=10)  # the first of the timers has taken the place that was free, the others none
    with pytest.raises(MailboxFull):
        timed.tell("does not fit")
    gate.put("go")
    timed.tell(("hold", 0, taken.address, gate.address), timeout=10)
    taken.get(timeout=10)  # what the timers have sent has been handled
    timed.tell("fits")
    with pytest.raises(MailboxFull):
        timed.tell("does not fit")
    gate.put("go")
    assert [mailbox.get(timeout=10) for _ in range(4)] == ["due", "due", "due", "fits"]
    taken.close()
