"""The yardsticks run, and nothing that they measure has become slower by an order of magnitude."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from benchmarks.yardsticks import report
from benchmarks.yardsticks.measure import Comparison, Result, compare
from benchmarks.yardsticks.stage import Stage
from benchmarks.yardsticks.suite import Suite

from actors import ActorSystem

pytestmark = pytest.mark.skipif(
    "ACTORS_BENCHMARKS" not in os.environ,
    reason="timing needs a machine without other tests on it: set ACTORS_BENCHMARKS=1 and run it alone",
)

ATTEMPTS = 3


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> Iterator[Suite]:
    monkeypatch.setenv("ACTORS_LOG_LEVEL", "critical")
    with ExitStack() as stack:
        system = stack.enter_context(ActorSystem("smoke", max_restarts=100))
        yield Suite(Stage(system), stack, scale=0.05)


def at_best(comparison: Comparison, enough: float) -> float:
    """The best ratio of a few attempts; no more are made once it is enough."""
    best = -math.inf
    for _ in range(ATTEMPTS):
        best = max(best, compare(comparison, rounds=1).ratio or best)
        if best >= enough:
            break
    return best


def named(comparisons: Iterator[Comparison], name: str, floor: str) -> Comparison:
    return next(one for one in comparisons if (one.name, one.floor_name) == (name, floor))


def test_an_ask_is_not_far_behind_a_pair_of_queues(suite: Suite) -> None:
    comparison = named(suite.asks(), "ask, p50", "Queue pair")
    assert at_best(comparison, 0.25) >= 0.25


def test_a_tell_is_not_far_behind_a_queue(suite: Suite) -> None:
    comparison = named(suite.tells(), "tell 1→1, Message", "Queue of msgpack")
    assert at_best(comparison, 0.2) >= 0.2


def test_the_start_of_an_actor_is_far_ahead_of_a_new_interpreter(suite: Suite) -> None:
    comparison = named(suite.starts(), "spawn to first reply, 50 actors", "bare spawn")
    assert at_best(comparison, 1.5) >= 1.5


def test_a_row_says_what_was_reached() -> None:
    comparison = Comparison("ask", "queue", ours=float, floor=float, faster=2)
    result = Result(comparison, pairs=((1e-5, 4e-5), (1e-5, 2e-5), (1e-5, 3e-5)))
    assert report.row(result) == "| ask | queue | 10.0 µs | 30.0 µs | 3.00 | 2.00 to 4.00 | 2 | reached |"


def test_a_difference_is_judged_by_itself() -> None:
    comparison = Comparison("memory", "fork", ours=float, floor=float, more=1.0)
    assert Result(comparison, pairs=((3.0, 2.0),)).reached
    assert not Result(comparison, pairs=((3.5, 2.0),)).reached


def test_what_nobody_asks_for_is_not_judged() -> None:
    comparison = Comparison("p99", "queue", ours=float, floor=float)
    assert Result(comparison, pairs=((1.0, 2.0),)).reached is None
