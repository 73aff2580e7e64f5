"""The actors of the benchmarks."""

from __future__ import annotations

import os
from typing import Any

from actors import Actor, ActorRef, Message, Request
from benchmarks.yardsticks.measure import p50


class Number(Message):
    n: int


class Ask(Request[int]):
    n: int


class Flood(Message):
    """Tell `to` a value so many times."""

    to: ActorRef
    value: Any
    count: int


class AskMany(Request[float]):
    """Ask `other` so many times; answered with the median time in seconds."""

    other: ActorRef
    count: int


class Echo(Actor):
    """Answers what it is asked; counts what it is told."""

    def __init__(self) -> None:
        self.seen = 0

    def receive(self, message: Any) -> Any:
        match message:
            case Ask(n=n):
                return n
            case Number() | dict():
                self.seen += 1
            case "seen":
                seen, self.seen = self.seen, 0
                return seen
            case "pid":
                return os.getpid()
            case Flood(to=to, value=value, count=count):
                for _ in range(count):
                    to.tell(value)
            case AskMany(other=other, count=count):
                return p50(count, lambda: other.ask(Ask(n=1)))
            case _:
                return message
        return None
