"""One system for each test of a promise, quiet, and as patient as the test."""

from collections.abc import Iterator

import pytest

from actors import ActorSystem, Mailbox
from actors.runtime import log


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(log.LEVEL, "critical")


@pytest.fixture
def system(_quiet: None) -> Iterator[ActorSystem]:
    with ActorSystem("promises", max_restarts=1_000) as system:
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
