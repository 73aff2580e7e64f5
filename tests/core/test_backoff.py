"""Backoff, against a naive model."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import Backoff

seconds = st.floats(0.001, 1000)
backoffs = st.tuples(seconds, seconds).flatmap(
    lambda pair: st.builds(
        Backoff,
        initial=st.just(min(pair)),
        maximum=st.just(max(pair)),
        factor=st.floats(1, 10),
        jitter=st.floats(0, 1),
        reset_after=seconds,
    )
)


@given(backoffs, st.integers(1, 30), st.floats(0, 1))
def test_a_delay_is_the_initial_one_multiplied_and_capped_and_shortened(
    backoff: Backoff, attempt: int, chance: float
) -> None:
    full = backoff.initial
    for _ in range(attempt - 1):
        full *= backoff.factor
    full = min(full, backoff.maximum)
    assert backoff.delay(attempt, chance) == pytest.approx(full - full * backoff.jitter * chance)


@given(backoffs, st.lists(seconds, max_size=20))
def test_restarts_in_a_row_are_counted_until_a_life_was_long_enough(
    backoff: Backoff, lives: list[float]
) -> None:
    attempt = 0
    for number, lived in enumerate(lives):
        attempt = backoff.attempt(attempt, lived)
        since = [at for at in range(number + 1) if lives[at] >= backoff.reset_after]
        assert attempt == number + 1 - (since[-1] if since else 0)


def test_no_number_of_restarts_is_too_many() -> None:
    assert Backoff(maximum=30, jitter=0).delay(10**9, 0.0) == 30


@pytest.mark.parametrize(
    "wrong",
    [
        {"initial": 0},
        {"maximum": -1},
        {"factor": 0.5},
        {"jitter": 1.1},
        {"jitter": -0.1},
        {"reset_after": 0},
    ],
)
def test_what_makes_no_sense_is_refused_when_made(wrong: Any) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        Backoff(**wrong)


@pytest.mark.parametrize("wrong", [{"initial": 60}, {"maximum": 0.05}, {"initial": 2, "maximum": 1}])
def test_a_first_delay_longer_than_the_longest_is_refused(wrong: Any) -> None:
    with pytest.raises(
        ValueError, match=r"^initial is .*, longer than maximum, which is .*; give a longer"
    ):
        Backoff(**wrong)
    assert Backoff(initial=30).delay(1, 0.0) == 30


@pytest.mark.parametrize("name", ["initial", "maximum", "factor", "jitter", "reset_after"])
@pytest.mark.parametrize("value", ["x", None, True])
def test_what_is_no_number_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"^{name} is {value!r}; it must be a number"):
        Backoff(**{name: value})


@pytest.mark.parametrize("name", ["initial", "maximum", "factor", "jitter", "reset_after"])
def test_not_a_number_is_refused_too(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Backoff(**{name: float("nan")})
