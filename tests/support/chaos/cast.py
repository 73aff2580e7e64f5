"""The cast: soldiers, who send, ask, fall and write down what they do."""

from __future__ import annotations

import random
import time
import zlib
from pathlib import Path
from typing import Any, Final

from actors import Actor, ActorRef, child
from actors.core.reason import ExitReason
from support.cast import Die, end
from support.chaos.asker import Asker
from support.chaos.ledger import Ledger
from support.chaos.mail import Bear, Check, Numbered, Poke, Sender
from support.chaos.role import Role, RoleWord

_FALLS_IN_START, _FALLS_IN_STOP = 0.03, 0.05
_A_WHILE: Final = bytes(1 << 20)
"""What it takes a millisecond or so to go through."""


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
                if not message.is_whole:
                    self.ledger.problem(f"message {number} of {stream} is corrupt")
                self.ledger.handled(stream, number)
            case Check(question=question):
                self.ledger.took_up(question)
                return message.checksum
            case Poke(to=to, count=count, ask=ask):
                self.send(to, count)
                if ask:
                    self.ledger.asked(self.asker.ask(to))
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
            self.ledger.asked(await self.asker.ask_async(message.to))
        self.role.set(Role.IDLE)
        return None


class Recruit(Actor):
    """A child of a soldier."""


def role_word(ledger: Path) -> Path:
    """Where the role of who writes a ledger is."""
    return ledger.with_suffix(".role")
