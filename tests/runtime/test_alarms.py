"""Alarms, by a clock that the tests set."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.runtime.alarms import Alarm, Alarms


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Bells:
    """Alarms, and what has rung."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.alarms = Alarms(self.clock)
        self.rung: list[object] = []

    def bell(self, name: object) -> Callable[[], None]:
        return lambda: self.rung.append(name)

    def at(self, now: float) -> list[object]:
        """What rings up to that time."""
        self.clock.now, self.rung = 100.0 + now, []
        self.alarms.ring_due()
        return self.rung


class Overtaken(Alarm):
    """One that was cancelled. When it is looked at, another thread has its turn, and adds one before it."""

    def __init__(self, add: Callable[[], object]) -> None:
        self.add = add

    @property
    def ring(self) -> None:  # type: ignore[override]
        """Says that it was cancelled."""
        self.add()


@pytest.fixture
def bells() -> Bells:
    return Bells()


def test_what_is_due_rings_in_the_order_of_its_times_and_once(bells: Bells) -> None:
    for seconds in (3, 1, 2, 2):
        bells.alarms.add(seconds, bells.bell(seconds))
    assert bells.at(0.9) == []
    assert bells.at(2) == [1, 2, 2]
    assert bells.at(10) == [3]
    assert bells.at(20) == []
    assert not bells.alarms.coming


def test_what_rings_again_rings_once_however_late_it_is(bells: Bells) -> None:
    bells.alarms.add(1, bells.bell("tick"), again=True)
    assert [bells.at(now) for now in (1, 1.5, 2, 10, 10.5, 11)] == [
        ["tick"],
        [],
        ["tick"],
        ["tick"],
        [],
        ["tick"],
    ]


def test_a_cancelled_alarm_does_not_ring_and_is_not_waited_for(bells: Bells) -> None:
    first = bells.alarms.add(1, bells.bell("first"))
    bells.alarms.add(5, bells.bell("second"))
    first.cancel()
    first.cancel()
    assert bells.alarms.left() == 5
    assert bells.at(9) == ["second"]
    assert bells.alarms.left() is None


def test_one_can_cancel_itself_or_another_that_is_due_with_it(bells: Bells) -> None:
    def ring() -> None:
        bells.rung.append("tick")
        tick.cancel()
        other.cancel()

    tick = bells.alarms.add(1, ring, again=True)
    other = bells.alarms.add(2, bells.bell("other"))
    assert bells.at(5) == ["tick"]
    assert bells.at(50) == []


def test_one_that_is_set_by_another_rings_in_a_later_round(bells: Bells) -> None:
    def ring() -> None:
        bells.alarms.add(0, bells.bell("second"))

    bells.alarms.add(1, ring)
    assert bells.at(1) == []
    assert bells.at(1) == ["second"]


def test_no_more_time_is_left_than_none(bells: Bells) -> None:
    assert bells.alarms.left() is None
    bells.alarms.add(3, bells.bell("late"))
    bells.clock.now += 1
    assert bells.alarms.left() == 2
    bells.clock.now += 7
    assert bells.alarms.left() == 0


@given(
    st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=6),
    st.lists(st.integers(0, 6), max_size=12),
)
def test_they_do_as_a_naive_model_does(set_up: list[tuple[int, bool]], steps: list[int]) -> None:
    bells, now = Bells(), 0
    naive = {name: (seconds, seconds, again) for name, (seconds, again) in enumerate(set_up)}
    for name, (seconds, again) in enumerate(set_up):
        bells.alarms.add(seconds, bells.bell(name), again=again)
    for step in steps:
        now += step
        due = [name for name, (moment, _, _) in naive.items() if moment <= now]
        assert sorted(map(str, bells.at(now))) == sorted(map(str, due))
        for name in due:
            _, every, again = naive.pop(name)
            if again:
                naive[name] = (now + every, every, again)
        left = min((moment - now for moment, _, _ in naive.values()), default=None)
        assert bells.alarms.left() == left


def test_one_that_is_added_in_the_midst_of_a_look_is_kept(bells: Bells) -> None:
    adding = [partial(bells.alarms.add, 1, bells.bell("new"))]
    bells.alarms.coming.append((110.0, -1, Overtaken(lambda: adding.pop()() if adding else None)))
    assert bells.alarms.left() == 1
    assert bells.at(1) == ["new"]
