"""The oracle: reads the ledgers of a fight, and says what should not have been."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Set
from functools import cached_property
from pathlib import Path
from typing import Final

from support.chaos.army import writer
from support.chaos.asker import TIMEOUT
from support.chaos.ledger import Asked, Record

LATE: Final = 0.1
"""How late an ask may end after its timeout, in seconds."""
_MAY_HAVE_RUN: Final = {
    "reply": {1},
    "ActorCrashed": {0, 1},
    "AskTimeout": {0, 1},
    "ActorStopped": {0},
    "MailboxFull": {0},
    "ActorRestarting": {0},
}
"""How often a question may have been taken up, by the end of its ask; other ends should not be."""


class Oracle:
    """What is true of a fight, by its ledgers."""

    def __init__(
        self, directory: Path, complete: Set[str], *, may_stop: bool, may_lose: bool = False
    ) -> None:
        """Of those in `complete` it is known that they have come to the end of their mail.

        Mail may be lost, and the end of an actor not be told, where guardians were killed.
        """
        self._records = {writer(path): Record.read(path) for path in sorted(directory.glob("*.ledger"))}
        self._complete = complete
        self._may_stop = may_stop
        self._may_lose = may_lose

    @cached_property
    def outcomes(self) -> Counter[str]:
        """How asks ended."""
        return Counter(asked.outcome for asked in self._asks())

    @cached_property
    def handled(self) -> int:
        """How many messages were handled."""
        return sum(
            sum(map(len, record.streams.values())) + record.questions.total()
            for record in self._records.values()
        )

    @cached_property
    def lateness(self) -> list[float]:
        """How late asks ended, in order; without those of askers that were stopped meanwhile."""
        return sorted(self._late_by(asked) for asked in self._asks() if not self._paused(asked))

    def problems(self) -> Iterator[str]:
        """What should not have been, one line each."""
        for path, record in self._records.items():
            yield from (f"{path}: {problem}" for problem in record.problems)
            yield from self._problems_of_streams(path, record)
            yield from (f"{path}: {one} handled twice" for one, n in record.questions.items() if n > 1)
        for asked in self._asks():
            yield from self._problems_of_ask(asked)

    def _problems_of_streams(self, receiver: str, record: Record) -> Iterator[str]:
        missing = 0
        for stream, numbers in record.streams.items():
            if any(a >= b for a, b in itertools.pairwise(numbers)):
                yield f"{receiver}: {stream} is doubled or out of order"
            missing += numbers[-1] + 1 - len(numbers)
        if receiver in self._complete or receiver.startswith("guest"):
            missing += sum(self._cut_off(receiver, record))
        if missing > record.deaths and not self._may_lose:
            yield f"{receiver}: {missing} messages lost by {record.deaths} deaths"

    def _cut_off(self, receiver: str, record: Record) -> Iterator[int]:
        """How many messages are missing at the ends of the streams of senders that live."""
        for sender in self._records.values():
            for (stream, to), count in sender.sent.items():
                if to == receiver:
                    yield count - 1 - max(record.streams.get(stream, [-1]))

    def _problems_of_ask(self, asked: Asked) -> Iterator[str]:
        times = self._records[asked.receiver].questions[asked.question]
        if times not in _MAY_HAVE_RUN.get(asked.outcome, ()):
            yield f"{asked} was taken up {times} times"
        if asked.outcome == "ActorStopped" and not self._may_stop:
            yield f"{asked}, though nobody stopped it"
        if asked.outcome == "AskTimeout" and asked.ended - asked.began < TIMEOUT:
            yield f"{asked} was early"
        if self._late_by(asked) > LATE and not self._paused(asked):
            yield f"{asked} was late by {self._late_by(asked):.3f} s"

    def _late_by(self, asked: Asked) -> float:
        """How long after its time an ask ended, beside what its process had to wait for a processor.

        So a machine that is busy with something else is not taken for an ask that hangs.
        """
        return max(0.0, asked.ended - asked.began - TIMEOUT - asked.starved)

    def _asks(self) -> Iterator[Asked]:
        return (asked for record in self._records.values() for asked in record.asked)

    def _paused(self, asked: Asked) -> bool:
        """Whether the asking process was stopped meanwhile."""
        return any(
            since < asked.ended and asked.began < until
            for record in self._records.values()
            for since, until in record.pauses.get(asked.pid, ())
        )
