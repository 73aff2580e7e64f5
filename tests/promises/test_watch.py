"""Promise 11: one `Terminated` for each watched actor, at its end, after all else, and only then."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from actors import (
    Actor,
    ActorCrashed,
    ActorRef,
    ActorSystem,
    HandlerError,
    Mailbox,
    MailboxFull,
    Message,
    Restart,
    Supervisor,
    Terminated,
    child,
)
from actors.core.errors import NoSuchActor
from actors.core.reason import End
from support.cast import Die, Hold, Pid, Player, hold


class Watch(Message):
    ref: ActorRef


class Unwatch(Message):
    ref: ActorRef


class Watcher(Actor):
    """Watches, and remembers what it gets."""

    def __init__(self, *watched: ActorRef) -> None:
        self.watched = watched
        self.seen: list[Any] = []

    def on_start(self) -> None:
        for ref in self.watched:
            self.context.watch(ref)

    def receive(self, message: Any) -> Any:
        match message:
            case Watch(ref=ref):
                self.context.watch(ref)
            case Unwatch(ref=ref):
                self.context.unwatch(ref)
            case "seen":
                return self.seen
            case Pid():
                return os.getpid()
            case Hold(taken=taken, release=release):
                return hold(taken, release)
            case Terminated(ref=ref):
                with suppress(NoSuchActor):
                    self.seen.append(f"{self.context.find(ref.path)} still has its name")
                self.seen.append(message)
            case _:
                self.seen.append(message)
        return None


class Talker(Actor):
    """Says much to another, and then ends in some way."""

    def __init__(self, to: list[ActorRef]) -> None:
        self.to = to

    def receive(self, message: Any) -> None:
        for number in range(300):
            self.to[0].tell(number)
        if message == "stop":
            self.context.stop()
        else:
            os.kill(os.getpid(), signal.SIGKILL)


def settled(system: ActorSystem) -> None:
    """Return when the guardian has done all that it had to do before this."""
    system.children()


def ends(seen: list[Any]) -> list[tuple[str, End]]:
    return [(one.ref.path, one.reason.end) for one in seen if isinstance(one, Terminated)]


def stop(ref: ActorRef) -> None:
    ref.stop()


def kill(ref: ActorRef) -> None:
    ref.kill()


@pytest.mark.parametrize("how", [stop, kill])
def test_a_watcher_is_told_once_when_an_actor_is_gone_and_its_name_free(
    system: ActorSystem, how: Callable[[ActorRef], None]
) -> None:
    player = system.spawn(Player, name="player")
    watcher = system.spawn(child(Watcher, player))
    watcher.ask(Watch(ref=player))
    how(player)
    player.join(10)
    settled(system)
    (told,) = watcher.ask("seen")
    assert (told.ref, told.reason.end) == (player, End.SHUTDOWN)
    assert told.ref.path == "player"


@pytest.mark.parametrize("how", ["stop", "die"])
def test_it_is_told_after_everything_that_the_actor_had_sent(system: ActorSystem, how: str) -> None:
    watcher = system.spawn(Watcher)
    talker = system.spawn(child(Talker, [watcher]).options(restart=Restart.TEMPORARY), name="talker")
    watcher.ask(Watch(ref=talker))
    talker.tell(how)
    talker.join(10)
    settled(system)
    *numbers, told = watcher.ask("seen")
    assert numbers == list(range(300))
    assert isinstance(told, Terminated)
    assert told.reason.end is (End.NORMAL if how == "stop" else End.SIGNAL)


def test_it_is_not_told_at_a_restart(system: ActorSystem) -> None:
    player = system.spawn(Player, name="player")
    watcher = system.spawn(child(Watcher, player))
    for _ in range(3):
        with suppress(ActorCrashed):
            player.ask(Die(how="kill"))
    player.ask(Pid())
    settled(system)
    assert watcher.ask("seen") == []
    player.stop()
    player.join(10)
    settled(system)
    assert ends(watcher.ask("seen")) == [("player", End.SHUTDOWN)]


def test_it_is_told_at_once_if_the_actor_is_gone_already_and_why(system: ActorSystem) -> None:
    player = system.spawn(child(Player).options(restart=Restart.TEMPORARY), name="player")
    with suppress(ActorCrashed):
        player.ask(Die(how="abort"))
    player.join(10)
    watcher = system.spawn(child(Watcher, player))
    settled(system)
    (told,) = watcher.ask("seen")
    assert (told.ref, told.reason.end, told.reason.code) == (player, End.SIGNAL, signal.SIGABRT)


def test_what_a_later_actor_of_the_name_comes_to_is_not_told_of_the_one_before(system: ActorSystem) -> None:
    first = system.spawn(Player, name="player")
    first.stop()
    first.join(10)
    second = system.spawn(Player, name="player")
    with suppress(ActorCrashed):
        second.ask(Die(how="abort"))
    watcher = system.spawn(child(Watcher, first))
    settled(system)
    assert ends(watcher.ask("seen")) == [("player", End.SHUTDOWN)]


def test_a_watch_ends_with_the_incarnation_that_watches(system: ActorSystem) -> None:
    player, other = system.spawn(Player, name="player"), system.spawn(Player, name="other")
    watcher = system.spawn(child(Watcher, other))
    watcher.ask(Watch(ref=player))
    os.kill(watcher.ask(Pid()), signal.SIGKILL)
    watcher.ask("seen", timeout=20)
    for ref in (player, other):
        ref.stop()
        ref.join(10)
    settled(system)
    assert ends(watcher.ask("seen")) == [("other", End.SHUTDOWN)], "that it watches again from on_start"


def test_one_can_stop_watching(system: ActorSystem) -> None:
    player = system.spawn(Player)
    watcher = system.spawn(child(Watcher, player))
    watcher.ask(Unwatch(ref=player))
    player.stop()
    player.join(10)
    settled(system)
    assert watcher.ask("seen") == []


def test_a_full_mailbox_keeps_no_news_of_an_end_out(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    player = system.spawn(Player, name="player")
    watcher = system.spawn(child(Watcher, player).options(mailbox_size=2))
    held = watcher.ask_future(Hold(taken=mailbox.address, release=gate.address), timeout=30)
    mailbox.get(timeout=20)
    with suppress(MailboxFull):
        for number in range(10):
            watcher.tell(number)
    player.stop()
    player.join(10)
    settled(system)
    gate.put("go")
    assert held.result(20) == "go"
    *numbers, told = watcher.ask("seen", timeout=20)
    assert 0 < len(numbers) <= 2
    assert told.ref == player


def test_news_of_ends_raise_the_bound_of_a_full_mailbox_for_nobody(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    players = [system.spawn(Player) for _ in range(3)]
    watcher = system.spawn(child(Watcher, *players).options(mailbox_size=2))
    held = Hold(taken=mailbox.address, release=gate.address)
    for _ in range(2):  # the first is in hand, the other waits
        watcher.tell(held, timeout=20)
    mailbox.get(timeout=20)
    for player in players:
        player.stop()
        player.join(10)
    settled(system)
    gate.put("go")
    mailbox.get(timeout=20)
    watcher.tell(held)
    gate.put("go")
    mailbox.get(timeout=20)  # all the news has been handled; the last has one of the two places
    watcher.tell("fits")
    with pytest.raises(MailboxFull):
        watcher.tell("does not fit")
    gate.put("go")
    *news, last = watcher.ask("seen", timeout=20)
    assert {one.ref for one in news} == set(players)
    assert last == "fits"


def test_the_end_of_one_that_was_restarted_too_often_says_what_it_died_of(system: ActorSystem) -> None:
    family = system.spawn(
        child(Supervisor, child(Player).options(name="player"), max_restarts=0).options(
            restart=Restart.TEMPORARY
        ),
        name="family",
    )
    player = system.ref("family/player")
    watcher = system.spawn(child(Watcher, family, player))
    with pytest.raises(HandlerError):
        player.ask(Die(how="exception"))
    family.join(10)
    settled(system)
    seen = watcher.ask("seen")
    assert [one.ref for one in seen] == [player, family]
    assert seen[1].reason.end is End.GAVE_UP
    assert "at last family/player: RuntimeError: the test said so" in str(seen[1].reason)


def test_who_has_waited_for_an_end_finds_its_watchers_told(system: ActorSystem) -> None:
    for count in range(1, 21):
        player = system.spawn(Player)
        watcher = system.spawn(child(Watcher, player))
        watcher.ask("seen")
        player.stop()
        assert player.join(20)
        assert len(watcher.ask("seen")) == 1, f"the end of player {count}"


def test_actors_of_other_systems_can_be_watched(system: ActorSystem) -> None:
    with ActorSystem("other") as other:
        player = other.spawn(Player, name="player")
        watcher = system.spawn(child(Watcher, player))
        watcher.ask("seen")
        player.stop()
        player.join(10)
        settled(other)
        assert ends(watcher.ask("seen")) == [("player", End.SHUTDOWN)]
        watcher.ask(Watch(ref=player))
        watcher.ask(Watch(ref=player))
        settled(other)
        assert len(ends(watcher.ask("seen"))) == 3, "it is gone already, each time"
