"""Actors that raise `Ignore` have nothing to do: they have started, and stopped normally."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actors import Actor, ActorStopped, ActorSystem, End, Ignore, Restart, Supervisor, child
from actors.events import ActorCrashed
from support.cast import Die, Pid, Player


class InConstructor(Actor):
    def __init__(self) -> None:
        raise Ignore("not today")


class InOnStart(Actor):
    def on_start(self) -> None:
        raise Ignore("not today")


class Asynchronous(Actor):
    async def on_start(self) -> None:
        raise Ignore("not today")


def test_one_that_declines_to_start_has_stopped_normally(system: ActorSystem) -> None:
    events = system.events()
    for actor in (InConstructor, InOnStart, Asynchronous):
        name = actor.__name__
        alone = system.spawn(actor, name=name)
        assert alone.join(10)
        with pytest.raises(ActorStopped):
            alone.ask("anything")
        (why,) = system.exits(name)
        assert (why.end, str(why)) == (End.NORMAL, "declined to start: not today")
    system.stop()
    assert not [event for event in events if isinstance(event, ActorCrashed)]


class Silently(Actor):
    def __init__(self) -> None:
        raise Ignore

    def receive(self, message: Any) -> Any:
        raise NotImplementedError


def test_one_that_declines_to_start_need_not_say_why(system: ActorSystem) -> None:
    assert system.spawn(Silently, name="silent").join(10)
    assert [str(why) for why in system.exits("silent")] == ["declined to start"]


def test_a_child_that_declines_fails_no_supervisor(system: ActorSystem) -> None:
    declines = child(InOnStart).options(name="declines", restart=Restart.PERMANENT)
    family = child(Supervisor, declines, child(Player).options(name="player"), max_restarts=0)
    ref = system.spawn(family, name="family")
    assert [one.path for one in ref.children()] == ["family/player"]
    assert system.exits("family/declines")[-1].end is End.NORMAL


class Once(Player):
    """Plays once, and declines to do so again."""

    def __init__(self, mark: Path) -> None:
        super().__init__()
        if mark.exists():
            raise Ignore("enough")
        mark.touch()


def test_one_that_declines_at_a_restart_is_gone_and_that_is_no_failure(
    system: ActorSystem, tmp_path: Path
) -> None:
    once: Any = child(Once, tmp_path / "mark")
    system.spawn(child(Supervisor, once.options(name="once"), max_restarts=1), name="family")
    ref = system.ref("family/once")
    ref.ask(Pid())
    ref.tell(Die(how="kill"))
    assert ref.join(20)
    assert system.names() == ["family"]
    assert [why.end for why in system.exits("family/once")] == [End.SIGNAL, End.NORMAL]
