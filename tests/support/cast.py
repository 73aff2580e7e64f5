"""The actors that the tests of the promises play with."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from typing import Any, NoReturn

from actors import Actor, ActorRef, Mailbox, Message, Reject, Request
from actors.core.reason import ExitReason


class Pid(Request[int]):
    """Which process are you?"""


class Add(Message):
    number: int


class Numbers(Request[list[int]]):
    """Which numbers have been added, in order?"""


class Raise(Request[None]):
    text: str


class Refuse(Request[None]):
    text: str


class Die(Request[None]):
    """End your process in the way that `how` says."""

    how: str


class Hold(Request[str]):
    """Say that you have it in hand, and wait until you are let go."""

    taken: str
    """The address of a mailbox in which to say so."""
    release: str
    """The address of a mailbox in which to wait for leave."""


class AskFor(Request[Any]):
    """Ask another actor, and answer with what it answers."""

    other: ActorRef
    question: Any
    timeout: float = 5.0


class Unencodable(Request[Any]):
    """Answer with something that cannot travel."""


ENDS = ("exception", "exit", "_exit", "segfault", "kill", "abort")


def end(how: str) -> NoReturn:
    match how:
        case "exception":
            raise RuntimeError("the test said so")
        case "exit":
            sys.exit(3)
        case "_exit":
            os._exit(0)
        case "segfault":
            ctypes.string_at(0)
        case "kill":
            os.kill(os.getpid(), 9)
        case "abort":
            os.abort()
        case _:
            pass
    raise AssertionError(f"survived {how}")


def hold(taken: str, release: str) -> str:
    Mailbox.attach(taken).put(os.getpid())
    return str(Mailbox.attach(release).get(timeout=20))


class Player(Actor):
    """Does what it is told, and remembers numbers."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)

    def receive(self, message: Any) -> Any:
        match message:
            case Pid():
                return os.getpid()
            case Add(number=number):
                self.numbers.append(number)
            case Numbers():
                return self.numbers
            case Raise(text=text):
                raise ValueError(text)
            case Refuse(text=text):
                raise Reject(text)
            case Die(how=how):
                end(how)
            case Hold(taken=taken, release=release):
                return hold(taken, release)
            case AskFor(other=other, question=question, timeout=timeout):
                return other.ask(question, timeout=timeout)
            case Unencodable():
                return object()
            case _:
                return super().receive(message)
        return None


class AsyncPlayer(Actor):
    """The same part, played asynchronously."""

    def __init__(self) -> None:
        self.background = 0

    async def on_start(self) -> None:
        self.task = asyncio.create_task(self.tick())

    async def tick(self) -> None:
        while True:
            self.background += 1
            await asyncio.sleep(0)

    async def receive(self, message: Any) -> Any:
        match message:
            case AskFor(other=other, question=question, timeout=timeout):
                return await other.ask_async(question, timeout=timeout)
            case Raise(text=text):
                await asyncio.sleep(0)
                raise ValueError(text)
            case "background":
                return self.background
            case _:
                return message


class Relay(Actor):
    """Passes every number on."""

    def __init__(self, to: ActorRef) -> None:
        self.to = to

    def receive(self, message: Any) -> Any:
        match message:
            case Add():
                self.to.tell(message)
            case _:
                return self.to.ask(message) if isinstance(message, Numbers) else os.getpid()
        return None


class Diarist(Actor):
    """Writes its life into a mailbox: what happens to it, and when."""

    def __init__(self, name: str, diary: str, *, slow_stop: bool = False, bad_start: bool = False) -> None:
        self.name = name
        self.diary = Mailbox.attach(diary)
        self.slow_stop = slow_stop
        self.bad_start = bad_start

    def note(self, text: str) -> None:
        self.diary.put(f"{self.name} {text}")

    def on_start(self) -> None:
        if self.bad_start:
            raise RuntimeError("no start today")
        self.note("starts")

    def receive(self, message: Any) -> Any:
        if message == "stop yourself":
            self.context.stop()
        elif isinstance(message, Die):
            end(message.how)
        else:
            self.note(str(message))

    def on_stop(self, reason: ExitReason) -> None:
        self.note(f"stops: {reason.end}")
        if self.slow_stop:
            signal.pause()  # for ever


class Echo(Actor):
    """Answers with what it is asked."""

    def receive(self, message: Any) -> Any:
        return message


class Waiter(Actor):
    """Answers with what comes through a mailbox."""

    def __init__(self, box: str) -> None:
        self.box = Mailbox.attach(box)

    def receive(self, message: Any) -> Any:
        return self.box.get(timeout=20)
