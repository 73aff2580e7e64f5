"""The actors of the benchmarks."""

from __future__ import annotations

import os
from typing import Any

from actors import Actor, ActorRef, Message, Reject, Request
from benchmarks.measure import Figure, round_trips


class Number(Message):
    n: int


class Ask(Request[int]):
    n: int


class Flood(Message):
    """Tell each of `to` a value so many times, in turn."""

    to: list[ActorRef]
    value: Any
    count: int


class AskMany(Request[list[float]]):
    """Ask `other` so many times; answered with the median time and the 99th percentile, in seconds."""

    other: ActorRef
    count: int


class Next(Message):
    """Who is next in a ring."""

    ref: ActorRef


class Token(Message):
    """Goes round a ring for so many hops more; then `home` is told."""

    hops: int
    home: ActorRef


class Echo(Actor):
    """Answers what it is asked; counts what it is told."""

    def __init__(self) -> None:
        self.seen = 0
        self.next: ActorRef | None = None

    def receive(self, message: Any) -> Any:
        match message:
            case Ask(n=n):
                return n
            case Number() | dict():
                self.seen += 1
            case Token(hops=hops, home=home):
                self.pass_on(hops, home)
            case "seen":
                seen, self.seen = self.seen, 0
                return seen
            case "pid":
                return os.getpid()
            case "fail":
                raise RuntimeError("as asked")
            case Flood(to=to, value=value, count=count):
                for _ in range(count):
                    for ref in to:
                        ref.tell(value)
            case AskMany(other=other, count=count):
                figure = round_trips(count, lambda: other.ask(Ask(n=1)))
                return [figure.typical, figure.p99]
            case Next(ref=ref):
                self.next = ref
            case _:
                return message
        return None

    def pass_on(self, hops: int, home: ActorRef) -> None:
        to = self.next if hops else home
        if to is None:
            raise Reject("not in a ring")
        to.tell(Token(hops=hops - 1, home=home) if hops else Number(n=1))


def ask_many(asker: ActorRef, other: ActorRef, count: int, patience: float) -> Figure:
    """What an actor finds when it asks another."""
    return Figure(*asker.ask(AskMany(other=other, count=count), timeout=patience))
