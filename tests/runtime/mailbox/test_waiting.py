"""Waiting spins only while that has been paying off."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from actors.runtime.mailbox.journal import waiting_bytes
from actors.runtime.mailbox.waiting import Waiter


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Each look into the pipe that spinning has cost."""
    counted: list[int] = []

    def count(descriptor: int) -> int:
        counted.append(descriptor)
        return waiting_bytes(descriptor)

    monkeypatch.setattr("actors.runtime.mailbox.waiting.waiting_bytes", count)
    return counted


def test_an_idle_reader_stops_spinning(pipe: tuple[int, int], looks: list[int]) -> None:
    waiter = Waiter(pipe[0])
    for _ in range(8):
        assert not waiter.wait(0.0005)
    looks.clear()
    assert not waiter.wait(0.0005)
    assert looks == []


def test_prompt_answers_make_it_spin_again(pipe: tuple[int, int], looks: list[int]) -> None:
    waiter = Waiter(pipe[0])
    for _ in range(8):
        assert not waiter.wait(0.0005)
    looks.clear()
    os.write(pipe[1], b"x")
    assert waiter.wait(None)
    assert looks == []
    assert waiter.wait(None)
    assert looks == [pipe[0]]


def test_with_no_time_left_it_only_looks(pipe: tuple[int, int], looks: list[int]) -> None:
    waiter = Waiter(pipe[0])
    assert not waiter.wait(0)
    os.write(pipe[1], b"x")
    assert waiter.wait(-1)
    assert looks == []


def test_it_may_be_told_never_to_spin(pipe: tuple[int, int], looks: list[int]) -> None:
    assert not Waiter(pipe[0], spin=False).wait(0.0005)
    assert looks == []


def test_other_descriptors_wake_it(pipe: tuple[int, int]) -> None:
    bell = os.eventfd(1)
    assert Waiter(pipe[0], [bell]).wait(None)
    os.close(bell)
