"""Floods."""

from hypothesis import given
from hypothesis import strategies as st

from actors.runtime.flood import ADMITTED, WINDOW, Flood


@given(st.lists(st.tuples(st.integers(1, 5), st.floats(0, 0.1)), max_size=1_000))
def test_nothing_is_told_twice_or_not_at_all(reports: list[tuple[int, float]]) -> None:
    flood, now, told = Flood(), 0.0, 0
    for count, pause in reports:
        now += pause
        told += count if flood.admit(count, now) else 0
    assert told + flood.release() == sum(count for count, _ in reports)
    assert flood.release() == 0


def test_a_new_window_lets_reports_through_again() -> None:
    flood = Flood()
    assert all(flood.admit(1, 0.0) for _ in range(ADMITTED))
    assert not flood.admit(1, WINDOW / 2)
    assert flood.admit(1, WINDOW)
