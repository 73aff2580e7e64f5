"""Tells: the time of a message until it has been handled, in streams from actors to actors."""

from __future__ import annotations

from typing import Any

from actors import ActorRef
from benchmarks.cast import Flood, Next, Token
from benchmarks.measure import Figure, each
from benchmarks.stage import PATIENCE, Stage


class Tells:
    """Each method sends so many messages and says what one of them takes of the time of all."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._actors: list[ActorRef] = []

    def to_one(self, senders: int, value: Any, count: int) -> Figure:
        """From actors to an actor."""
        share, echo = count // senders, self._stage.echo

        def together() -> None:
            for sender in self._some(senders):
                sender.tell(Flood(to=[echo], value=value, count=share))
            _wait_for(share * senders, [echo])

        self._some(senders)
        return each(share * senders, together)

    def to_many(self, receivers: int, value: Any, count: int) -> Figure:
        """From an actor to many in turn."""
        share, many = count // receivers, self._some(receivers)

        def together() -> None:
            self._stage.echo.tell(Flood(to=many, value=value, count=share))
            _wait_for(share * receivers, many)

        return each(share * receivers, together)

    def round_a_ring(self, size: int, laps: int) -> Figure:
        """A token goes from actor to actor; the time of a hop."""
        members, home = self._some(size), self._stage.echo
        for member, following in zip(members, members[1:] + members[:1], strict=True):
            member.tell(Next(ref=following))

        def together() -> None:
            members[0].tell(Token(hops=size * laps - 1, home=home))
            _wait_for(1, [home])

        return each(size * laps, together)

    def end(self) -> None:
        """Let the actors go."""
        self._stage.end(self._actors)
        self._actors.clear()

    def _some(self, count: int) -> list[ActorRef]:
        self._actors += self._stage.spawn(count - len(self._actors))
        return self._actors[:count]


def _wait_for(count: int, actors: list[ActorRef]) -> None:
    while count > 0:
        count -= sum(actor.ask("seen", timeout=PATIENCE) for actor in actors)
