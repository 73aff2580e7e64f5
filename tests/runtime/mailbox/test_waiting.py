"""Waiting spins only while that has been paying off."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest

from actors.runtime.mailbox import waiting
from actors.runtime.mailbox.journal import waiting_bytes
from actors.runtime.mailbox.waiting import Waiter, spin_time


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


class Look:
    """Says whether a pipe is readable, and counts how often it has been asked."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.count = 0

    def __call__(self) -> bool:
        self.count += 1
        return waiting_bytes(self.descriptor) > 0


@pytest.fixture
def look(pipe: tuple[int, int]) -> Look:
    return Look(pipe[0])


def idle(waiter: Waiter) -> None:
    for _ in range(8):
        assert not waiter.wait(0.0005)


def test_an_idle_reader_stops_spinning(look: Look) -> None:
    waiter = Waiter(look.descriptor, look)
    idle(waiter)
    spent = look.count
    assert not waiter.wait(0.0005)
    assert look.count == spent


def test_prompt_answers_make_it_spin_again(pipe: tuple[int, int], look: Look) -> None:
    woken: list[str] = []
    waiter = Waiter(pipe[0], look, on_other=lambda: woken.append("by the poll"))
    idle(waiter)
    look.count = 0
    os.write(pipe[1], b"x")
    assert waiter.wait(None)
    assert waiter.wait(None)
    assert look.count == 2
    assert woken == []


def test_with_no_time_left_it_does_not_spin(pipe: tuple[int, int], look: Look) -> None:
    waiter = Waiter(pipe[0], look)
    assert not waiter.wait(0)
    assert look.count == 0
    os.write(pipe[1], b"x")
    assert waiter.wait(-1)
    assert look.count == 1


def test_it_may_be_told_never_to_spin(look: Look) -> None:
    assert not Waiter(look.descriptor, look, spin=False).wait(0.0005)
    assert look.count == 0


def test_other_descriptors_wake_it(look: Look) -> None:
    bell, rung = os.eventfd(1), list[str]()
    assert Waiter(look.descriptor, look, [bell], lambda: rung.append("rung")).wait(None)
    assert rung == ["rung"]
    os.close(bell)


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    spin_time.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    spin_time.cache_clear()


def test_the_environment_turns_spinning_off(look: Look, setting: pytest.MonkeyPatch) -> None:
    setting.setenv(waiting.ENVIRONMENT, "0")
    assert not Waiter(look.descriptor, look).wait(0.0005)
    assert look.count == 0


def test_the_environment_says_how_long_to_spin(setting: pytest.MonkeyPatch) -> None:
    setting.setenv(waiting.ENVIRONMENT, "20")
    assert spin_time() == pytest.approx(20e-6)


@pytest.mark.parametrize("bad", ["-1", "fast", "", "nan", "2000000"])
def test_a_bad_setting_is_refused_with_the_way_out(bad: str, setting: pytest.MonkeyPatch) -> None:
    setting.setenv(waiting.ENVIRONMENT, bad)
    with pytest.raises(ValueError, match=f"ACTORS_SPIN='{bad}' is no number of microseconds"):
        spin_time()


def test_where_a_turn_lets_another_process_run_it_sleeps(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(step=0.001)
    monkeypatch.setattr("time.monotonic", lambda: next(clock) / 10)  # each look at it: 100 µs
    waiter = Waiter(look.descriptor, look)
    assert not waiter.wait(0.0005)
    assert look.count == waiting._LOOKS, "one turn"  # pyright: ignore[reportPrivateUsage]
    assert not waiter.wait(0.0005)
    assert look.count == waiting._LOOKS  # pyright: ignore[reportPrivateUsage]


class Turns:
    """A clock that stands still but for the turns of a process that yields, each as long as is set."""

    def __init__(self) -> None:
        self.now = 0.0
        self.turn = 0.0

    def sched_yield(self) -> None:
        self.now += self.turn

    def until_it_spins(self, waiter: Waiter, look: Look) -> float:
        """For how many milliseconds no wait spins."""
        for milliseconds in range(1_000):
            waiter._confidence = 4  # pyright: ignore[reportPrivateUsage]
            before = look.count
            waiter.wait(1e-9)
            if look.count > before:
                return milliseconds
            self.now += 0.001
        raise AssertionError("it never does")


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    turns = Turns()
    monkeypatch.setattr("time.monotonic", lambda: turns.now)
    monkeypatch.setattr("os.sched_yield", turns.sched_yield)
    return turns


def test_a_long_turn_puts_off_spinning_for_a_moment_and_each_further_for_twice_as_long(
    look: Look, turns: Turns
) -> None:
    waiter = Waiter(look.descriptor, look)
    turns.turn = 1 / 64  # as when the host of a virtual machine has other things to do
    pauses = [turns.until_it_spins(waiter, look) for _ in range(12)]
    assert pauses[0] == 0
    assert pauses[1:9] == [pytest.approx(2**number, abs=1) for number in range(8)]
    assert pauses[9:] == [pytest.approx(256, abs=1)] * 3


def test_waits_that_spinning_shortens_make_the_pauses_short_again(
    pipe: tuple[int, int], look: Look, turns: Turns
) -> None:
    waiter = Waiter(look.descriptor, look)
    turns.turn = 1 / 64
    for _ in range(6):
        turns.until_it_spins(waiter, look)
    turns.now += 1.0
    os.write(pipe[1], b"x")
    for _ in range(6):
        assert waiter.wait(1.0)
    os.read(pipe[0], 1)
    assert turns.until_it_spins(waiter, look) == 0
    assert turns.until_it_spins(waiter, look) <= 2
