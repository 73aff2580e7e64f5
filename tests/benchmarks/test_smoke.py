"""The benchmarks run, and the library is not slower by far than what it replaces: ratios of one run."""

from contextlib import ExitStack

import pytest
from benchmarks.measure import Result, compare
from benchmarks.suite import Suite

TRIES = 3
MARGIN = 0.6
"""A loaded machine may make anything look this bad; a lost design shows as less."""


def best_of_tries(name: str, floor_name: str) -> Result:
    """The best of a few measurements of one comparison."""
    results: list[Result] = []
    with ExitStack() as stack:
        for comparison in Suite(stack, scale=0.05).comparisons():
            if (comparison.name, comparison.floor_name) == (name, floor_name):
                while len(results) < TRIES and not any(one.ratio > MARGIN for one in results):
                    results.append(compare(comparison, rounds=3))
                break
    return max(results, key=lambda result: result.ratio)


@pytest.mark.parametrize(
    ("name", "floor_name"), [("ask, p50", "Queue pair"), ("tell 1→1, handled", "Queue")]
)
def test_actors_are_not_slower_than_raw_queues(
    monkeypatch: pytest.MonkeyPatch, name: str, floor_name: str
) -> None:
    monkeypatch.setenv("ACTORS_LOG_LEVEL", "critical")
    result = best_of_tries(name, floor_name)
    assert result.ratio > MARGIN, result
