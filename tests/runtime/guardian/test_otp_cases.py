"""The rules of supervision against OTP's: a row for each case of its ``supervisor_SUITE``.

A row is named for its case there. It has the children of a supervisor ``top``, what is done, who lives in
the end, and who was started on the way there, in order. ``a! b? c`` are a permanent, a temporary and a
transient child.

Cases without a meaning here: ``sup_start_ignore_init`` and ``extra_return`` (a supervisor runs no code that
could return anything), ``child_unlink`` and ``simple_global_supervisor`` (there are no links), and
``code_change*``.
``sup_start_map*``, ``child_specs`` and ``sup_flags`` are about specs: see ``tests/core/test_spec.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from actors.core.events import ActorStarted, ActorStopped, RestartLimitReached
from actors.core.protocol import Blueprint, NotSpawned
from actors.core.reason import NORMAL, End
from actors.core.strategy import AutoShutdown, Strategy
from actors.core.terms import Restart
from actors.runtime.guardian.node import Node
from support.world import World, actor, new_world, supervisor

ALL, REST, ONE = Strategy.ONE_FOR_ALL, Strategy.REST_FOR_ONE, Strategy.ONE_FOR_ONE
RESTARTED_WITH_B = {ONE: "b", ALL: "a b c", REST: "b c"}
MARKS = {"!": Restart.PERMANENT, "?": Restart.TEMPORARY}


@pytest.fixture
def world() -> Iterator[World]:
    with new_world() as world:
        yield world
        world.settle()
        world.check()


def one(name: str, **terms: Any) -> Blueprint:
    mark = name[-1]
    return actor(name.rstrip("!?"), MARKS.get(mark, Restart.TRANSIENT), **terms)


def top(children: str, strategy: Strategy = ONE, **options: Any) -> Blueprint:
    return supervisor("top", strategy, *map(one, children.split()), **options)


def grow(world: World, family: Blueprint) -> None:
    """Have a family running, and forget how it came to be."""
    world.spawn(family)
    world.settle()
    world.events.clear()


def act(world: World, deed: str) -> None:
    """Do one thing, as soon as all before it has been done."""
    verb, _, name = deed.partition(" ")
    path = f"top/{name}" if name else "top"
    if verb in ("fail", "hang"):
        world.settle(until=lambda: world.states().get(path) == "starting")
    else:
        world.settle()
    match verb:
        case "crash":
            world.crash(path)
        case "leave":
            world.end(path, NORMAL)
        case "stop":
            world.stop(path)
        case "fail":
            world.fail(path)
        case "hang":
            world.run_out()
        case "wait":
            world.now += 3600.0
        case _:
            raise AssertionError(f"what is {deed}?")


def living(world: World) -> str:
    return " ".join(path.removeprefix("top/") for path in world.running() if path != "top")


def started(world: World) -> str:
    paths = [event.actor.path for event in world.events if isinstance(event, ActorStarted)]
    return " ".join(path.removeprefix("top/") for path in paths)


def stopped(world: World) -> str:
    return " ".join(path.removeprefix("top/") for path in world.stops)


@pytest.mark.parametrize("strategy", Strategy)
@pytest.mark.parametrize(
    ("otp", "b", "deed", "comes_back", "stays"),
    [
        ("permanent_normal", "b!", "leave b", True, True),
        ("transient_normal", "b", "leave b", False, False),
        ("temporary_normal", "b?", "leave b", False, False),
        ("permanent_shutdown", "b!", "stop b", False, False),
        ("transient_shutdown", "b", "stop b", False, False),
        ("temporary_shutdown", "b?", "stop b", False, False),
        ("permanent_abnormal", "b!", "crash b", True, True),
        ("transient_abnormal", "b", "crash b", True, True),
        ("temporary_abnormal", "b?", "crash b", False, False),
    ],
)
def test_an_end_means_what_the_restart_type_says_whatever_the_strategy(
    world: World, strategy: Strategy, otp: str, b: str, deed: str, comes_back: bool, stays: bool
) -> None:
    grow(world, top(f"a! {b} c!", strategy))
    act(world, deed)
    world.settle()
    assert started(world) == (RESTARTED_WITH_B[strategy] if comes_back else ""), otp
    assert living(world) == ("a b c" if stays else "a c"), otp


@attrs.frozen
class Row:
    """A case: of whom, what is done, who lives then, and who was started for that."""

    otp: str
    family: Blueprint
    deeds: str
    living: str
    started: str = ""


def nested(strategy: Strategy, limit: int) -> Blueprint:
    """A supervisor that may give up, between two actors, below one that restarts by a strategy."""
    mid = supervisor("mid", ONE, one("x"), one("y"), limit=limit)
    return supervisor("top", strategy, one("a"), mid, one("c"))


CASES = [
    # one_for_one
    Row("one_for_one", top("a! b!"), "crash a", "a b", "a"),
    Row(
        "one_for_one_escalation",
        top("a! b!", limit=4),
        "crash a, crash b, crash a, crash b",
        "a b",
        "a b a b",
    ),
    Row("one_for_one_escalation", top("a! b!", limit=1), "crash a, crash a", "a b", "a a b top"),
    # one_for_all
    Row("one_for_all", top("a! b!", ALL), "crash a", "a b", "a b"),
    Row("one_for_all_escalation", top("a! b!", ALL, limit=1), "crash a, crash b", "a b", "a b a b top"),
    Row("one_for_all_other_child_fails_restart", top("a! b!", ALL), "crash a, fail b", "a b", "a a b"),
    Row("one_for_all_other_child_fails_restart", top("a! b!", ALL), "crash b, fail a", "a b", "a b"),
    Row(
        "one_for_all_other_child_fails_restart",
        top("a! b!", ALL, limit=2),
        "crash a, fail b, fail b",
        "a b",
        "a a a b top",
    ),
    # rest_for_one
    Row("rest_for_one", top("a! b! c!", REST), "crash b", "a b c", "b c"),
    Row("rest_for_one", top("a! b! c!", REST), "crash a", "a b c", "a b c"),
    Row("rest_for_one", top("a! b! c!", REST), "crash c", "a b c", "c"),
    Row("rest_for_one_escalation", top("a! b!", REST, limit=1), "crash a, crash b", "a b", "a b a b top"),
    Row(
        "rest_for_one_other_child_fails_restart", top("a! b! c!", REST), "crash a, fail b", "a b c", "a b c"
    ),
    Row(
        "rest_for_one_other_child_fails_restart",
        top("a! b!", REST),
        "crash a, fail a, fail a",
        "a b",
        "a b",
    ),
    # restarts again and again, within the limit or too late to count
    Row("multiple_restarts", top("a! b!", limit=3, within=10), "crash a, crash b, crash a", "a b", "a b a"),
    Row(
        "multiple_restarts",
        top("a!", limit=1, within=10),
        "crash a, wait, crash a, wait, crash a",
        "a",
        "a a a",
    ),
    # who is no part of it
    Row("temporary_bystander", top("a! b?", ALL), "crash a", "a", "a"),
    Row("temporary_bystander", top("a! b?", REST), "crash a", "a", "a"),
    Row("temporary_bystander", top("b? a!", REST), "crash a", "b a", "a"),
    Row("temporary_bystander", top("a! b?", ONE), "crash a", "a b", "a"),
    Row(
        "do_not_save_start_parameters_for_temporary_children",
        top("a? b!", limit=0),
        "crash a, crash b",
        "b",
        "b top",
    ),
    # trees
    Row("tree", nested(ONE, 1_000), "crash mid/x", "a mid mid/x mid/y c", "mid/x"),
    Row("tree", nested(ONE, 0), "crash mid/x", "a mid mid/x mid/y c", "mid/x mid/y mid"),
    Row("tree", nested(ALL, 0), "crash mid/x", "a mid mid/x mid/y c", "a mid/x mid/y mid c"),
    Row("tree", nested(REST, 0), "crash mid/x", "a mid mid/x mid/y c", "mid/x mid/y mid c"),
    Row("tree", nested(REST, 0), "crash a", "a mid mid/x mid/y c", "a mid/x mid/y mid c"),
    Row("tree", nested(ALL, 0), "stop mid", "a c"),
    # starts that hang or fail time and again leave it free to do other things
    Row("hanging_restart_loop", top("a! b!"), "crash a, hang a, hang a", "a b", "a"),
    Row("hanging_restart_loop", top("a! b!", limit=1), "crash a, hang a", "a b", "a b top"),
    Row("hanging_restart_loop", top("a! b!"), "crash a, fail a, fail a, fail a, stop b", "a", "a"),
    Row("hanging_restart_loop", top("a! b! c!", REST), "crash b, hang b, stop b", "a c", "b c"),
]


@pytest.mark.parametrize("row", CASES, ids=lambda row: f"{row.otp}: {row.deeds}")
def test_a_supervisor_does_as_otps(world: World, row: Row) -> None:
    grow(world, row.family)
    for deed in row.deeds.split(", "):
        act(world, deed)
    world.settle()
    assert (living(world), started(world)) == (row.living, row.started)


# starting


def test_sup_start_normal(world: World) -> None:
    assert world.spawn(top("")) == [world.node("top")]
    act(world, "stop")
    world.settle()
    assert world.states() == {}


@pytest.mark.parametrize("a", ["a!", "a", "a?"])
def test_sup_start_ignore_child(world: World, a: str) -> None:
    answer = world.spawn(top(f"{a} b"))
    world.end("top/a", NORMAL)
    world.settle()
    assert answer == [world.node("top")]
    assert (living(world), started(world)) == ("b", "b top")


@pytest.mark.parametrize("a", ["a!", "a", "a?"])
def test_sup_start_ignore_child_start_child(world: World, a: str) -> None:
    grow(world, top("b"))
    answers = world.spawn(one(a), world.node("top").address.id)
    world.end("top/a", NORMAL)
    assert isinstance(answers[0], Node)
    assert (living(world), world.gone()) == ("b", [answers[0].address])


@pytest.mark.parametrize("strategy", Strategy)
def test_a_child_that_declines_at_a_restart_is_no_failure(world: World, strategy: Strategy) -> None:
    grow(world, top("a! b! c!", strategy, limit=1))
    world.crash("top/b")
    world.settle(until=lambda: world.states()["top/b"] == "starting")
    world.end("top/b", NORMAL)
    world.settle()
    assert living(world) == "a c"
    assert not any(isinstance(event, RestartLimitReached) for event in world.events)


@pytest.mark.parametrize("otp", ["sup_start_error_return", "sup_start_fail"])
def test_a_child_that_does_not_start_fails_its_supervisor(world: World, otp: str) -> None:
    answer = world.spawn(top("a! b? c!"))
    world.start("top/a", "top/b")
    world.fail("top/c")
    world.settle()
    assert [type(answer[0]), stopped(world)] == [NotSpawned, "b a"], otp
    assert world.states() == {}


def test_a_start_that_hangs_fails_the_supervisor(world: World) -> None:
    answer = world.spawn(top("a! b!"))
    world.start("top/a")
    world.run_out()
    world.settle()
    assert isinstance(answer[0], NotSpawned)
    assert "start_timeout" in answer[0].cause


# stopping


@pytest.mark.parametrize(
    ("otp", "shutdown", "killed"),
    [
        ("sup_stop_infinity", float("inf"), False),
        ("sup_stop_timeout", 1.0, True),
        ("sup_stop_brutal_kill", 0.0, True),
    ],
)
def test_a_child_has_as_long_to_stop_as_its_budget_is(
    world: World, otp: str, shutdown: float, killed: bool
) -> None:
    grow(world, supervisor("top", ONE, one("a!"), one("b!", shutdown=shutdown)))
    act(world, "stop")
    world.tick()
    world.run_out() if shutdown == 1.0 else None
    assert world.puppet("top/b").is_alive is not killed, otp
    assert not world.puppet("top/a").is_told_to_stop, "the one after it has not stopped yet"
    world.settle()
    assert stopped(world) == "b a"


def test_simple_one_for_one_shutdown(world: World) -> None:
    grow(world, top("a b"))
    for name in ("x", "y"):
        world.spawn(one(name), world.node("top").address.id)
    world.settle()
    act(world, "stop")
    assert {one.path for one in world.puppets if one.is_told_to_stop} == {"top/x", "top/y"}
    world.obey("top/x")
    assert not world.puppet("top/b").is_told_to_stop
    world.settle()
    assert stopped(world) == "x y b a"


def test_simple_one_for_one_scale_many_temporary_children(world: World) -> None:
    grow(world, top("a!"))
    number = world.node("top").address.id
    for name in range(500):
        world.spawn(one(f"x{name}?"), number)
    world.settle(until=lambda: all(puppet.has_started for puppet in world.puppets))
    act(world, "stop")
    assert sum(puppet.is_told_to_stop for puppet in world.puppets) == 500
    world.settle()
    assert world.states() == {}


# dynamic children, in the place of simple_one_for_one


def grow_dynamic(world: World, *children: str, **options: Any) -> None:
    grow(world, top("", **options))
    for child in children:
        world.spawn(one(child), world.node("top").address.id)
    world.settle()
    world.events.clear()


@pytest.mark.parametrize(
    ("otp", "limit", "deeds", "alive", "starts"),
    [
        ("simple_one_for_one", 1, "crash x", "x y", "x"),
        ("simple_one_for_one_escalation", 1, "crash x, crash y", "", "x top"),
        ("hanging_restart_loop_simple", 9, "crash x, fail x, hang x, stop y", "x", "x"),
        ("temporary_abnormal", 0, "crash z", "x y", ""),
    ],
)
def test_dynamic_children_are_treated_as_otps_are(
    world: World, otp: str, limit: int, deeds: str, alive: str, starts: str
) -> None:
    grow_dynamic(world, "x!", "y!", "z?", limit=limit)
    act(world, "stop z") if "z" not in deeds else None
    for deed in deeds.split(", "):
        act(world, deed)
    world.settle()
    assert (living(world), started(world)) == (alive, starts), otp


def test_child_adm(world: World) -> None:
    grow_dynamic(world, "x", max_children=2)
    number = world.node("top").address.id
    taken = world.spawn(one("x"), number)
    assert taken == [NotSpawned(name="top/x", cause="", taken=True)]
    failing = world.spawn(one("y!"), number)
    world.fail("top/y")
    assert isinstance(failing[0], NotSpawned)
    assert living(world) == "x", "a first start that fails is not tried again"
    world.spawn(one("y"), number)
    world.settle()
    refused = world.spawn(one("z"), number)
    assert isinstance(refused[0], NotSpawned)
    assert "2 children already (max_children)" in refused[0].cause
    act(world, "stop x")
    world.settle()
    world.spawn(one("x"), number)
    world.settle()
    assert living(world) == "y x"


# significant children (``significant_*`` and ``auto_shutdown_*``, from OTP 24 on)

NEVER, ANY, EVERY = AutoShutdown


def significant(auto_shutdown: AutoShutdown, strategy: Strategy, *children: str) -> Blueprint:
    """Below a permanent actor's sibling: a supervisor whose marked children are significant."""
    below = [one(name.rstrip("*"), significant=name.endswith("*")) for name in children]
    inner = supervisor("inner", strategy, *below, auto_shutdown=auto_shutdown)
    return supervisor("top", ONE, inner, one("z!"))


@pytest.mark.parametrize(
    ("auto_shutdown", "strategy", "children", "deeds", "alive"),
    [
        (NEVER, ONE, "a* b*", "leave a, leave b", "inner z"),
        (ANY, ONE, "a* b", "leave a", "z"),
        (ANY, ONE, "a* b", "leave b", "inner inner/a z"),
        (ANY, ONE, "a* b", "crash a", "inner inner/a inner/b z"),
        (ANY, ONE, "a?* b", "crash a", "z"),
        (ANY, ONE, "a* b", "stop a", "inner inner/b z"),
        (ANY, ALL, "a b?*", "crash a", "inner inner/a z"),
        (EVERY, ONE, "a* b* c", "leave a", "inner inner/b inner/c z"),
        (EVERY, ONE, "a* b* c", "leave a, leave b", "z"),
        (EVERY, ONE, "a* b* c", "leave a, stop b", "inner inner/c z"),
        (EVERY, ONE, "a* b* c", "stop b, leave a", "z"),
        (EVERY, ONE, "a* b?* c", "leave c, crash b", "inner inner/a z"),
        (EVERY, REST, "a b?* c*", "crash a, leave c", "z"),
    ],
)
def test_a_supervisor_ends_with_its_significant_children(
    world: World, auto_shutdown: AutoShutdown, strategy: Strategy, children: str, deeds: str, alive: str
) -> None:
    grow(world, significant(auto_shutdown, strategy, *children.split()))
    for deed in deeds.split(", "):
        verb, _, name = deed.partition(" ")
        act(world, f"{verb} inner/{name}")
    world.settle()
    assert living(world) == alive


def test_significant_children_end_one_supervisor_after_the_other(world: World) -> None:
    inner = supervisor("inner", ONE, one("a", significant=True), auto_shutdown=ANY, significant=True)
    grow(world, supervisor("top", ONE, inner, one("z"), auto_shutdown=EVERY))
    act(world, "leave inner/a")
    world.settle()
    assert world.states() == {}
    ends = {event.actor.path: event.reason for event in world.events if isinstance(event, ActorStopped)}
    assert ends["top"].end is End.NORMAL
    assert "top/inner has ended" in str(ends["top"])


def test_a_permanent_supervisor_is_restarted_after_its_significant_child_has_ended_it(world: World) -> None:
    inner = supervisor(
        "inner", ONE, one("a", significant=True), one("b"), auto_shutdown=ANY, restart=Restart.PERMANENT
    )
    grow(world, supervisor("top", ONE, inner))
    act(world, "leave inner/a")
    world.settle()
    assert living(world) == "inner inner/b", "who is gone for good does not come back"
