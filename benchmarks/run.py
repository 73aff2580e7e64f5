"""A run: all that was measured in one go, and on what."""

from __future__ import annotations

import json
import os
import platform
from datetime import date
from pathlib import Path
from typing import Any

import attrs

from benchmarks.peers.peer import Fate
from benchmarks.peers.registry import Entry
from benchmarks.result import Result, Series


@attrs.frozen
class Met:
    """A peer that was there, and what became of its killed actor."""

    name: str
    version: str
    an_actor_is: str
    tell: str
    fate: Fate | None

    @classmethod
    def of(cls, entry: Entry, fate: Fate | None) -> Met:
        return cls(entry.name, entry.version or "", entry.an_actor_is, entry.tell, fate)


@attrs.define
class Run:
    """Grows while it goes on."""

    rounds: int
    machine: str
    cores: int
    day: str
    results: list[Result] = attrs.field(factory=list[Result])
    met: list[Met] = attrs.field(factory=list[Met])
    absent: list[str] = attrs.field(factory=list[str])
    load: list[float] = attrs.field(factory=list[float])

    @classmethod
    def begin(cls, rounds: int) -> Run:
        """An empty one, here and today."""
        return cls(rounds, machine(), os.cpu_count() or 1, date.today().isoformat())

    def section(self, name: str) -> list[Result]:
        """What was measured there."""
        return [result for result in self.results if result.section == name]

    def find(self, like: Result, rival: Series) -> tuple[Result, Series] | None:
        """What this run has of a result and a rival of another one; None if it has no such thing."""
        for result in self.section(like.section):
            for one in result.rivals:
                if (result.name, one.name) == (like.name, rival.name):
                    return result, one
        return None

    @property
    def python(self) -> str:
        """Which Python it was made with."""
        return self.machine.rpartition(", ")[2]

    def end(self) -> None:
        """Note how busy the machine was."""
        self.load = list(os.getloadavg())

    def write(self, file: Path) -> None:
        """As JSON."""
        data = attrs.asdict(self) | {"results": [result.as_data() for result in self.results]}
        file.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, file: Path) -> Run:
        """What `write` wrote."""
        data: dict[str, Any] = json.loads(file.read_text())
        data["results"] = [Result.from_data(result) for result in data["results"]]
        data["met"] = [_met(met) for met in data["met"]]
        return cls(**data)


def machine() -> str:
    """What this is measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel = platform.release().split("-")[0]
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Linux {kernel}, Python {platform.python_version()}"


def _met(data: dict[str, Any]) -> Met:
    fate: dict[str, Any] | None = data.pop("fate")
    return Met(**data, fate=Fate(**fate) if fate else None)
