"""What the tests of the guardian begin with."""

from collections.abc import Iterator

import pytest

from actors.runtime.guardian.loop import Loop


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop._epoll.close()  # pyright: ignore[reportPrivateUsage]
