"""The totals: the actor that adds up."""

from __future__ import annotations

from actors import Actor, Message, Request
from actors.cli.demo.tally import Tally


class SetAside(Message):
    """A file is poison, and is not asked for any more."""

    path: str


class Standing(Message):
    """How far the count has come."""

    tally: Tally
    poison: tuple[str, ...]

    @property
    def done(self) -> int:
        """How many files have been dealt with, one way or the other."""
        return self.tally.files + self.tally.skipped + len(self.poison)


class HowFar(Request[Standing]):
    """Ask the totals how far the count has come."""


class Totals(Actor):
    """Holds the sum. One message at a time, so there is nothing to lock."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.poison: tuple[str, ...] = ()

    def receive(self, message: Tally | SetAside | HowFar) -> Standing | None:
        match message:
            case Tally():
                self.tally += message
            case SetAside(path=path):
                self.poison += (path,)
            case HowFar():
                return Standing(tally=self.tally, poison=self.poison)
        return None
