"""A restart on command: in order, alone and uncounted."""

from __future__ import annotations

from actors import ActorSystem, End, Mailbox, Supervisor, child
from actors.events import ActorCrashed, ActorRestarted, DeadLetter
from support import household
from support.cast import Add, Diarist, Hold, Numbers, Pid, Player


def test_an_actor_is_another_one_and_its_waiting_mail_is_kept(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    family = child(Supervisor, child(Player).options(name="one"), child(Player).options(name="two"))
    system.spawn(family, name="family")
    one, two = system.ref("family/one"), system.ref("family/two")
    pids, events = [one.ask(Pid()), two.ask(Pid())], system.events()
    one.tell(Add(number=1))
    one.tell(Hold(taken=mailbox.address, release=gate.address))
    mailbox.get(timeout=20)
    one.tell(Add(number=2))
    one.restart()
    system.children()  # the guardian has heard both
    gate.put("go")
    again = next(event for event in events if isinstance(event, ActorRestarted))
    assert again.actor == one
    assert one.ask(Numbers()) == [2]
    assert [one.ask(Pid()) == pids[0], two.ask(Pid()) == pids[1]] == [False, True]
    assert [why.end for why in system.exits("family/one")] == [End.SHUTDOWN]
    system.stop()
    assert not [event for event in events if isinstance(event, ActorCrashed | DeadLetter)]


def test_it_stops_in_order_and_does_not_count(system: ActorSystem, mailbox: Mailbox) -> None:
    diarist = child(Diarist, "one", mailbox.address).options(name="one")
    system.spawn(child(Supervisor, diarist, max_restarts=0), name="family")
    told = [mailbox.get(timeout=20)]
    with system.events() as events:
        for _ in range(3):
            system.ref("family/one").restart()
            next(event for event in events if isinstance(event, ActorRestarted))
            told += [mailbox.get(timeout=20) for _ in "12"]
    assert told == ["one starts", *["one stops: shutdown", "one starts"] * 3]


def test_a_supervisor_starts_its_children_anew(system: ActorSystem) -> None:
    inner = child(Supervisor, child(Player).options(name="one")).options(name="inner")
    system.spawn(child(Supervisor, inner), name="outer")
    one = system.ref("outer/inner/one")
    pid, events = one.ask(Pid()), system.events()
    system.ref("outer").restart()
    while next(event for event in events if isinstance(event, ActorRestarted)).actor.path != "outer":
        pass
    assert one.ask(Pid()) != pid


def test_who_waits_for_its_restart_waits_no_longer(system: ActorSystem) -> None:
    player = household.waiting(system)
    player.restart()
    assert player.ask(Numbers(), timeout=20) == []


def test_who_is_gone_stays_so(system: ActorSystem) -> None:
    player = system.spawn(Player)
    player.stop()
    player.join()
    player.restart()
    assert system.children() == []
