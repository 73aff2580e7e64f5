"""Tells: the time of a message until it has been handled, in streams from actors to actors."""

from __future__ import annotations

from typing import Any

from actors import ActorRef
from benchmarks.cast import Flood, Next, Token
from benchmarks.measure import PATIENCE, Figure, each
from benchmarks.stage import Stage


class Tells:
    """Each method sends so many messages and says what one of them takes of the time of all."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._actors: list[ActorRef] = []

    def to_one(self, senders: int, value: Any, count: int) -> Figure:
        """From actors to an actor."""
        share, echo = count // senders, self._stage.echo

        flood, those = Flood(to=[echo], value=value, count=share), self._some(senders)

        def together() -> None:
            answers = [sender.ask_future(flood, timeout=PATIENCE) for sender in those]
            _expect(share * senders, sum(answer.result() for answer in answers))

        return each(share * senders, together)

    def to_many(self, receivers: int, value: Any, count: int) -> Figure:
        """From an actor to many in turn."""
        share, many = count // receivers, self._some(receivers)

        def together() -> None:
            flood = Flood(to=many, value=value, count=share)
            _expect(share * receivers, self._stage.echo.ask(flood, timeout=PATIENCE))

        return each(share * receivers, together)

    def round_a_ring(self, size: int, laps: int) -> Figure:
        """A token goes from actor to actor; the time of a hop."""
        members = self._some(size)
        for member, following in zip(members, members[1:] + members[:1], strict=True):
            member.tell(Next(ref=following))

        def together() -> None:
            members[0].ask(Token(hops=size * laps - 1), timeout=PATIENCE)

        return each(size * laps, together)

    def end(self) -> None:
        """Let the actors go."""
        self._stage.end(self._actors)
        self._actors.clear()

    def _some(self, count: int) -> list[ActorRef]:
        self._actors += self._stage.spawn(count - len(self._actors))
        return self._actors[:count]


def _expect(count: int, handled: int) -> None:
    if handled != count:
        raise RuntimeError(f"{handled} of {count} messages have been handled")
