"""The supervision tree at moments in which several things happen at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actors.core.events import ActorStarted, RestartLimitReached
from actors.core.protocol import NotSpawned
from actors.core.reason import NORMAL
from actors.core.strategy import Strategy
from actors.core.terms import Restart
from support.world import BRIEF, RECYCLED, World, actor, new_world, supervisor

ALL, REST, ONE = Strategy.ONE_FOR_ALL, Strategy.REST_FOR_ONE, Strategy.ONE_FOR_ONE


@pytest.fixture
def world() -> Iterator[World]:
    with new_world() as world:
        yield world
        world.settle()
        world.check()


def family(world: World, strategy: Strategy, *names: str, limit: int = 1_000) -> None:
    world.spawn(supervisor("top", strategy, *map(actor, names), limit=limit))
    world.settle()
    world.events.clear()


def starts(world: World) -> list[str]:
    """Who has started since the family was there, in order."""
    return [event.actor.path for event in world.events if isinstance(event, ActorStarted)]


def test_a_child_stopped_before_its_turn_to_start_is_passed_over(world: World) -> None:
    answer = world.spawn(supervisor("top", ONE, actor("a"), actor("b"), actor("c")))
    world.stop("top/b")
    world.settle()
    assert answer == [world.node("top")]
    assert world.running() == ["top", "top/a", "top/c"]


def test_a_child_stopped_in_its_start_does_not_fail_its_supervisor(world: World) -> None:
    answer = world.spawn(supervisor("top", ONE, actor("a"), actor("b")))
    world.stop("top/a")
    world.settle()
    assert answer == [world.node("top")]
    assert world.running() == ["top", "top/b"]


def test_a_supervisor_stopped_in_its_start_is_gone_with_those_it_has_started(world: World) -> None:
    answer = world.spawn(supervisor("top", ONE, actor("a"), actor("b"), actor("c")))
    world.start("top/a")
    world.stop("top")
    world.settle()
    assert isinstance(answer[0], NotSpawned)
    assert world.states() == {}


def test_a_child_that_falls_while_its_sibling_starts_is_restarted_after_it(world: World) -> None:
    world.spawn(supervisor("top", ONE, actor("a"), actor("b")))
    world.start("top/a")
    world.crash("top/a")
    world.start("top/b")
    assert world.states() == {"top": "running", "top/a": "starting", "top/b": "running"}


def test_a_child_that_falls_in_the_start_of_its_parent_is_restarted_after_it(world: World) -> None:
    world.spawn(actor("parent"))
    world.spawn(actor("child"), world.node("parent").address.id)
    world.start("parent/child")
    world.crash("parent/child")
    world.start("parent")
    assert world.states() == {"parent": "running", "parent/child": "starting"}


def test_one_that_is_renewed_on_command_comes_back_alone_and_uncounted(world: World) -> None:
    family(world, ALL, "a", "b", limit=0)
    for _ in range(3):
        world.renew("top/a")
        world.obey("top/a")
        world.settle()
    assert starts(world) == ["top/a"] * 3
    assert world.running() == ["top", "top/a", "top/b"]


def test_a_supervisor_that_is_renewed_starts_its_children_anew(world: World) -> None:
    family(world, ONE, "a", "b", limit=0)
    world.renew("top")
    world.settle()
    assert starts(world) == ["top/a", "top/b", "top"]


def test_who_is_renewed_while_it_waits_for_its_restart_waits_no_longer(world: World) -> None:
    world.spawn(supervisor("top", ALL, actor("a"), actor("b", backoff=BRIEF)))
    world.settle()
    world.crash("top/b")
    world.obey("top/a")
    assert world.states() == {"top": "running", "top/a": "down", "top/b": "waiting"}
    world.renew("top/b")
    world.start("top/b")
    assert world.states() == {"top": "running", "top/a": "down", "top/b": "running"}
    world.wait_out()
    world.settle()
    assert world.running() == ["top", "top/a", "top/b"]


def test_who_is_renewed_while_its_group_goes_down_for_a_restart_comes_back_with_that(world: World) -> None:
    family(world, ALL, "a", "b", "c")
    world.crash("top/c")
    world.renew("top/a")
    assert not world.puppet("top/a").is_told_to_stop, "its turn comes after that of b"
    world.obey("top/b")
    world.obey("top/a")
    world.settle()
    assert starts(world) == ["top/a", "top/b", "top/c"]
    assert world.running() == ["top", "top/a", "top/b", "top/c"]


def test_a_temporary_one_comes_back_from_a_command(world: World) -> None:
    world.spawn(actor("a", Restart.TEMPORARY))
    world.settle()
    world.renew("a")
    world.settle()
    assert world.running() == ["a"]


def test_who_stops_or_starts_is_not_renewed(world: World) -> None:
    family(world, ONE, "a", "b")
    world.stop("top/a")
    world.renew("top/a")
    world.crash("top/b")
    world.renew("top/b")
    world.settle()
    assert world.running() == ["top", "top/b"]
    assert starts(world) == ["top/b"]


def test_a_second_fall_during_a_group_restart_is_part_of_it(world: World) -> None:
    family(world, ALL, "a", "b", "c", limit=1)
    world.crash("top/a")
    world.crash("top/b")
    world.settle()
    assert starts(world) == ["top/a", "top/b", "top/c"]


def test_one_who_falls_again_before_its_group_is_up_is_judged_after_that(world: World) -> None:
    family(world, ALL, "a", "b")
    world.crash("top/a")
    world.obey("top/b")
    world.start("top/a")
    world.crash("top/a")
    assert world.states()["top/a"] == "down"
    world.settle()
    assert starts(world) == ["top/a", "top/b", "top/a", "top/b"]


@pytest.mark.parametrize("how", ["starts", "fails", "declines", "is stopped"])
def test_one_who_falls_while_a_newcomer_of_its_group_starts_is_judged_after_that(
    world: World, how: str
) -> None:
    family(world, ALL, "a")
    world.spawn(actor("x"), world.node("top").address.id)
    world.crash("top/a")
    assert world.states()["top/a"] == "down"
    match how:
        case "starts":
            world.start("top/x")
        case "fails":
            world.fail("top/x")
        case "declines":
            world.end("top/x", NORMAL)
        case _:
            world.stop("top/x")
    world.settle()
    assert starts(world) == (["top/x", "top/a", "top/x"] if how == "starts" else ["top/a"])


@pytest.mark.parametrize("strategy", Strategy)
def test_one_that_is_recycled_is_started_anew_alone_and_uncounted(world: World, strategy: Strategy) -> None:
    family(world, strategy, "a", "b", "c", limit=1)
    for _ in range(3):
        world.end("top/b", RECYCLED)
        world.settle()
    assert starts(world) == ["top/b"] * 3
    assert world.stops == []
    world.crash("top/b")
    world.settle()
    assert "top" not in starts(world), "that was the first restart that counts"


def test_a_temporary_child_is_not_started_anew_when_it_is_worn_out(world: World) -> None:
    world.spawn(supervisor("top", ALL, actor("a", Restart.TEMPORARY), actor("b")))
    world.settle()
    world.end("top/a", RECYCLED)
    world.settle()
    assert world.running() == ["top", "top/b"]


def test_a_watcher_is_told_once_at_the_end_and_not_at_a_restart(world: World) -> None:
    family(world, ONE, "a", "b", "c")
    watched = world.node("top/b").address
    for name in ("a", "a", "c"):
        world.watch(world.puppet(f"top/{name}"), watched)
    world.crash("top/b")
    world.crash("top/c")
    world.settle()
    assert world.ends_told == []
    world.stop("top/b")
    world.settle()
    assert [(path, told.ref.address) for path, told in world.ends_told] == [("top/a", watched)]
    world.watch(world.puppet("top/c"), watched)
    assert [path for path, _ in world.ends_told] == ["top/a", "top/c"], "it is gone already"


def test_falls_without_end_in_a_group_restart_come_to_the_limit(world: World) -> None:
    family(world, ALL, "a", "b", limit=2)
    world.crash("top/a")
    for _ in range(2):
        world.obey("top/b")
        world.start("top/a")
        world.crash("top/a")
        world.start("top/b")
    assert any(isinstance(event, RestartLimitReached) for event in world.events)


def test_a_child_stopped_on_command_does_not_come_back_with_its_group(world: World) -> None:
    family(world, ALL, "a", "b")
    world.crash("top/a")
    world.stop("top/b")
    world.settle()
    assert world.running() == ["top", "top/a"]


def test_a_temporary_child_is_removed_by_a_group_restart(world: World) -> None:
    world.spawn(supervisor("top", ALL, actor("a"), actor("b", Restart.TEMPORARY), actor("c")))
    world.settle()
    world.crash("top/a")
    world.settle()
    assert world.running() == ["top", "top/a", "top/c"]


@pytest.mark.parametrize("strategy", Strategy)
def test_a_restart_that_fails_is_tried_again(world: World, strategy: Strategy) -> None:
    family(world, strategy, "a", "b", "c")
    world.crash("top/b")
    world.settle(until=lambda: world.states()["top/b"] == "starting")
    world.fail("top/b")
    assert world.states()["top/b"] == "down"
    world.settle()
    assert world.running() == ["top", "top/a", "top/b", "top/c"]


def test_a_supervisor_whose_child_does_not_come_up_again_is_restarted_whole(world: World) -> None:
    inner = supervisor("inner", ONE, actor("a"), actor("b"), limit=0)
    world.spawn(supervisor("top", ONE, inner, actor("c")))
    world.settle()
    world.events.clear()
    world.crash("top/inner/a")
    world.obey("top/inner/b")
    world.start("top/inner/a")
    world.fail("top/inner/b")
    world.obey("top/inner/a")
    assert world.states()["top/inner"] == "down"
    world.settle()
    assert starts(world) == [f"top/inner/{name}" for name in "aab"] + ["top/inner"]


def test_a_supervisor_that_gives_up_during_a_restart_starts_nobody(world: World) -> None:
    family(world, ONE, "a", "b", limit=1)
    world.crash("top/a")
    world.crash("top/b")
    assert world.states() == {"top": "stopping", "top/a": "stopping", "top/b": "down"}
    world.settle()
    assert world.running() == ["top", "top/a", "top/b"]


def test_a_supervisor_stopped_while_it_gives_up_is_gone(world: World) -> None:
    family(world, ONE, "a", "b", limit=0)
    world.crash("top/a")
    world.stop("top")
    world.settle()
    assert world.states() == {}


def test_a_parent_stopped_while_its_child_restarts_takes_the_child_along(world: World) -> None:
    family(world, ONE, "a")
    world.crash("top/a")
    world.stop("top")
    world.settle()
    assert world.states() == {}


def test_two_stops_and_a_kill_are_one_end(world: World) -> None:
    family(world, ONE, "a")
    world.stop("top")
    world.stop("top")
    world.stop("top/a", kill=True)
    world.settle()
    assert world.states() == {}


def test_a_stopping_actor_cannot_spawn(world: World) -> None:
    world.spawn(actor("parent"))
    world.settle()
    world.stop("parent")
    answer = world.spawn(actor("child"), world.node("parent").address.id)
    assert isinstance(answer[0], NotSpawned)


def test_a_child_spawned_by_a_parent_that_then_dies_in_its_start_is_gone(world: World) -> None:
    answer = world.spawn(actor("parent"))
    below = world.spawn(actor("child"), world.node("parent").address.id)
    world.fail("parent")
    world.settle()
    assert isinstance(answer[0], NotSpawned)
    assert isinstance(below[0], NotSpawned)
    assert world.states() == {}


def test_an_actor_that_stops_itself_during_a_group_restart_comes_back(world: World) -> None:
    family(world, ALL, "a", "b", "c")
    world.crash("top/a")
    puppet = world.puppet("top/b")
    puppet.end(NORMAL)
    world.notice(puppet)
    world.settle()
    assert world.running() == ["top", "top/a", "top/b", "top/c"]


def test_want_of_processes_is_a_failed_start(world: World) -> None:
    world.no_process_to_be_had = True
    answer = world.spawn(actor("a"))
    world.tick()
    assert isinstance(answer[0], NotSpawned)
    assert "no process can be had" in answer[0].cause


def test_want_of_processes_counts_as_a_fall_at_a_restart(world: World) -> None:
    family(world, ONE, "a")
    world.no_process_to_be_had = True
    world.crash("top/a")
    world.tick()
    world.tick()
    world.no_process_to_be_had = False
    world.settle()
    assert world.running() == ["top", "top/a"]


def test_one_for_which_no_process_can_be_had_can_be_stopped(world: World) -> None:
    world.no_process_to_be_had = True
    answer = world.spawn(actor("a"))
    world.stop("a")
    assert isinstance(answer[0], NotSpawned)


def test_a_system_stops_whatever_its_parts_are_doing(world: World) -> None:
    family(world, ALL, "a", "b", "c")
    world.spawn(supervisor("other", ONE, actor("x"), actor("y")))
    world.crash("top/b")
    done: list[bool] = []
    world.tree.stop_everything(lambda: done.append(True))
    world.tree.stop_everything(lambda: done.append(True))
    world.settle()
    assert done == [True, True]
    assert world.states() == {}


def test_a_process_that_comes_late_is_not_for_a_start_that_has_been_begun_anew(world: World) -> None:
    world.spawn(supervisor("top", ALL, supervisor("mid", ONE, actor("a")), actor("z")))
    world.settle()
    world.processes_take_a_moment = True
    world.crash("top/mid/a")
    world.crash("top/z")
    assert [world.node("top/mid/a").incarnation, len(world.castings)] == [2, 2]
    world.cast()
    assert not world.puppets
    world.cast()
    assert world.puppet("top/mid/a").assignment.incarnation == 2


def test_a_start_that_is_stopped_while_it_waits_for_a_process_needs_none(world: World) -> None:
    world.processes_take_a_moment = True
    answer = world.spawn(actor("a"))
    world.stop("a")
    world.settle()
    assert isinstance(answer[0], NotSpawned)
    assert not world.puppets


def test_one_who_has_left_a_group_while_it_was_restarted_is_not_judged_with_it(world: World) -> None:
    family(world, ALL, "a", "b")
    world.crash("top/a")
    world.obey("top/b")
    world.stop("top/b")
    world.fail("top/a")
    world.settle()
    assert world.running() == ["top", "top/a"]
