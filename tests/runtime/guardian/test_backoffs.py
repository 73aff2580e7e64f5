"""Restarts that wait: how long, for whom, and what may happen meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.core.backoff import Backoff
from actors.core.events import ActorStarted, ActorWaits
from actors.core.strategy import Strategy
from support.world import BRIEF, World, actor, new_world, supervisor

ALL, REST, ONE = Strategy.ONE_FOR_ALL, Strategy.REST_FOR_ONE, Strategy.ONE_FOR_ONE
GROWING = Backoff(initial=0.125, maximum=0.5, factor=2, jitter=0, reset_after=10)


@pytest.fixture
def world() -> Iterator[World]:
    with new_world() as world:
        yield world
        world.settle()
        world.check()


def starts(world: World) -> list[str]:
    return [event.actor.path for event in world.events if isinstance(event, ActorStarted)]


def waits(world: World) -> list[tuple[str, float, int]]:
    """Who has waited, for how long, and how many times in a row."""
    events = (event for event in world.events if isinstance(event, ActorWaits))
    return [(event.actor.path, event.delay, event.attempt) for event in events]


@pytest.mark.parametrize(
    ("strategy", "group"),
    [(ONE, ["top/b"]), (ALL, ["top/a", "top/b", "top/c"]), (REST, ["top/b", "top/c"])],
)
def test_the_whole_group_goes_down_then_waits_then_comes_up(
    world: World, strategy: Strategy, group: list[str]
) -> None:
    world.spawn(supervisor("top", strategy, actor("a"), actor("b", backoff=BRIEF), actor("c")))
    world.settle()
    world.events.clear()
    world.crash("top/b")
    world.settle(until=lambda: bool(world.backoffs))
    assert {path for path, state in world.states().items() if state in ("down", "waiting")} == set(group)
    assert starts(world) == []
    world.wait_out()
    world.settle()
    assert starts(world) == group


@settings(max_examples=50)
@given(st.lists(st.sampled_from([0.0, 5.0, 10.0, 20.0]), min_size=1, max_size=8))
def test_delays_grow_until_a_life_was_long_enough(lives: list[float]) -> None:
    with new_world() as world:
        world.spawn(actor("a", backoff=GROWING))
        world.settle()
        naive: list[tuple[str, float, int]] = []
        for lived in lives:
            attempt = 1 if lived >= 10 or not naive else naive[-1][2] + 1
            naive.append(("a", [0.125, 0.25, 0.5][min(attempt, 3) - 1], attempt))
            world.now += lived
            world.crash("a")
            world.settle()
        assert waits(world) == naive


def test_starts_that_fail_make_the_delays_grow_whatever_the_life_before_was(world: World) -> None:
    world.spawn(actor("a", backoff=GROWING))
    world.settle()
    world.now += 100
    world.crash("a")
    for _ in range(2):
        world.wait_out()
        world.fail("a")
        world.tick()
    assert [attempt for _, _, attempt in waits(world)] == [1, 2, 3]


def test_a_supervisor_whose_children_fail_to_start_waits_longer_each_time(world: World) -> None:
    world.spawn(supervisor("top", ONE, supervisor("inner", ONE, actor("a"), limit=0, backoff=GROWING)))
    world.settle()
    world.now += 100
    world.crash("top/inner/a")
    for _ in range(2):
        world.wait_out()
        world.fail("top/inner/a")
        world.tick()
    assert [attempt for _, _, attempt in waits(world)] == [1, 2, 3]


def test_one_who_waits_can_be_stopped(world: World) -> None:
    world.spawn(supervisor("top", ALL, actor("a", backoff=BRIEF), actor("b")))
    world.settle()
    world.crash("top/a")
    world.obey("top/b")
    assert world.states()["top/a"] == "waiting"
    world.stop("top/a")
    world.settle()
    assert world.running() == ["top", "top/b"]


def test_a_supervisor_can_be_stopped_while_a_child_of_it_waits(world: World) -> None:
    world.spawn(supervisor("top", ONE, actor("a", backoff=BRIEF), actor("b")))
    world.settle()
    world.crash("top/a")
    world.stop("top")
    world.settle()
    assert world.states() == {}


def test_a_greater_restart_takes_the_place_of_one_that_waits(world: World) -> None:
    world.spawn(supervisor("top", REST, actor("a"), actor("b", backoff=BRIEF), actor("c")))
    world.settle()
    world.events.clear()
    world.crash("top/b")
    world.obey("top/c")
    world.crash("top/a")
    world.start("top/a", "top/b", "top/c")
    world.settle()
    assert starts(world) == ["top/a", "top/b", "top/c"]


def test_a_restart_that_waits_counts_when_its_child_falls(world: World) -> None:
    world.spawn(supervisor("top", ONE, actor("a", backoff=BRIEF), limit=1))
    world.settle()
    world.crash("top/a")
    world.wait_out()
    world.start("top/a")
    world.crash("top/a")
    world.settle()
    assert [path for path, _, _ in waits(world)] == ["top/a"], "once: then its supervisor gives up"
    assert starts(world)[-1] == "top"


def test_who_fell_while_its_group_went_down_is_not_judged_while_that_waits(world: World) -> None:
    world.spawn(supervisor("top", ALL, actor("a", backoff=BRIEF), actor("b"), actor("c"), limit=1))
    world.settle()
    world.events.clear()
    world.crash("top/a")  # the one restart that is allowed
    world.crash("top/b")
    world.obey("top/c")
    world.spawn(actor("d"), world.node("top").address.id)
    while world.castings:
        world.cast()
    world.start("top/d")
    assert starts(world) == ["top/d"]
    world.wait_out()
    world.settle()
    assert starts(world) == ["top/d", "top/a", "top/b", "top/c"]
