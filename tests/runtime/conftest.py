"""A quiet system for each test of the runtime."""

from collections.abc import Iterator

import pytest

from actors import ActorSystem, Mailbox
from actors.runtime import log


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
