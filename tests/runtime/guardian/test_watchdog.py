"""The watchdog: who has a message in hand for longer than its handler timeout is aborted, nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actors.core.events import ActorCrashed, Event
from actors.core.reason import End
from support.world import Puppet, World, actor, new_world


@pytest.fixture
def world() -> Iterator[World]:
    with new_world() as world:
        yield world
        world.settle()
        world.check()


@pytest.fixture
def puppet(world: World) -> Puppet:
    world.spawn(actor("a", handler_timeout=10.0))
    world.settle()
    return world.puppet("a")


def pass_time(world: World, seconds: float) -> None:
    """Let a time pass, and the watchdog look."""
    world.now += seconds
    due, world.budgets = world.budgets, []
    for timer in due:
        if timer.callback is not None:
            timer.callback()


def ends(events: list[Event]) -> list[End]:
    return [event.reason.end for event in events if isinstance(event, ActorCrashed)]


def test_a_message_that_is_in_hand_for_too_long_ends_the_process(world: World, puppet: Puppet) -> None:
    puppet.take_up()
    pass_time(world, 11.0)
    assert not puppet.is_alive
    world.settle()
    assert ends(world.events) == [End.STUCK]
    assert world.running() == ["a"]


def test_a_message_has_all_of_its_time_however_late_it_came(world: World, puppet: Puppet) -> None:
    world.now += 7.0
    puppet.take_up()
    pass_time(world, 3.0)
    assert puppet.is_alive
    pass_time(world, 8.0)
    assert not puppet.is_alive


def test_an_actor_may_be_busy_for_ever_with_one_message_after_the_other(
    world: World, puppet: Puppet
) -> None:
    for _ in range(10):
        puppet.finish()
        puppet.take_up()
        pass_time(world, 9.0)
    assert puppet.is_alive


def test_an_idle_actor_is_not_stuck(world: World, puppet: Puppet) -> None:
    for _ in range(3):
        pass_time(world, 100.0)
    assert puppet.is_alive


def test_a_successor_is_watched_too(world: World, puppet: Puppet) -> None:
    world.crash("a")
    world.settle()
    world.puppet("a").take_up()
    pass_time(world, 11.0)
    assert not world.puppet("a").is_alive


def test_one_that_is_told_to_stop_has_its_budget_instead(world: World, puppet: Puppet) -> None:
    puppet.take_up()
    world.stop("a")
    watched, world.budgets = world.budgets[:-1], world.budgets[-1:]
    assert all(timer.callback is None for timer in watched)
