"""Ledgers: what everybody writes down, line by line, where no kill can reach it."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import Final, NamedTuple

import attrs

_END: Final = "."
"""Ends each line: a kill in the middle of a write may cut one, and then it does not count."""


class Asked(NamedTuple):
    """An ask, and how it ended."""

    question: str
    receiver: str
    pid: int
    """The asking process."""
    outcome: str
    began: float
    ended: float
    starved: float
    """How long the asking process waited for a processor meanwhile."""


class Ledger:
    """What one actor, in all its incarnations, or the application writes."""

    def __init__(self, path: Path) -> None:
        self.continued = path.exists()
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        if self.continued:
            os.write(self._descriptor, b"\n")

    def started(self) -> None:
        self._write("started")

    def stopped(self) -> None:
        """The mail is behind it, and nothing in hand."""
        self._write("stopped")

    def handled(self, stream: str, number: int) -> None:
        self._write("handled", stream, number)

    def took_up(self, question: str) -> None:
        self._write("took_up", question)

    def asked(self, asked: Asked) -> None:
        self._write("asked", *asked)

    def sent(self, stream: str, receiver: str, count: int) -> None:
        """All that was sent by a sender that lives."""
        self._write("sent", stream, receiver, count)

    def paused(self, pid: int, since: float, until: float) -> None:
        """A process was stopped for a while."""
        self._write("paused", pid, since, until)

    def problem(self, text: str) -> None:
        """What must not be."""
        self._write("problem", text)

    def close(self) -> None:
        os.close(self._descriptor)

    def _write(self, *words: object) -> None:
        os.write(self._descriptor, f"{' '.join(map(str, words))} {_END}\n".encode())


@attrs.define
class Record:
    """A ledger, read."""

    starts: int = 0
    stops: int = 0
    streams: dict[str, list[int]] = attrs.field(factory=lambda: defaultdict[str, list[int]](list))
    """The numbers that were handled, of each stream."""
    questions: Counter[str] = attrs.field(factory=Counter[str])
    """How often each question was taken up."""
    asked: list[Asked] = attrs.field(factory=list[Asked])
    sent: dict[tuple[str, str], int] = attrs.field(factory=dict[tuple[str, str], int])
    """How many messages went out, by stream and receiver."""
    pauses: dict[int, list[tuple[float, float]]] = attrs.field(
        factory=lambda: defaultdict[int, list[tuple[float, float]]](list)
    )
    """When processes were stopped."""
    problems: list[str] = attrs.field(factory=list[str])

    @classmethod
    def read(cls, path: Path) -> Record:
        """What a ledger says."""
        record = cls()
        with path.open() as lines:
            for line in lines:
                *words, end = line.split() or [""]
                if end == _END:
                    record._take(words)
        return record

    @property
    def deaths(self) -> int:
        """How many incarnations did not come to an orderly end, and so may have had something in hand."""
        return self.starts - self.stops

    def _take(self, words: list[str]) -> None:
        match words:
            case ["started"]:
                self.starts += 1
            case ["stopped"]:
                self.stops += 1
            case ["handled", stream, number]:
                self.streams[stream].append(int(number))
            case ["took_up", question]:
                self.questions[question] += 1
            case ["asked", question, receiver, pid, outcome, *times]:
                self.asked.append(Asked(question, receiver, int(pid), outcome, *map(float, times)))
            case ["sent", stream, receiver, count]:
                self.sent[stream, receiver] = int(count)
            case ["paused", pid, since, until]:
                self.pauses[int(pid)].append((float(since), float(until)))
            case _:
                self.problems.append(" ".join(words))
