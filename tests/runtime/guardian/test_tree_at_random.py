"""The supervision tree under every sequence of events that Hypothesis can think of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from actors.core.protocol import Blueprint
from actors.core.reason import NORMAL
from actors.core.strategy import Strategy
from actors.core.terms import Restart
from support.world import World, actor, new_world, supervisor

restarts = st.sampled_from(Restart)
strategies = st.sampled_from(Strategy)


@st.composite
def families(draw: st.DrawFn, name: str, depth: int = 2) -> Blueprint:
    """A supervisor with children, some of which may be supervisors."""
    children: list[Blueprint] = []
    for below in "abc"[: draw(st.integers(0, 3))]:
        nested = depth and draw(st.booleans())
        children.append(draw(families(below, depth - 1)) if nested else actor(below, draw(restarts)))
    limit = draw(st.sampled_from([0, 1, 2, 1_000]))
    return supervisor(name, draw(strategies), *children, limit=limit, restart=draw(restarts))


def deeds(world: World) -> list[Callable[[], object]]:
    """All that could happen next."""
    possible: list[Callable[[], object]] = [world.tick] if world.at_once else []
    for puppet in world.puppets:
        if not puppet.is_alive:
            possible.append(partial(world.notice, puppet))
            continue
        possible.append(puppet.kill)
        if not puppet.has_started:
            possible += [puppet.start, partial(world.fail, puppet.path)]
        else:
            possible.append(partial(puppet.end, NORMAL))
            possible.append(
                partial(world.spawn, actor(f"x{len(world.spawns)}"), puppet.assignment.address.id)
            )
        if puppet.is_told_to_stop:
            possible.append(partial(world.obey, puppet.path))
    possible += [partial(world.stop, path) for path in world.states()]
    possible += [partial(world.stop, path, kill=True) for path in world.states()]
    return possible


@given(families("one"), families("two"), st.lists(st.integers(0, 10**6), max_size=40))
def test_whatever_happens_the_tree_comes_to_rest_with_all_of_its_parts_alive(
    one: Blueprint, two: Blueprint, chances: list[int]
) -> None:
    with new_world() as world:
        world.spawn(one)
        world.spawn(two)
        for chance in chances:
            possible = deeds(world)
            if possible:
                possible[chance % len(possible)]()
        world.settle()
        world.check()
