"""The guardian's log: it never waits for whoever reads standard error, a pipe or a terminal."""

from __future__ import annotations

import os
import threading
import tty
from collections.abc import Callable, Iterator

import pytest

from actors.runtime import log
from actors.runtime.log import Impatient


def a_pipe() -> tuple[int, int]:
    return os.pipe()


def a_terminal() -> tuple[int, int]:
    reading, writing = os.openpty()
    tty.setraw(writing)
    return reading, writing


@pytest.fixture(params=[a_pipe, a_terminal])
def reading(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    make: Callable[[], tuple[int, int]] = request.param
    reading, writing = make()
    monkeypatch.setattr(log, "_STDERR", writing)
    yield reading
    os.close(writing)
    os.close(reading)


def test_what_is_read_is_whole(reading: int) -> None:
    stream = Impatient()
    stream.write("a line\n")
    stream.flush()
    assert os.read(reading, 100) == b"a line\n"


def test_what_nobody_reads_is_lost_and_not_waited_for(reading: int) -> None:
    stream = Impatient()

    def write() -> None:
        for _ in range(100):
            stream.write("x" * 5_000)
            stream.flush()

    writing = threading.Thread(target=write, daemon=True)
    writing.start()
    writing.join(10)
    waited = writing.is_alive()
    while waited and writing.is_alive():  # let it go
        os.read(reading, 1 << 20)
    assert not waited
