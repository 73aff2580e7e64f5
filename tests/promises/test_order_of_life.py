"""Promise 12: starts in order, stops in reverse, and a bound for every stop."""

import os
import signal

import pytest

from actors import Actor, ActorRef, ActorSystem, Mailbox, StartError, child
from support.cast import Diarist, Player


class Parent(Diarist):
    """Has children of its own."""

    def __init__(self, name: str, diary: str) -> None:
        super().__init__(name, diary)
        self.address = diary

    def receive(self, message: object) -> ActorRef | None:
        if message == "child":
            return self.context.spawn(child(Diarist, "child", self.address), name="child")
        super().receive(message)
        return None


class Frozen(Actor):
    """Never starts."""

    def on_start(self) -> None:
        signal.pause()


def test_actors_stop_in_reverse_order_with_their_hooks_run(mailbox: Mailbox) -> None:
    with ActorSystem("order") as system:
        for name in "abc":
            system.spawn(child(Diarist, name, mailbox.address))
    story = [mailbox.get(timeout=10) for _ in range(6)]
    assert story[3:] == ["c stops: shutdown", "b stops: shutdown", "a stops: shutdown"]


def test_children_stop_before_their_parent(system: ActorSystem, mailbox: Mailbox) -> None:
    parent = system.spawn(child(Parent, "parent", mailbox.address), name="parent")
    below: ActorRef = parent.ask("child")
    assert below.path == "parent/child"
    parent.stop()
    assert parent.join(10)
    story = [mailbox.get(timeout=10) for _ in range(4)]
    assert story[2:] == ["child stops: shutdown", "parent stops: shutdown"]


def test_children_of_a_crashed_parent_stop_before_it_starts_again(
    system: ActorSystem, mailbox: Mailbox
) -> None:
    parent = system.spawn(child(Parent, "parent", mailbox.address), name="parent")
    below: ActorRef = parent.ask("child")
    parent.tell(b"")
    assert [mailbox.get(timeout=10) for _ in range(3)][2] == "parent b''"
    pid = system.pid(parent)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert [mailbox.get(timeout=10) for _ in range(2)] == ["child stops: shutdown", "parent starts"]
    assert below.join(10)


def test_an_actor_that_will_not_stop_is_ended_by_its_budget(mailbox: Mailbox) -> None:
    with ActorSystem("stubborn") as system:
        spec = child(Diarist, "stubborn", mailbox.address, slow_stop=True).options(shutdown=0.1)
        ref = system.spawn(spec)
        ref.stop()
        assert ref.join(10)


def test_a_start_that_takes_too_long_is_a_failed_start(system: ActorSystem) -> None:
    with pytest.raises(StartError, match=r"had not started after 0\.2 s"):
        system.spawn(child(Frozen).options(start_timeout=0.2), name="frozen")
    assert system.names() == []


def test_a_start_that_raises_brings_its_traceback(system: ActorSystem, mailbox: Mailbox) -> None:
    with pytest.raises(StartError, match=r"on_start(.|\n)*RuntimeError: no start today"):
        system.spawn(child(Diarist, "x", mailbox.address, bad_start=True))


def test_a_killed_actor_is_gone_without_its_hook(system: ActorSystem, mailbox: Mailbox) -> None:
    ref = system.spawn(child(Diarist, "victim", mailbox.address))
    ref.kill()
    assert ref.join(10)
    assert mailbox.get(timeout=10) == "victim starts"
    assert mailbox.empty()


def test_joining_a_living_actor_takes_no_longer_than_it_may(system: ActorSystem) -> None:
    assert not system.spawn(child(Player)).join(0.01)
