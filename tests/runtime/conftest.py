"""What the tests of the runtime begin with: a quiet system, a mailbox, a lane."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors import ActorSystem, Mailbox
from actors.runtime import log
from actors.runtime.lane import Lane
from actors.runtime.replies import Replies


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[ActorSystem]:
    monkeypatch.setenv(log.LEVEL, "critical")
    with ActorSystem("runtime", max_restarts=1_000) as system:
        yield system


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.close()


@pytest.fixture
def gate() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.close()


@pytest.fixture
def lane(tmp_path: Path) -> Lane:
    return Lane.at(tmp_path, tmp_path / "spill")


@pytest.fixture
def replies(lane: Lane) -> Iterator[Replies]:
    replies = Replies(lane, (), lambda: None)
    yield replies
    replies.close()
