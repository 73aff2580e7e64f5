"""Wear: after how much work an actor is recycled."""

from __future__ import annotations

import mmap
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.core.reason import End
from actors.core.terms import Terms
from actors.runtime.wear import Wear


def work_until_worn(wear: Wear, most: int) -> tuple[int, str]:
    """After how many messages it is recycled, and why."""
    for number in range(1, most + 1):
        why = wear.after_message()
        if why is not None:
            assert why.end is End.RECYCLED
            return number, str(why)
    return most + 1, ""


@pytest.mark.parametrize(("chance", "messages"), [(0.0, 100), (0.5, 95), (1.0, 90)])
def test_messages_are_counted_up_to_a_tenth_less_by_chance(chance: float, messages: int) -> None:
    wear = Wear(Terms(max_messages=100), lambda: chance)
    assert work_until_worn(wear, 200) == (messages, f"it had handled {messages} messages (max_messages)")


@given(st.integers(1, 300), st.floats(0, 1))
def test_the_limit_is_never_passed_nor_lowered_by_more_than_a_tenth(most: int, chance: float) -> None:
    number, _ = work_until_worn(Wear(Terms(max_messages=most), lambda: chance), most)
    assert max(1, round(0.9 * most)) <= number <= most


def test_an_age_is_spread_likewise() -> None:
    assert Wear(Terms(max_age=10.0), lambda: 0.0).max_age == 10
    wear = Wear(Terms(max_age=10.0), lambda: 1.0)
    assert wear.max_age == 9
    assert str(wear.when_old()) == "its process was 9 s old (max_age)"
    assert Wear(Terms(max_messages=1)).max_age is None


def test_memory_that_is_used_is_seen_and_what_is_given_back_too() -> None:
    page, megabyte = os.sysconf("SC_PAGE_SIZE"), 1 << 20
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[1]) * page
    wear = Wear(Terms(max_memory=now + 64 * megabyte), lambda: 0.0)
    assert wear.after_message() is None
    with mmap.mmap(-1, 128 * megabyte) as memory:
        memory[:] = b"x" * len(memory)
        why = wear.after_message()
    assert why is not None
    assert "MiB of memory (max_memory)" in str(why)
    assert wear.after_message() is None
