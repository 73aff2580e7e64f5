"""Nothing that the yardsticks measure has become slower by an order of magnitude.

What is compared is the best of many short rounds of ours with the best of a floor's, in turn: what else the
machine does now and then does not show in the best. An ask is usually several times as fast as a pair of
queues, but not where others keep every core busy, so little is asked of it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import closing

import pytest
from benchmarks.contest import Contest
from benchmarks.suite import Suite

pytestmark = pytest.mark.skipif(
    "ACTORS_BENCHMARKS" not in os.environ,
    reason="timing needs a machine without other tests on it: set ACTORS_BENCHMARKS=1 and run it alone",
)

LONG_ENOUGH = 4.0
"""How long rounds are held at most while it is not enough, in seconds."""


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> Suite:
    monkeypatch.setenv("ACTORS_LOG_LEVEL", "critical")
    return Suite(scale=0.02)


def at_best(contests: Generator[Contest], name: str, floor: str, enough: float) -> float:
    """The floor's best by ours; no more rounds are held once it is enough."""
    with closing(contests):
        contest = next(one for one in contests if one.name == name)
        rival = next(one for one in contest.rivals if one.name == floor)
        ours, theirs = contest.ours().typical, rival.measure().typical
        end = time.monotonic() + LONG_ENOUGH
        while theirs / ours < enough and time.monotonic() < end:
            ours, theirs = min(ours, contest.ours().typical), min(theirs, rival.measure().typical)
        return theirs / ours


def test_an_ask_is_not_far_behind_a_pair_of_queues(suite: Suite) -> None:
    assert at_best(suite.asks(), "ask from the main thread", "Queue pair", 0.1) >= 0.1


def test_a_thousand_asks_at_once_are_not_far_behind_a_pair_of_queues(suite: Suite) -> None:
    assert at_best(suite.asks(), "1,000 asks in flight, futures", "Queue pair", 0.5) >= 0.5


def test_a_tell_is_not_far_behind_a_queue(suite: Suite) -> None:
    assert at_best(suite.tells(), "tell 1→1, Message", "Queue", 0.2) >= 0.2


def test_a_large_payload_is_not_far_behind_a_connection(suite: Suite) -> None:
    assert at_best(suite.payloads(), "ask with 1 MiB", "Connection echo", 0.2) >= 0.2


def test_the_start_of_an_actor_is_far_ahead_of_a_new_interpreter(suite: Suite) -> None:
    assert at_best(suite.starts(), "spawn to first reply, 50 actors", "bare spawn", 3.0) >= 3.0


def test_an_idle_system_does_not_wake_up(suite: Suite) -> None:
    with closing(suite.crowds()) as contests:
        idle = next(one for one in contests if one.name.endswith("wake-ups"))
        assert min(idle.ours().typical for _ in range(3)) <= 1
