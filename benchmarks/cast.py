"""The actors of the benchmarks."""

from __future__ import annotations

import os
from typing import Any

from actors import Actor, ActorRef, Message, Reject, Request
from benchmarks.measure import PATIENCE, Figure, round_trips


class Number(Message):
    n: int


class Ask(Request[int]):
    n: int


class Flood(Request[int]):
    """Tell each of `to` a value so many times, in turn.

    Answered once they have handled it all, with how many they have counted since they were last asked. Till
    then nobody else need be awake.
    """

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


class Token(Request[int]):
    """A question that is handed on round a ring, for so many hops more; then it is answered."""

    hops: int


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
            case Token(hops=hops):
                return self.pass_on(hops)
            case "seen":
                seen, self.seen = self.seen, 0
                return seen
            case "pid":
                return os.getpid()
            case "fail":
                raise RuntimeError("as asked")
            case Flood(to=to, value=value, count=count):
                return flood(to, value, count)
            case AskMany(other=other, count=count):
                figure = round_trips(count, lambda: other.ask(Ask(n=1)))
                return [figure.typical, figure.p99]
            case Next(ref=ref):
                self.next = ref
            case _:
                return message
        return None

    def pass_on(self, hops: int) -> int:
        if hops:
            if self.next is None:
                raise Reject("not in a ring")
            self.context.forward(self.next, Token(hops=hops - 1))
        return hops


def flood(to: list[ActorRef], value: Any, count: int) -> int:
    """See `Flood`."""
    for _ in range(count):
        for ref in to:
            ref.tell(value)
    return sum(ref.ask("seen", timeout=PATIENCE) for ref in to)


def ask_many(asker: ActorRef, other: ActorRef, count: int) -> Figure:
    """What an actor finds when it asks another."""
    return Figure(*asker.ask(AskMany(other=other, count=count), timeout=PATIENCE))
