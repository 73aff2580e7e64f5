"""A process waits to be the next actor's: it is seen in the time of a start, and in nothing else."""

from __future__ import annotations

import fcntl
import importlib
import multiprocessing
import os
import re
import resource
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from actors import Actor, ActorRef, ActorSystem, StartError, StartMethod, child
from actors.runtime import birth, linux
from actors.runtime.guardian import estate
from actors.runtime.mailbox.journal import waiting_bytes
from actors.runtime.site import GUARDIAN, Site
from support import forks, household
from support.cast import Numbers, Pid, Player

WITHIN = 20
_STATUS = ("SigPnd", "SigBlk", "SigIgn", "SigCgt", "Threads")
LATE = """
import os
from actors import Actor

importer = os.getpid()

class Late(Actor):
    def receive(self, message):
        return importer, os.getpid()
"""


class Naked(Actor):
    """Tells what its process is like."""

    def receive(self, message: Any) -> Any:
        match message:
            case "pid":
                return os.getpid()
            case "name":
                return multiprocessing.current_process().name
            case "descriptors":
                return sorted(what_is_open())
            case _:
                lines = Path("/proc/self/status").read_text().splitlines()
                return [line for line in lines if line.startswith(_STATUS)]


def what_is_open() -> Iterator[str]:
    """What the descriptors of this process lead to, without the numbers in it."""
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # that of the listing itself
            yield re.sub(r"\d+", "", os.readlink(f"/proc/self/fd/{number}"))


def kill(ref: ActorRef) -> int:
    """Kill an actor's process; return which it has then."""
    os.kill(ref.ask(Pid()), signal.SIGKILL)
    return int(ref.ask(Pid(), timeout=WITHIN))


def count_descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


@pytest.fixture
def spare(system: ActorSystem) -> int:
    """The process that waits once the guardian knows the actors' class; the first of them is `first`."""
    for name in ("first", "second"):
        system.spawn(Player, name=name)
    return household.spare(system)


def test_the_process_that_waits_becomes_the_next_actors(system: ActorSystem, spare: int) -> None:
    assert system.spawn(Player, name="next").ask(Pid()) == spare
    assert household.spare(system) != spare


def test_as_many_wait_as_the_system_is_told() -> None:
    with ActorSystem("many", spares=3) as system:
        for name in ("first", "second"):
            system.spawn(Player, name=name)
        waiting = household.pool(system, 3)
        pids = [system.spawn(Player).ask(Pid()) for _ in range(3)]
        assert set(pids) == waiting
        assert not household.pool(system, 3) & waiting


def test_without_spares_a_system_has_no_process_but_the_guardian_and_its_actors() -> None:
    with ActorSystem("frugal", spares=0) as system:
        actors = [system.spawn(Player) for _ in range(3)]
        kill(actors[0])
        assert household.children(system.guardian_pid) == {actor.ask(Pid()) for actor in actors}


def test_a_killed_actor_goes_on_in_it(system: ActorSystem, spare: int) -> None:
    assert kill(system.ref("first")) == spare


def test_one_that_is_killed_is_missed_by_nobody_and_replaced_with_the_next_start(
    system: ActorSystem, spare: int
) -> None:
    pidfd = os.pidfd_open(spare)
    os.kill(spare, signal.SIGKILL)
    household.wait_for_end(pidfd)
    while household.spares(system):  # until it is collected
        pass
    system.ref("first").ask(Numbers())
    assert not household.spares(system), "nobody needs another one yet"
    system.spawn(Player, name="next")
    assert household.spare(system) != spare


def test_one_whose_death_nobody_has_noticed_yet_is_no_error(system: ActorSystem, spare: int) -> None:
    guardian, pidfd = system.guardian_pid, os.pidfd_open(spare)
    mail = os.open(system.directory / str(GUARDIAN) / "mail", os.O_RDONLY | os.O_NONBLOCK)
    with ThreadPoolExecutor(1) as thread:
        os.kill(guardian, signal.SIGSTOP)
        spawned = thread.submit(system.spawn, child(Player), name="next")
        while not waiting_bytes(mail):  # for the guardian, before it hears of the death
            pass
        os.kill(spare, signal.SIGKILL)
        household.wait_for_end(pidfd)
        os.kill(guardian, signal.SIGCONT)
        assert spawned.result(WITHIN).ask(Pid()) != spare
    os.close(mail)


def test_one_that_is_killed_when_its_time_has_come_is_a_failed_start(
    system: ActorSystem, spare: int
) -> None:
    os.kill(spare, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as thread:
        spawned = thread.submit(system.spawn, child(Player), name="next")
        while spare in household.spares(system):  # until it is an actor's
            pass
        os.kill(spare, signal.SIGKILL)
        with pytest.raises(StartError, match="SIGKILL"):
            spawned.result(WITHIN)
    assert system.spawn(Player, name="next").ask(Numbers()) == []


def test_one_that_is_stopped_is_an_actor_that_does_not_start_in_time(
    system: ActorSystem, spare: int
) -> None:
    os.kill(spare, signal.SIGSTOP)
    with pytest.raises(StartError, match="start_timeout"):
        system.spawn(child(Player).options(start_timeout=0.1), name="next")
    assert system.spawn(Player, name="next").ask(Numbers()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_signals_that_end_a_system_do_not_end_it_before(
    system: ActorSystem, spare: int, number: signal.Signals
) -> None:
    while os.getpgid(spare) != spare:  # until it heeds its own signals
        pass
    os.kill(spare, number)
    assert system.spawn(Player, name="next").ask(Pid()) == spare


def test_one_that_lacks_a_module_of_the_guardian_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "even_later_module.py").write_text(LATE)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    late: Any = importlib.import_module("even_later_module")
    with ActorSystem("late") as system:
        for number in range(2):
            system.spawn(Player, name=f"player-{number}")
        waits = household.spare(system)
        assert system.spawn(late.Late).ask("who?") == (waits, waits), "it has imported the module itself"
        importer, _ = system.spawn(late.Late).ask("who?")
        assert importer == system.guardian_pid, "it has it from the guardian"
        waits = household.spare(system)
        assert system.spawn(late.Late).ask("who?") == (system.guardian_pid, waits)


def test_arguments_that_are_too_large_for_it_go_to_a_fork(system: ActorSystem, spare: int) -> None:
    numbers = list(range(birth.PIPE_BUF))
    assert system.spawn(child(Player, *numbers), name="next").ask(Numbers()) == numbers
    assert household.spare(system) == spare


def test_an_interpreter_of_its_own_is_not_taken_for_it(system: ActorSystem) -> None:
    pristine = child(Player).options(start_method=StartMethod.SPAWN)
    for name in ("first", "second"):  # of which the first has the guardian import how to
        system.spawn(pristine, name=name)
    waits = household.spare(system)
    assert system.spawn(pristine, name="next").ask(Pid()) != waits
    assert household.spare(system) == waits


def test_an_actor_in_it_is_like_any_other(system: ActorSystem) -> None:
    forked = system.spawn(Naked, name="forked")
    system.spawn(Naked, name="second")
    waits = household.spare(system)
    other = system.spawn(Naked, name="other")
    assert other.ask("pid") == waits != forked.ask("pid")
    assert [forked.ask("name"), other.ask("name")] == ["actor forked", "actor other"]
    assert other.ask("descriptors") == forked.ask("descriptors")
    assert other.ask("status") == forked.ask("status")


def test_the_descriptor_that_it_waits_for_may_have_any_number(tmp_path: Path) -> None:
    def wait_in_vain() -> None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        reading, writing = os.pipe()
        pipe = fcntl.fcntl(reading, fcntl.F_DUPFD, 1_500)  # `select` knows 1,024
        os.close(writing)
        birth.wait(Site.at(tmp_path, tmp_path), os.getppid(), None, pipe)

    assert forks.wait(forks.fork(wait_in_vain)) == 0


def test_a_rehearsal_that_fails_costs_nobody_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()

    def fail() -> None:
        os.close(writing)
        raise RuntimeError("the stage is on fire")

    def keep_all(_: set[int]) -> None:
        """Close nothing, as the test's process has no more than it needs."""

    def wait_in_vain() -> None:
        monkeypatch.setattr(birth, "rehearse", fail)
        monkeypatch.setattr(linux, "close_all_but", keep_all)
        birth.wait(Site.at(tmp_path, tmp_path), os.getppid(), None, reading)

    waits = forks.fork(wait_in_vain)
    os.close(writing)
    assert forks.wait(waits) == 0
    os.close(reading)


def test_it_ends_with_its_guardian(system: ActorSystem, spare: int) -> None:
    pidfd = os.pidfd_open(spare)
    os.kill(system.guardian_pid, signal.SIGKILL)
    household.wait_for_end(pidfd)


def test_it_ends_with_its_system(system: ActorSystem, spare: int) -> None:
    pidfd = os.pidfd_open(spare)
    system.stop()
    household.wait_for_end(pidfd)


def test_it_leaves_the_last_descriptors_to_the_actors(system: ActorSystem, spare: int) -> None:
    first, guardian = system.ref("first"), system.guardian_pid
    limit = estate.RESERVE + 3
    assert count_descriptors(guardian) < limit
    resource.prlimit(guardian, resource.RLIMIT_NOFILE, (limit, limit))
    assert kill(first) == spare
    pids = {kill(first) for _ in range(20)}
    assert len(pids) == 20
    first.ask(Numbers())
    while household.spares(system):  # until those that the guardian has not taken in have ended
        pass
