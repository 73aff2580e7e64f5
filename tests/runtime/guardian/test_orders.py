"""Who is stopped and started with whom, and in which order, against naive models."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.core.events import ActorStarted
from actors.core.strategy import Strategy
from actors.core.terms import Restart
from support.world import World, actor, new_world, supervisor

children = st.lists(st.sampled_from(Restart), min_size=1, max_size=5)
newcomers = st.lists(st.sampled_from(Restart), max_size=3)
chances = st.integers(0, 100)


def raise_family(
    world: World, strategy: Strategy, declared: list[Restart], dynamic: list[Restart]
) -> dict[str, Restart]:
    """A supervisor ``top`` with declared and dynamic children; who they are, in order."""
    names = [f"top/{letter}" for letter in "abcdexyz"]
    here = dict(zip(names, declared, strict=False)) | dict(zip(names[5:], dynamic, strict=False))
    own = [actor(path[4:], restart) for path, restart in list(here.items())[: len(declared)]]
    world.spawn(supervisor("top", strategy, *own))
    world.settle()
    for path, restart in list(here.items())[len(declared) :]:
        world.spawn(actor(path[4:], restart), world.node("top").address.id)
    world.settle()
    world.events.clear()
    return here


@settings(max_examples=50)
@given(st.sampled_from(Strategy), children, newcomers, chances)
def test_a_group_goes_down_in_reverse_and_comes_up_in_order_without_its_temporary_ones(
    strategy: Strategy, declared: list[Restart], dynamic: list[Restart], chance: int
) -> None:
    with new_world() as world:
        here = raise_family(world, strategy, declared, dynamic)
        everybody = list(here)
        which = chance % len(everybody)
        fallen = everybody[which]
        world.crash(fallen)
        world.settle()
        group = {
            Strategy.ONE_FOR_ONE: [fallen],
            Strategy.ONE_FOR_ALL: everybody,
            Strategy.REST_FOR_ONE: everybody[which:],
        }[strategy]
        if here[fallen] is Restart.TEMPORARY:
            group = []
        back = [path for path in group if here[path] is not Restart.TEMPORARY]
        assert world.stops == [path for path in reversed(group) if path != fallen]
        assert [event.actor.path for event in world.events if isinstance(event, ActorStarted)] == back
        gone = {fallen, *group} - set(back)
        assert world.running() == ["top", *(path for path in everybody if path not in gone)]
        world.check()


@settings(max_examples=50)
@given(children, newcomers, st.booleans())
def test_dynamic_children_stop_together_and_then_the_declared_ones_in_reverse(
    declared: list[Restart], dynamic: list[Restart], system: bool
) -> None:
    with new_world() as world:
        here = list(raise_family(world, Strategy.ONE_FOR_ONE, declared, dynamic))
        own, others = here[: len(declared)], here[len(declared) :]
        world.tree.stop_everything(lambda: None) if system else world.stop("top")
        if others:
            assert world.stops == others, "all at once"
            for path in reversed(others):
                world.obey(path)
        for path in reversed(own):
            assert world.stops[-1] == path
            assert world.puppet(path).is_told_to_stop
            world.obey(path)
        assert world.stops == others + own[::-1]
        assert world.states() == {}
