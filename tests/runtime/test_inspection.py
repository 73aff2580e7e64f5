"""The status of an actor: seen without asking it, in whatever state it is."""

from __future__ import annotations

import os
import signal

import pytest

from actors import Actor, ActorState, ActorStatus, ActorSystem, Mailbox, Supervisor, child
from actors.events import GuardianRestarted
from support import household
from support.cast import Add, Hold, Pid, Player


class Sender(Actor):
    """Tells its partner more than goes into a pipe."""

    def receive(self, message: object) -> None:
        partner = self.context.find("partner")
        for number in range(20_000):
            partner.tell(Add(number=number))


def test_an_idle_actor_is_running_and_nothing_waits(system: ActorSystem) -> None:
    player = system.spawn(Player)
    pid = player.ask(Pid())
    while system.status(player).busy:  # for the moment after its reply
        pass
    assert system.status(player) == ActorStatus(state=ActorState.RUNNING, pid=pid)


@pytest.mark.parametrize("bound", [0, 10])
def test_a_busy_actor_shows_what_waits(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox, bound: int
) -> None:
    player = system.spawn(child(Player).options(mailbox_size=bound))
    player.tell(Hold(taken=mailbox.address, release=gate.address))
    pid = mailbox.get(timeout=20)
    before = system.status(player)
    assert (before.pid, before.busy, before.messages) == (pid, True, 1 if bound else None)
    for number in range(5):
        player.tell(Add(number=number))
    after = system.status(player)
    assert after.waiting > before.waiting > 0
    assert after.messages == (6 if bound else None)
    gate.put("go")
    player.ask(Pid())
    assert system.status(player).waiting < before.waiting + 1_000


def test_what_an_actor_could_not_hand_over_is_seen(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    partner, sender = system.spawn(Player, name="partner"), system.spawn(Sender)
    partner.tell(Hold(taken=mailbox.address, release=gate.address))
    mailbox.get(timeout=20)
    assert sender.ask("send", timeout=30) is None
    assert system.status(sender).unsent > 10_000
    gate.put("go")


def test_one_that_waits_for_its_restart_is_seen_to(system: ActorSystem) -> None:
    player = household.waiting(system)
    player.tell(Add(number=1))
    status = system.status(player)
    assert (status.state, status.pid, status.busy) == (ActorState.RESTARTING, None, False)
    assert status.waiting > 0


def test_who_is_gone_is_seen_to_be(system: ActorSystem) -> None:
    player, supervisor = system.spawn(Player), system.spawn(Supervisor)
    assert system.status(supervisor) == ActorStatus(state=ActorState.RUNNING)
    for actor in (player, supervisor):
        actor.stop()
        actor.join()
        assert system.status(actor) == ActorStatus(state=ActorState.GONE)


def test_while_a_guardian_is_replaced_its_actors_are_being_restarted() -> None:
    with ActorSystem("replaced", handle_signals=False) as system, system.events() as events:
        player = system.spawn(Player)
        os.kill(system.guardian_pid, signal.SIGKILL)
        seen = {system.status(player).state}
        while not isinstance(events.next(timeout=0), GuardianRestarted):
            seen.add(system.status(player).state)
        player.ask(Pid(), timeout=30)
        assert seen <= {ActorState.RUNNING, ActorState.STARTING, ActorState.RESTARTING}
        assert ActorState.RESTARTING in seen
        assert system.status(player).state is ActorState.RUNNING
