"""What an application sees of its system: children, exits, events by callback, escalation."""

from __future__ import annotations

import os
import queue
import signal
from contextlib import suppress

import pytest

from actors import (
    Actor,
    ActorRef,
    ActorSystem,
    End,
    Escalation,
    MailboxFull,
    Restart,
    Supervisor,
    SystemStopped,
    child,
)
from actors.events import ActorCrashed, ActorRestarted, ActorStarted, Event, RestartLimitReached
from actors.runtime import log
from support.cast import Die, Pid, Player


def test_children_are_told_in_the_order_of_their_starts(system: ActorSystem) -> None:
    family = system.spawn(child(Supervisor, child(Player).options(name="declared")), name="family")
    player = system.spawn(child(Player))
    dynamic = family.spawn(child(Player), name="dynamic")
    assert system.children() == [family, player]
    assert family.children() == [system.ref("family/declared"), dynamic]
    dynamic.stop()
    assert dynamic.join(10)
    assert family.children() == [system.ref("family/declared")]


def test_the_last_twenty_exits_of_a_name_are_kept_also_when_it_is_free(system: ActorSystem) -> None:
    for how in ("segfault", *["exit"] * 19, "exception"):
        player = system.spawn(child(Player).options(restart=Restart.TEMPORARY), name="player")
        player.tell(Die(how=how))
        assert player.join(10)
    exits = system.exits("player")
    assert [why.end for why in exits] == [End.EXIT_CODE] * 19 + [End.EXCEPTION]
    assert exits[-1].in_hand == "support.cast:Die"
    assert system.exits(system.spawn(child(Player), name="player")) == exits
    assert system.exits("nobody") == []


def test_a_callback_gets_each_event_in_order_until_it_is_closed(system: ActorSystem) -> None:
    seen: queue.Queue[Event] = queue.Queue()
    with system.listen(seen.put):
        player = system.spawn(child(Player))
        player.tell(Die(how="kill"))
        events = [seen.get(timeout=10) for _ in range(4)]
        player.ask(Pid())
    assert [type(event) for event in events if not type(event).__name__.startswith("Dead")] == [
        ActorStarted,
        ActorCrashed,
        ActorRestarted,
    ]
    system.spawn(child(Player)).ask(Pid())
    assert seen.empty()


def test_a_callback_that_raises_is_called_again(system: ActorSystem) -> None:
    seen: queue.Queue[Event] = queue.Queue()

    def callback(event: Event) -> None:
        seen.put(event)
        raise ValueError("the test said so")

    with system.listen(callback):
        system.spawn(child(Player))
        system.spawn(child(Player))
        assert [type(seen.get(timeout=10)) for _ in range(2)] == [ActorStarted, ActorStarted]


@pytest.mark.parametrize("escalation", Escalation)
def test_what_the_root_gives_up_on_is_stopped_alone_or_with_the_system(
    monkeypatch: pytest.MonkeyPatch, escalation: Escalation
) -> None:
    monkeypatch.setenv(log.LEVEL, "critical")
    with ActorSystem("escalating", max_restarts=1, within=60.0, on_escalation=escalation) as system:
        other = system.spawn(child(Player))
        fallen = system.spawn(child(Player))
        with system.events() as events:
            for _ in range(2):
                fallen.tell(Die(how="kill"))
            while not isinstance(event := events.next(10), RestartLimitReached):
                assert event is not None
            assert event.actor == fallen
        if escalation is Escalation.STOP_BRANCH:
            assert fallen.join(10)
            assert other.ask(Pid())
        else:
            assert system.wait(10)
            with pytest.raises(SystemStopped, match="on_escalation"):
                other.ask(Pid())


class Flooder(Actor):
    """Tells the guardian, without end, what costs that more than it costs to tell."""

    def receive(self, message: ActorRef) -> None:
        while True:
            with suppress(MailboxFull):
                self.context.watch(message)


def test_an_actor_that_floods_the_guardian_keeps_nobody_from_being_restarted(system: ActorSystem) -> None:
    gone, player = system.spawn(Player), system.spawn(Player)
    gone.stop()
    assert gone.join(10)
    system.spawn(child(Flooder).options(shutdown=0.1)).tell(gone)
    for _ in range(3):
        pid = player.ask(Pid(), timeout=20)
        os.kill(pid, signal.SIGKILL)
        assert player.ask(Pid(), timeout=20) != pid
