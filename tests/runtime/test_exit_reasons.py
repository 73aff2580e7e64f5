"""Why an actor ended: each kind of end, with what is known of the life before it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from actors import Actor, ActorsError, ActorSystem, End, ExitReason, Restart, StartError, Supervisor, child
from actors.core.message import default_tag
from actors.events import ActorCrashed
from support.cast import Die, Pid, Player


class Leaver(Player):
    def receive(self, message: Any) -> Any:
        if message == "leave":
            return self.context.stop()
        return super().receive(message)


def last_exit(system: ActorSystem, path: str) -> ExitReason:
    return system.exits(path)[-1]


CRASHES = [
    ("exception", End.EXCEPTION, 0, "RuntimeError: the test said so", "raise RuntimeError"),
    ("exit", End.EXIT_CODE, 3, "its process exited with code 3", ""),
    ("_exit", End.EXIT_CODE, 0, "its process exited with code 0", ""),
    ("kill", End.SIGNAL, signal.SIGKILL, "killed by SIGKILL (perhaps out of memory)", ""),
    ("segfault", End.SIGNAL, signal.SIGSEGV, "killed by SIGSEGV", "in end"),
    ("abort", End.SIGNAL, signal.SIGABRT, "killed by SIGABRT", "in end"),
]


def test_a_crash_says_what_it_was_and_what_was_in_hand(system: ActorSystem) -> None:
    for how, end, code, text, seen in CRASHES:
        player = system.spawn(Player, name=how)
        for _ in range(2):
            with pytest.raises(ActorsError):
                player.ask(Die(how=how))
        player.ask(Pid())
        first, why = system.exits(how)
        assert (why.end, why.code, str(why)) == (end, code, text)
        assert seen in why.traceback
        assert bool(why.traceback) is bool(seen)
        assert why.in_hand == default_tag(Die)
        assert (first.restarts, why.restarts) == (0, 1)
        assert 0 < why.uptime < 60
        assert why.abnormal


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGUSR1, signal.SIGHUP])
def test_a_signal_that_an_actor_does_not_handle_ends_it_as_any_process(
    system: ActorSystem, number: signal.Signals
) -> None:
    player = system.spawn(Player, name="player")
    for _ in range(2):  # the second incarnation was a spare
        os.kill(player.ask(Pid()), number)
    player.ask(Pid())
    assert [why.code for why in system.exits("player")] == [number, number]


def test_an_end_that_somebody_wanted_says_who(system: ActorSystem) -> None:
    for path, end, text in (
        ("left", End.NORMAL, "stopped itself"),
        ("stopped", End.SHUTDOWN, "was told to stop"),
        ("killed", End.SHUTDOWN, "was killed on command"),
    ):
        leaver = system.spawn(Leaver, name=path)
        match path:
            case "left":
                leaver.ask("leave")
            case "stopped":
                leaver.stop()
            case _:
                leaver.kill()
        leaver.join(10)
        (why,) = system.exits(path)
        assert (why.end, str(why), why.in_hand, why.abnormal) == (end, text, "", False)


class Quitter(Player):
    """Fails at its stop, or is not done with it."""

    def on_stop(self, reason: ExitReason) -> None:
        if self.context.ref.path == "failing":
            raise OSError("nothing was saved")
        signal.pause()


def test_a_stop_that_fails_is_told_and_one_that_is_not_done_in_time_is_written_down(
    system: ActorSystem,
) -> None:
    with system.events() as events:
        for path, budget, end, text in (
            ("failing", 20.0, End.EXCEPTION, "OSError: nothing was saved"),
            ("slow", 0.1, End.SHUTDOWN, "was told to stop, and had not ended after 0.1 s (shutdown)"),
        ):
            quitter = system.spawn(child(Quitter).options(name=path, shutdown=budget))
            quitter.stop()
            assert quitter.join(10)
            (why,) = system.exits(path)
            assert (why.end, str(why)) == (end, text)
        told = [event for event in iter(lambda: events.next(0), None) if isinstance(event, ActorCrashed)]
    assert [(event.actor.path, event.reason.type) for event in told] == [("failing", "OSError")]


def test_a_supervisor_that_gave_up_says_why_though_it_is_there_again(system: ActorSystem) -> None:
    family = child(Supervisor, child(Player).options(name="player"), max_restarts=0)
    system.spawn(family, name="family")
    for count in range(1, 3):
        player = system.ref("family/player")
        with pytest.raises(ActorsError):
            player.ask(Die(how="exception"), timeout=20)
        assert player.ask(Pid(), timeout=20)
        whys = system.exits("family")
        assert [why.end for why in whys] == [End.GAVE_UP] * count
        assert "family/player: RuntimeError" in whys[-1].text


class Exiter(Actor):
    """Leaves by `sys.exit` with whatever it is told."""

    def receive(self, message: Any) -> None:
        sys.exit(message)


@pytest.mark.parametrize(
    ("code", "end", "kept"),
    [
        (None, End.NORMAL, 0),
        (0, End.NORMAL, 0),
        (256, End.NORMAL, 0),
        (7, End.EXIT_CODE, 7),
        (-1, End.EXIT_CODE, 255),
        (-9, End.EXIT_CODE, 247),
        ("words", End.EXIT_CODE, 1),
    ],
)
def test_an_exit_of_user_code_has_the_code_that_the_kernel_keeps(
    system: ActorSystem, code: Any, end: End, kept: int
) -> None:
    exiter = system.spawn(child(Exiter).options(name="exiter", restart=Restart.TEMPORARY))
    exiter.tell(code)
    assert exiter.join(10)
    (why,) = system.exits("exiter")
    assert (why.end, why.code) == (end, kept)
    assert str(why).endswith(": words") is (code == "words")


class Once(Actor):
    """Starts once, and never again."""

    def __init__(self, mark: Path) -> None:
        mark.touch(exist_ok=False)

    def receive(self, message: Any) -> None:
        raise ValueError(message)


def test_a_start_that_fails_says_why(system: ActorSystem, tmp_path: Path) -> None:
    once = child(Once, tmp_path / "mark")
    family = child(Supervisor, once.options(name="once"), max_restarts=2).options(restart=Restart.TEMPORARY)
    supervisor = system.spawn(family, name="family")
    system.ref("family/once").tell("boom")
    assert supervisor.join(20), "its child cannot be started again"
    crash, *failures = system.exits("family/once")
    assert (crash.end, crash.in_hand) == (End.EXCEPTION, "str")
    assert [why.end for why in failures] == [End.FAILED_START] * 2
    assert failures[-1].type == "FileExistsError"
    assert "mark.touch" in failures[-1].traceback
    with pytest.raises(StartError, match=r"(?s)Traceback.*mark\.touch.*FileExistsError"):
        system.spawn(once.options(name="again", restart=Restart.PERMANENT))
    assert "again" not in system.names()


class Clumsy(Actor):
    """Raises where it is told to."""

    def __init__(self, where: str) -> None:
        self.stumble(where, "init")
        self.where = where

    def stumble(self, *places: str) -> None:
        if places[0] == places[1]:
            raise ValueError(places[0])

    def on_start(self) -> None:
        self.stumble(self.where, "on_start")

    async def receive(self, message: Any) -> None:
        self.stumble(message, "receive")

    def on_stop(self, reason: ExitReason) -> None:
        self.stumble(self.where, "on_stop")


@pytest.mark.parametrize("where", ["init", "on_start", "receive", "on_stop"])
def test_a_traceback_begins_with_a_line_of_the_users(system: ActorSystem, where: str) -> None:
    clumsy = child(Clumsy, where).options(name="clumsy", restart=Restart.TEMPORARY)
    if where in {"init", "on_start"}:
        with pytest.raises(StartError) as caught:
            system.spawn(clumsy)
        traceback = caught.value.cause
    else:
        ref = system.spawn(clumsy)
        ref.tell(where)
        if where == "on_stop":  # a stop could overtake the message
            ref.stop()
        assert ref.join(10)
        traceback = last_exit(system, "clumsy").traceback
    files = [line.split('"')[1] for line in traceback.splitlines() if line.startswith('  File "')]
    assert files == [__file__] * 2


class Sleeper(Actor):
    def on_start(self) -> None:
        signal.pause()


def test_a_start_that_hangs_is_ended_when_its_time_is_up(system: ActorSystem) -> None:
    with pytest.raises(StartError, match="it had not started after"):
        system.spawn(child(Sleeper).options(start_timeout=0.2), name="sleeper")
    assert last_exit(system, "sleeper").end is End.FAILED_START
    assert system.names() == []
