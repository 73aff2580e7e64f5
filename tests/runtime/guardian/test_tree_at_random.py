"""The supervision tree under every sequence of events that Hypothesis can think of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors.core.message import changed
from actors.core.protocol import Blueprint
from actors.core.reason import NORMAL
from actors.core.strategy import AutoShutdown, Strategy
from actors.core.terms import Restart
from support.world import BRIEF, RECYCLED, World, actor, new_world, supervisor

restarts = st.sampled_from(Restart)
strategies = st.sampled_from(Strategy)
endings = st.sampled_from(AutoShutdown)


@st.composite
def terms(draw: st.DrawFn) -> dict[str, Any]:
    restart = draw(restarts)
    return {
        "restart": restart,
        "significant": restart is not Restart.PERMANENT and draw(st.booleans()),
        "backoff": draw(st.sampled_from([None, BRIEF])),
        "handler_timeout": draw(st.sampled_from([None, 1.0])),
    }


@st.composite
def families(draw: st.DrawFn, name: str, depth: int = 2) -> Blueprint:
    """A supervisor with children, some of which may be supervisors."""
    children: list[Blueprint] = []
    for below in "abc"[: draw(st.integers(0, 3))]:
        nested = depth and draw(st.booleans())
        children.append(draw(families(below, depth - 1)) if nested else actor(below, **draw(terms())))
    return supervisor(
        name,
        draw(strategies),
        *children,
        limit=draw(st.sampled_from([0, 1, 2, 1_000])),
        auto_shutdown=draw(endings),
        max_children=draw(st.sampled_from([None, 3, 4])),
        **draw(terms()),
    )


actors = terms().map(lambda given: actor("x", **given))
newcomers = st.lists(st.one_of(actors, families("x", 0)).map(partial(changed, name=None)), max_size=4)


Deeds = list[Callable[[], object]]


def deeds(world: World, newcomers: list[Blueprint]) -> list[Deeds]:
    """All that could happen next, by kinds, each of which is as likely."""
    alive = [one for one in world.puppets if one.is_alive]
    nodes, started = list(world.nodes()), [one for one in alive if one.has_started]
    kinds: list[Deeds] = [
        [world.tick] if world.at_once else [],
        [world.cast] if world.castings else [],
        [world.wait_out] if world.backoffs else [],
        [world.run_out] if world.budgets else [],
        [partial(world.notice, one) for one in world.puppets if not one.is_alive],
        [one.kill for one in alive],
        [partial(one.end, NORMAL) for one in alive],
        [one.start for one in alive if not one.has_started],
        [partial(world.fail, one.path) for one in alive if not one.has_started],
        [partial(one.end, RECYCLED) for one in started],
        [one.take_up for one in started],
        [one.finish for one in started],
        [partial(world.obey, one.path) for one in alive if one.is_told_to_stop],
        [partial(world.watch, one, node.address) for one in alive for node in nodes],
        [partial(world.watch, one, address) for one in alive for address in world.gone()],
        [partial(world.unwatch, one, node.address) for one in alive for node in nodes],
        [partial(world.stop, node.path) for node in nodes],
        [partial(world.stop, node.path, kill=True) for node in nodes],
        [partial(world.renew, node.path) for node in nodes],
        [partial(world.spawn, one, node.address.id) for node in nodes for one in newcomers],
    ]
    return [kind for kind in kinds if kind]


chances = st.lists(st.integers(0, 10**6), max_size=40)


@given(families("one"), families("two"), newcomers, chances, st.booleans())
def test_whatever_happens_the_tree_comes_to_rest_with_all_of_its_parts_alive(
    one: Blueprint, two: Blueprint, newcomers: list[Blueprint], chances: list[int], late: bool
) -> None:
    with new_world() as world:
        world.processes_take_a_moment = late
        world.spawn(one)
        world.spawn(two)
        for chance in chances:
            kinds = deeds(world, newcomers)
            if kinds:
                which, kind = divmod(chance, len(kinds))
                kinds[kind][which % len(kinds[kind])]()
        world.settle()
        world.check()
