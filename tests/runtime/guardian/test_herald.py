"""The herald at the end of a system: those who read events get all, and nobody else is waited for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from actors.core.codec import Codec
from actors.core.events import DeadLetter, Event
from actors.runtime.guardian import herald as heralds
from actors.runtime.guardian.herald import Herald
from actors.runtime.guardian.loop import Loop
from actors.runtime.lane import Lane, LaneReader
from support import lanes

CODEC = Codec()
LETTERS = [
    DeadLetter(receiver="a", sender="b", cause="c", message=bytes(500), count=n) for n in range(1, 501)
]
"""More than the pipe of a subscriber holds."""


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[LaneReader]:
    reader = LaneReader.create(lane_in(tmp_path))
    yield reader
    reader.close()


@pytest.fixture
def herald(tmp_path: Path, reader: LaneReader, loop: Loop) -> Iterator[Herald]:
    endpoint: Any = SimpleNamespace(codec=CODEC)
    herald = Herald(endpoint, loop)
    herald.stopping = True  # so that the log is quiet
    herald.subscribe(lane_in(tmp_path))
    for letter in LETTERS:
        herald.publish(letter)
    yield herald
    reader.close()
    herald.publish(LETTERS[0])  # finds that nobody reads any more


def lane_in(directory: Path) -> Lane:
    return Lane.at(directory / "lane", directory / "spill")


def read(reader: LaneReader, events: list[Event]) -> None:
    events.extend(CODEC.decode(*parts) for parts in lanes.read(reader))


def test_who_reads_gets_all(herald: Herald, reader: LaneReader, loop: Loop) -> None:
    events: list[Event] = []
    loop.add(reader.fileno(), lambda: read(reader, events))
    herald.finish(loop.stop)
    loop.run()
    read(reader, events)
    assert events == LETTERS


def test_who_does_not_read_is_not_waited_for(
    herald: Herald, reader: LaneReader, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heralds, "_STILL", 0.05)
    herald.finish(loop.stop)
    loop.run()
    events: list[Event] = []
    read(reader, events)
    assert 0 < len(events) < len(LETTERS)
