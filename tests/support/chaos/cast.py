"""The cast: the messages, and the actors that send, ask, crash and write down what they do."""

from __future__ import annotations

import itertools
import os
import random
import time
import zlib
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from actors import Actor, ActorRef, MailboxFull, Message, Request, child
from actors.core.reason import ExitReason
from support.cast import Die, end
from support.chaos.ledger import Asked, Ledger
from support.chaos.role import Role, RoleWord
from support.chaos.starvation import starved

TIMEOUT: Final = 0.5
"""How long an ask may take."""
_FALLS_IN_START, _FALLS_IN_STOP = 0.03, 0.05
_A_WHILE: Final = bytes(1 << 20)
"""What it takes a millisecond or so to go through."""


class Numbered(Message):
    """One of a stream of messages."""

    stream: str
    number: int
    padding: bytes
    checksum: int


class Check(Request[int]):
    """Answered with its checksum."""

    question: str
    padding: bytes


class Poke(Message):
    """Send so many messages to another actor, and perhaps ask it something."""

    to: ActorRef
    count: int
    ask: bool


class Bear(Message):
    """Spawn an actor, and stop it."""


def checksum(label: str, padding: bytes) -> int:
    return zlib.crc32(padding, zlib.crc32(label.encode()))


def padding(chance: random.Random) -> bytes:
    """Mostly little, now and then a page or so, and seldom much."""
    size = chance.choices([chance.randrange(300), chance.randrange(9_000), 100_000], [90, 9, 1])[0]
    return chance.randbytes(16) * (size // 16)


class Sender:
    """Numbers what it sends, a stream for each receiver."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self.name = name
        self.sent: Counter[str] = Counter()
        self._chance = chance

    def send(self, to: ActorRef, count: int) -> None:
        for _ in range(count):
            number, data = self.sent[to.path], padding(self._chance)
            sum_ = checksum(f"{self.name} {number}", data)
            with suppress(MailboxFull):
                to.tell(Numbered(stream=self.name, number=number, padding=data, checksum=sum_))
                self.sent[to.path] += 1


class Asker:
    """Makes questions, and tells how they ended."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self._name = name
        self._chance = chance
        self._numbers = itertools.count()

    def question(self, to: ActorRef) -> Question:
        """A question that nobody else has asked; its time runs from now on."""
        name = f"{self._name}?{next(self._numbers)}"
        return Question(Check(question=name, padding=padding(self._chance)), to.path)


class Question:
    """A question on its way to its end."""

    def __init__(self, check: Check, receiver: str) -> None:
        self.check = check
        self._receiver = receiver
        self._starved = starved()
        self._began = time.monotonic()

    def ended(self, result: int | Exception) -> Asked:
        """It has ended so, just now."""
        ended = time.monotonic()
        starving = max(0.0, starved() - self._starved)
        true = checksum(self.check.question, self.check.padding)
        outcome = ("reply" if result == true else "wrong") if isinstance(result, int) else _name(result)
        return Asked(
            self.check.question, self._receiver, os.getpid(), outcome, self._began, ended, starving
        )


def _name(error: Exception) -> str:
    return type(error).__name__


class Soldier(Actor):
    """Does what it is told until it falls."""

    def __init__(self, ledger: str) -> None:
        self.role = RoleWord(role_word(Path(ledger)))
        self.role.set(Role.STARTING)
        self.ledger = Ledger(Path(ledger))
        self.ledger.started()
        self.chance = random.Random()
        if self.ledger.continued and self.chance.random() < _FALLS_IN_START:
            end("kill")

    def on_start(self) -> None:
        name = f"{self.context.ref.path}@{time.monotonic_ns()}"
        self.sender = Sender(name, self.chance)
        self.asker = Asker(name, self.chance)
        zlib.crc32(_A_WHILE)
        self.role.set(Role.IDLE)

    def receive(self, message: Any) -> Any:
        with self.role.during(Role.HANDLING, then=Role.IDLE):
            return self.handle(message)

    def handle(self, message: Any) -> Any:
        match message:
            case Numbered(stream=stream, number=number):
                if message.checksum != checksum(f"{stream} {number}", message.padding):
                    self.ledger.problem(f"message {number} of {stream} is corrupt")
                self.ledger.handled(stream, number)
            case Check(question=question, padding=data):
                self.ledger.took_up(question)
                return checksum(question, data)
            case Poke(to=to, count=count):
                self.send(to, count)
                if message.ask:
                    self.ask(to)
            case Bear():
                self.context.spawn(child(Recruit)).stop()
            case Die(how=how):
                end(how)
            case _:
                return super().receive(message)
        return None

    def send(self, to: ActorRef, count: int) -> None:
        with self.role.during(Role.PUTTING, then=Role.HANDLING):
            self.sender.send(to, count)

    def ask(self, to: ActorRef) -> None:
        question = self.asker.question(to)
        try:
            result: int | Exception = to.ask(question.check, timeout=TIMEOUT)
        except Exception as error:  # the oracle says which may be
            result = error
        self.ledger.asked(question.ended(result))

    def on_stop(self, reason: ExitReason) -> None:
        self.role.set(Role.STOPPING)
        self.ledger.stopped()
        zlib.crc32(_A_WHILE)
        if self.chance.random() < _FALLS_IN_STOP:
            end("kill")


class AsyncSoldier(Soldier):
    """The same, on an event loop."""

    async def receive(self, message: Any) -> Any:
        if not isinstance(message, Poke):
            return super().receive(message)
        self.role.set(Role.HANDLING)
        self.send(message.to, message.count)
        if message.ask:
            await self.ask_async(message.to)
        self.role.set(Role.IDLE)
        return None

    async def ask_async(self, to: ActorRef) -> None:
        question = self.asker.question(to)
        try:
            result: int | Exception = await to.ask_async(question.check, timeout=TIMEOUT)
        except Exception as error:
            result = error
        self.ledger.asked(question.ended(result))


class Recruit(Actor):
    """A child of a soldier."""


def role_word(ledger: Path) -> Path:
    """Where the role of who writes a ledger is."""
    return ledger.with_suffix(".role")
