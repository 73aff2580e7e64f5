"""Deferred replies: an actor goes on with its mail, and replies later, once."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
import threading
from typing import Any

import pytest

from actors import (
    Actor,
    ActorCrashed,
    ActorStopped,
    ActorSystem,
    AskTimeout,
    Deferred,
    EncodeError,
    HandlerError,
    Rejected,
)
from actors.runtime.endpoint import Endpoint


def no_descriptor(*_: Any) -> None:
    raise OSError(errno.EMFILE, "Too many open files")


class Desk(Actor):
    """Puts off the replies to all questions but those for what it is to do now."""

    def __init__(self) -> None:
        self.waiting: list[Deferred] = []

    def on_start(self) -> None:
        try:
            self.context.defer()
        except RuntimeError as error:
            self.refusal = str(error)

    def receive(self, message: Any) -> Any:
        match message:
            case ["wait", _]:
                self.waiting.append(self.context.defer())
                return "not sent"
            case ["reply", value]:
                self.waiting[0].reply(value)
                return self.waiting[0].expected
            case ["reply twice", value]:
                self.waiting[0].reply(value)
                self.waiting[0].reply("too late")
                self.waiting[0].reject("too late")
            case "reply in a thread":
                thread = threading.Thread(target=self.waiting[0].reply, args=["of a thread"])
                thread.start()
                thread.join()
            case "reply what cannot travel":
                with pytest.raises(EncodeError):
                    self.waiting[0].reply(object())
                return self.waiting[0].expected
            case ["reject", why]:
                self.waiting[0].reject(why)
            case "expected":
                return [one.expected for one in self.waiting]
            case "forget":
                self.waiting.clear()
            case "refusal":
                return self.refusal
            case "answer nobody":
                Endpoint.answer = no_descriptor  # type: ignore[assignment,method-assign]
            case "stop":
                self.context.stop()
            case "fail":
                raise ValueError("fails")
            case "exit":
                sys.exit(3)
            case _:
                os.kill(os.getpid(), signal.SIGKILL)
        return None


class AsyncDesk(Actor):
    async def on_start(self) -> None:
        self.tasks = set[asyncio.Task[None]]()

    async def receive(self, message: Any) -> Any:
        self.tasks.add(asyncio.create_task(self.later(self.context.defer(), message)))
        return "not sent"

    async def later(self, deferred: Deferred, message: Any) -> None:
        await asyncio.sleep(0)
        deferred.reply(message)


def test_a_reply_may_come_after_other_messages(system: ActorSystem) -> None:
    desk = system.spawn(Desk)
    first, second = (desk.ask_future(["wait", number], timeout=30) for number in range(2))
    assert desk.ask("expected") == [True, True]
    assert desk.ask(["reply", "at last"]) is False
    assert first.result(20) == "at last"
    assert not second.done()
    desk.ask("forget")
    assert desk.ask("expected") == []


def test_only_the_first_reply_counts(system: ActorSystem) -> None:
    desk = system.spawn(Desk)
    future = desk.ask_future(["wait", 0], timeout=30)
    desk.ask(["reply twice", "the first"])
    assert future.result(20) == "the first"


def test_a_question_may_be_rejected_later(system: ActorSystem) -> None:
    desk = system.spawn(Desk)
    future = desk.ask_future(["wait", 0], timeout=30)
    desk.ask(["reject", "not today"])
    with pytest.raises(Rejected, match="not today"):
        future.result(20)


def test_a_thread_of_the_actor_may_reply(system: ActorSystem) -> None:
    desk = system.spawn(Desk)
    future = desk.ask_future(["wait", 0], timeout=30)
    desk.ask("reply in a thread")
    assert future.result(20) == "of a thread"


def test_a_task_of_the_actor_may_reply(system: ActorSystem) -> None:
    desk = system.spawn(AsyncDesk)
    assert [desk.ask(number) for number in range(3)] == [0, 1, 2]


def test_what_cannot_travel_is_no_reply_and_another_one_may_follow(system: ActorSystem) -> None:
    desk = system.spawn(Desk)
    future = desk.ask_future(["wait", 0], timeout=30)
    assert desk.ask("reply what cannot travel") is True
    desk.ask(["reply", "instead"])
    assert future.result(20) == "instead"


def test_a_reply_that_nobody_waits_for_is_not_expected(system: ActorSystem) -> None:
    desk = system.spawn(Desk)
    desk.tell(["wait", "told, not asked"])
    with pytest.raises(AskTimeout):
        desk.ask(["wait", 1], timeout=0.05)
    assert desk.ask("expected") == [False, False]
    assert desk.ask(["reply", "to nobody"]) is False
    assert desk.ask("expected") == [False, False]


def test_only_a_message_in_hand_can_be_deferred(system: ActorSystem) -> None:
    desk = system.spawn(Desk)
    assert "no message in hand" in desk.ask("refusal")


@pytest.mark.parametrize(
    ("how", "error", "text"),
    [
        ("stop", ActorStopped, "may have run"),
        ("fail", HandlerError, "ValueError: fails"),
        ("exit", ActorCrashed, "code 3"),
    ],
)
def test_who_waits_is_told_how_the_actor_ends(
    system: ActorSystem, how: str, error: type[Exception], text: str
) -> None:
    desk = system.spawn(Desk)
    future = desk.ask_future(["wait", 0], timeout=60)
    desk.tell(how)
    with pytest.raises(error, match=text):
        future.result(30)


def test_an_actor_ends_in_order_though_it_has_no_descriptor_to_tell_who_waits(system: ActorSystem) -> None:
    desk = system.spawn(Desk, name="desk")
    future = desk.ask_future(["wait", 0], timeout=1.0)
    assert desk.ask("expected") == [True]
    desk.tell("answer nobody")
    desk.tell("stop")
    assert desk.join(30)
    assert [str(why) for why in system.exits("desk")] == ["stopped itself"]
    assert isinstance(future.exception(30), AskTimeout)


@pytest.mark.parametrize("how", ["kill", "forget"])
def test_who_waits_for_one_that_was_killed_or_has_forgotten_waits_for_its_time(
    system: ActorSystem, how: str
) -> None:
    desk = system.spawn(Desk)
    future = desk.ask_future(["wait", 0], timeout=0.5)
    desk.tell(how)
    assert isinstance(future.exception(30), AskTimeout)
