"""Promise 8: a reference is an address, for ever that of the same actor."""

import os
import pickle
import signal

import pytest

from actors import ActorStopped, ActorSystem, NameTaken, NoSuchActor, child
from actors.core.errors import UnboundRef
from support.cast import Add, AskFor, Numbers, Pid, Player


def test_a_reference_travels_and_still_names_the_same_actor(system: ActorSystem) -> None:
    player, messenger = system.spawn(child(Player)), system.spawn(child(Player))
    assert messenger.ask(AskFor(other=player, question=Pid())) == player.ask(Pid())


def test_references_to_one_actor_are_equal_however_they_were_come_by(system: ActorSystem) -> None:
    player = system.spawn(child(Player), name="one")
    assert system.ref("one") == player
    assert len({system.ref("one"), player}) == 1
    assert system.names() == ["one"]


def test_a_reference_stays_valid_across_restarts(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    first = player.ask(Pid())
    os.kill(first, signal.SIGKILL)
    assert player.ask(Pid(), timeout=10) != first


def test_a_reference_never_reaches_a_later_actor_of_the_same_name(system: ActorSystem) -> None:
    old = system.spawn(child(Player), name="name")
    old.stop()
    assert old.join(10)
    new = system.spawn(child(Player), name="name")
    assert new != old
    old.tell(Add(number=1))
    with pytest.raises(ActorStopped):
        old.ask(Numbers())
    assert new.ask(Numbers()) == []


def test_a_name_belongs_to_one_actor_at_a_time(system: ActorSystem) -> None:
    system.spawn(child(Player), name="taken")
    with pytest.raises(NameTaken, match="'taken'"):
        system.spawn(child(Player), name="taken")
    with pytest.raises(NoSuchActor, match="there are: taken"):
        system.ref("free")


@pytest.mark.parametrize("name", ["", "a/b", "x" * 300, " x", ".."])
def test_a_name_that_cannot_be_one_is_refused_at_once(system: ActorSystem, name: str) -> None:
    with pytest.raises(ValueError, match="cannot name an actor"):
        system.spawn(child(Player), name=name)


def test_a_pickled_reference_says_why_it_reaches_nobody(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    copy = pickle.loads(pickle.dumps(player))
    assert copy == player
    with pytest.raises(UnboundRef, match="not by pickle"):
        copy.tell(Add(number=1))
