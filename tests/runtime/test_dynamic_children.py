"""Children that are spawned below a running supervisor, and supervisors that end with a child."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from actors import (
    Actor,
    ActorRef,
    ActorStopped,
    ActorSystem,
    AutoShutdown,
    End,
    Mailbox,
    NameTaken,
    Restart,
    StartError,
    Supervisor,
    child,
)
from support.cast import Die, Pid, Player

CROWD = 50


class Leaver(Player):
    def receive(self, message: Any) -> Any:
        if message == "leave":
            return self.context.stop()
        return super().receive(message)


def spawn_family(system: ActorSystem) -> ActorRef:
    declared = child(Leaver).options(name="declared")
    return system.spawn(child(Supervisor, declared, max_restarts=1, within=1_000), name="family")


def test_a_loop_goes_on_while_it_spawns_below_a_supervisor(system: ActorSystem) -> None:
    family = spawn_family(system)

    async def main() -> list[ActorRef]:
        return await asyncio.gather(*(family.spawn_async(Player, name=name) for name in ("one", "two")))

    assert paths(asyncio.run(main())) == ["family/one", "family/two"]
    with pytest.raises(NameTaken):
        asyncio.run(family.spawn_async(Player, name="one"))


def paths(refs: list[ActorRef]) -> list[str]:
    return [ref.path for ref in refs]


def test_they_are_children_like_others_until_the_supervisor_is_restarted(system: ActorSystem) -> None:
    family = spawn_family(system)
    one = family.spawn(Player, name="one")
    two = family.spawn(child(Player, 1, 2).options(name="two"))
    assert paths(family.children()) == ["family/declared", "family/one", "family/two"]
    with pytest.raises(NameTaken):
        family.spawn(Player, name="one")
    pid = one.ask(Pid())
    os.kill(pid, 9)
    assert one.ask(Pid(), timeout=20) != pid
    declared = system.ref("family/declared")
    os.kill(declared.ask(Pid()), 9)
    assert declared.ask(Pid(), timeout=20)
    assert one.join(20)
    assert two.join(20)
    assert paths(family.children()) == ["family/declared"]


def test_there_may_be_only_so_many(system: ActorSystem) -> None:
    family = system.spawn(child(Supervisor, child(Player).options(name="a"), max_children=2), name="family")
    second = family.spawn(Player, name="b")
    with pytest.raises(StartError, match=r"family has 2 children already \(max_children\)"):
        family.spawn(Player, name="c")
    second.stop()
    second.join(10)
    assert family.spawn(Player, name="c").path == "family/c"


def test_below_an_actor_only_that_actor_can_spawn(system: ActorSystem) -> None:
    player = system.spawn(Player, name="player")
    with pytest.raises(StartError, match=r"player is an actor, which spawns its children itself"):
        player.spawn(Player, name="child")
    assert system.names() == ["player"]


def test_below_one_that_is_gone_nothing_can_be_spawned(system: ActorSystem) -> None:
    family = spawn_family(system)
    family.stop()
    family.join(10)
    with pytest.raises((StartError, ActorStopped)):
        family.spawn(Player, name="late")


class Slow(Actor):
    """Takes its time to stop: until somebody opens the gate."""

    def __init__(self, diary: str, gate: Path) -> None:
        self.diary = Mailbox.attach(diary)
        self.gate = gate

    def on_stop(self, reason: object) -> None:
        self.diary.put("stopping")
        os.close(os.open(self.gate, os.O_RDONLY))


def test_a_crowd_of_them_stops_together(system: ActorSystem, tmp_path: Path, mailbox: Mailbox) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    crowd = system.spawn(Supervisor, name="crowd")
    slow = child(Slow, mailbox.address, gate).options(restart=Restart.TEMPORARY, shutdown=50.0)
    for number in range(CROWD):
        crowd.spawn(slow, name=f"{number}")
    crowd.stop()
    assert [mailbox.get(timeout=20) for _ in range(CROWD)] == ["stopping"] * CROWD
    assert not crowd.join(0)
    opened = os.open(gate, os.O_WRONLY)
    assert crowd.join(20)
    os.close(opened)
    assert system.names() == []


@pytest.mark.parametrize("end", ["leave", "die"])
def test_a_supervisor_ends_with_its_significant_child_and_takes_the_others_along(
    system: ActorSystem, end: str
) -> None:
    main = child(Leaver).options(name="main", significant=True, restart=Restart.TEMPORARY)
    other = child(Player).options(name="other")
    family = child(Supervisor, other, main, auto_shutdown=AutoShutdown.ANY_SIGNIFICANT)
    ref = system.spawn(family, name="family")
    system.ref("family/main").tell("leave" if end == "leave" else Die(how="kill"))
    assert ref.join(20)
    assert system.names() == []
    assert system.exits("family/other")[-1].end is End.SHUTDOWN
    assert str(system.exits("family")[-1]) == "its significant child family/main has ended"
