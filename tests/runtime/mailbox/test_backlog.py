"""The backlog is as many messages as wait in all outboxes of a process, however they come and go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from actors.core.errors import MailboxFull
from actors.runtime.mailbox.backlog import BACKLOG
from actors.runtime.mailbox.layout import make_pipe
from actors.runtime.mailbox.outbox import Outbox
from actors.runtime.mailbox.parcel import Places
from actors.runtime.mailbox.pipe import Pipe


class Unwilling:
    """A carrier that has no thread, or none to spare."""

    threaded = False
    willing = True

    def watch(self, outbox: Outbox) -> None:
        if not self.willing:
            raise OSError

    def forget(self, outbox: Outbox) -> None:
        """Do nothing."""


class Pair:
    """Two outboxes whose pipes hold one page."""

    def __init__(self, directory: Path) -> None:
        self.carrier = Unwilling()
        self.readers = [make_pipe(directory / name) for name in ("one", "other")]
        places = Places(str(directory), str(directory))
        self.outboxes = [
            Outbox(
                Pipe.open(directory / name, name), places, name=name, carrier=self.carrier, limit=100_000
            )
            for name in ("one", "other")
        ]

    @property
    def waiting(self) -> int:
        return sum(outbox.waiting for outbox in self.outboxes)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path)
    BACKLOG.keep_private()
    yield pair
    for outbox, reader in zip(pair.outboxes, pair.readers, strict=True):
        outbox.close()
        os.close(reader)
    assert BACKLOG.count[0] == 0


def fill(outbox: Outbox) -> None:
    """Put messages of two kinds until there is no room for more."""
    with suppress(MailboxFull):
        while True:
            outbox.put(bytes(3_000))
            outbox.put(b"large" * 1_000)


def test_it_goes_up_and_down_with_what_waits(pair: Pair) -> None:
    assert BACKLOG.count[0] == 0
    for outbox in pair.outboxes:
        fill(outbox)
        assert BACKLOG.count[0] == pair.waiting > 0
    first, other = pair.outboxes
    while first.waiting:
        os.read(pair.readers[0], 1 << 20)
        first.drain()
        assert BACKLOG.count[0] == pair.waiting
    assert BACKLOG.count[0] == other.waiting > 0


def test_what_cannot_be_carried_is_not_in_it(pair: Pair) -> None:
    pair.carrier.willing = False
    fill(pair.outboxes[0])
    assert BACKLOG.count[0] == pair.waiting == 0


def test_what_is_given_up_is_not_in_it(pair: Pair) -> None:
    fill(pair.outboxes[0])
    pair.outboxes[0].close()
    assert BACKLOG.count[0] == pair.waiting == 0
