"""The mail: what soldiers are sent, and a sender that numbers it."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from contextlib import suppress

from actors import ActorRef, MailboxFull, Message, Request


class Numbered(Message):
    """One of a stream of messages."""

    stream: str
    number: int
    padding: bytes
    checksum: int

    @property
    def is_whole(self) -> bool:
        return self.checksum == checksum(f"{self.stream} {self.number}", self.padding)


class Check(Request[int]):
    """Answered with its checksum."""

    question: str
    padding: bytes

    @property
    def checksum(self) -> int:
        return checksum(self.question, self.padding)


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
            with suppress(MailboxFull):
                to.tell(self._next(to))
                self.sent[to.path] += 1

    def _next(self, to: ActorRef) -> Numbered:
        number, data = self.sent[to.path], padding(self._chance)
        proof = checksum(f"{self.name} {number}", data)
        return Numbered(stream=self.name, number=number, padding=data, checksum=proof)
