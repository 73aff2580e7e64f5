"""The zygote forks who waits to be an actor's; without it all goes on, only slower."""

from __future__ import annotations

import errno
import importlib
import multiprocessing
import os
import signal
import socket
import sys
from contextlib import suppress
from multiprocessing import util
from pathlib import Path
from typing import Any

import pytest

from actors import Actor, ActorSystem, Message, StartError
from actors.core.codec import flat
from actors.runtime import linux, pinning, zygote
from actors.runtime.descriptor import Descriptor
from actors.runtime.site import Site
from support import forks, household
from support.cast import Numbers, Pid, Player

WITHIN = 20
BARREN = """
import errno

from actors import Actor
from actors.runtime import zygote

def fork_sibling():
    raise OSError(errno.ENOSYS, "not here")

zygote.fork_sibling = fork_sibling

class Barren(Actor):
    def receive(self, message):
        return "here"
"""

ODD = """
import sys
import threading

from actors import Actor, Message

def start_a_thread():
    threading.Thread(target=threading.Event().wait).start()
    return int

class Odd(Message):
    number: "{annotation}"

class Silent(Actor):
    def receive(self, message):
        return "here"
"""


class Hooked:
    """Knows in which processes `multiprocessing` has begun anew."""

    def __init__(self) -> None:
        self.pids: list[int] = []
        util.register_after_fork(self, Hooked.begin)

    def begin(self) -> None:
        self.pids.append(os.getpid())


HOOKED = Hooked()


class Child(Actor):
    """Tells what it is as a process of `multiprocessing`."""

    def receive(self, message: Any) -> Any:
        match message:
            case "pid":
                return os.getpid()
            case "parent":
                parent = multiprocessing.parent_process()
                return parent is not None and (parent.pid, parent.is_alive())
            case "hooks":
                return HOOKED.pids[-1]
            case _:
                work = multiprocessing.get_context("fork").Process(target=sys.exit, args=(4,))
                work.start()
                work.join(WITHIN)
                return work.exitcode


@pytest.fixture
def settled(system: ActorSystem) -> int:
    """The pid of the spare, once the guardian knows the actors' classes."""
    for number, actor in enumerate((Player, Child, Player)):
        system.spawn(actor, name=f"settled-{number}")
    return household.spare(system)


def kill(pid: int) -> None:
    """Kill a process, and wait for its end."""
    pidfd = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    household.wait_for_end(pidfd)


def test_what_it_forks_is_the_guardians(system: ActorSystem, settled: int) -> None:
    assert settled in household.children(system.guardian_pid)
    while household.children(household.zygote(system)):  # the scout, for a moment
        pass


def test_what_it_forks_is_a_process_of_multiprocessing(system: ActorSystem, settled: int) -> None:
    actor = system.spawn(Child)
    assert actor.ask("pid") == settled
    assert actor.ask("parent") == (system.guardian_pid, True)
    assert actor.ask("hooks") == settled
    assert actor.ask("work", timeout=WITHIN) == 4


@pytest.fixture
def ring() -> None:
    """Skips the test where there are no rings."""
    try:
        pinning.ring()
    except OSError as error:
        pytest.skip(f"no io_uring is to be had here: {error}")


def scouting(system: ActorSystem) -> tuple[int, int]:
    """The pids of a zygote and of its scout, which lives for some milliseconds."""
    while True:
        zygote = household.zygote(system)
        while not household.rings(zygote):
            if found := household.children(zygote):
                return zygote, found.pop()
        kill(zygote)  # missed it
        system.spawn(Player)


@pytest.mark.usefixtures("ring")
def test_in_a_pause_it_sees_to_cheaper_forks(system: ActorSystem, settled: int) -> None:
    zygote = household.zygote(system)
    while not household.rings(zygote):
        pass
    actors = [system.spawn(Child) for _ in range(3)]
    pids = [actor.ask("pid") for actor in actors]
    assert household.zygote(system) == zygote
    assert not household.children(zygote)
    assert [household.rings(pid) for pid in pids] == [0, 0, 0]
    assert actors[2].ask("work", timeout=WITHIN) == 4


class Remark(Message):
    text: str


class Learned(Actor):
    """Tells how messages that it has never seen would travel as flat ones, and in which process it is."""

    def receive(self, message: Any) -> Any:
        return [os.getpid(), Remark in flat.LOADS, Remark in flat.DUMPS]


@pytest.mark.usefixtures("ring")
def test_what_it_forks_then_knows_all_message_classes(system: ActorSystem) -> None:
    system.spawn(Learned, name="imports this module")
    system.spawn(Learned, name="casts who was forked before")
    while not household.rings(household.zygote(system)):
        pass
    system.spawn(Learned, name="casts who was forked then")
    waits = household.spare(system)
    assert system.spawn(Learned).ask("tell") == [waits, True, True]


@pytest.mark.usefixtures("ring")
def test_its_scout_ends_with_it(system: ActorSystem, settled: int) -> None:
    zygote, scout = scouting(system)
    with suppress(ProcessLookupError):  # it was faster
        pidfd = Descriptor(os.pidfd_open(scout))
        while os.getpgid(scout) != scout:  # it has not left home yet
            pass
        os.kill(scout, signal.SIGSTOP)
        kill(zygote)
        assert pidfd.wait(20)
    assert system.spawn(Player).ask(Numbers()) == []


@pytest.mark.usefixtures("ring")
def test_it_goes_on_without_its_scout(system: ActorSystem, settled: int) -> None:
    zygote, scout = scouting(system)
    with suppress(ProcessLookupError):
        os.kill(scout, signal.SIGKILL)
    for _ in range(3):
        assert system.spawn(Player).ask(Numbers()) == []
    assert household.zygote(system) == zygote


def test_its_end_is_not_that_of_a_group_in_which_the_newborn_are(system: ActorSystem, settled: int) -> None:
    pid = household.zygote(system)
    assert os.getpgid(pid) == os.getpgid(system.guardian_pid)
    assert os.getpgid(settled) == settled


def test_one_that_is_killed_is_missed_by_nobody(system: ActorSystem, settled: int) -> None:
    actors = [system.ref("settled-0"), system.ref("settled-2")]
    before = [actor.ask(Pid()) for actor in actors]
    kill(household.zygote(system))
    assert [actor.ask(Pid()) for actor in actors] == before
    assert system.spawn(Player, name="next").ask(Numbers()) == []


def test_another_one_comes_with_the_next_start(system: ActorSystem, settled: int) -> None:
    first = household.zygote(system)
    kill(first)
    assert system.spawn(Player, name="next").ask(Pid()) == settled, "whom it has left behind"
    assert household.zygote(system) != first
    waits = household.spare(system)
    assert system.spawn(Player, name="one more").ask(Pid()) == waits


def test_one_that_is_stopped_holds_nobody_up(system: ActorSystem, settled: int) -> None:
    zygote = household.zygote(system)
    os.kill(zygote, signal.SIGSTOP)
    pids = {system.spawn(Player).ask(Pid()) for _ in range(5)}
    assert len(pids) == 5
    os.kill(zygote, signal.SIGCONT)
    waits = household.spare(system)
    assert system.spawn(Player).ask(Pid()) == waits
    os.kill(zygote, signal.SIGSTOP)
    system.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_signals_that_end_a_system_do_not_end_it_before(
    system: ActorSystem, settled: int, number: signal.Signals
) -> None:
    pid = household.zygote(system)
    os.kill(pid, number)
    assert system.spawn(Player).ask(Numbers()) == []
    assert household.zygote(system) == pid


@pytest.mark.parametrize("spares", [1, 4])
def test_it_and_those_that_wait_may_be_killed_at_any_time(spares: int) -> None:
    with ActorSystem("killed", spares=spares) as system:
        actor = system.spawn(Player)
        victims = 0
        while victims < 60:
            with suppress(StartError):  # of one that had just been told
                system.spawn(Player)
            for pid in household.children(system.guardian_pid) - household.actors(system):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    victims += 1
            assert actor.ask(Numbers(), timeout=WITHIN) == []


def test_it_ends_with_its_guardian(system: ActorSystem, settled: int) -> None:
    pidfd = os.pidfd_open(household.zygote(system))
    os.kill(system.guardian_pid, signal.SIGKILL)
    household.wait_for_end(pidfd)


def test_where_none_can_fork_the_guardian_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "barren_module.py").write_text(BARREN)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    module: Any = importlib.import_module("barren_module")
    with ActorSystem("barren") as system:
        system.spawn(module.Barren)
        while household.children(system.guardian_pid) != household.actors(system):
            pass
        for _ in range(3):
            assert system.spawn(module.Barren).ask("who?") == "here"
            assert household.children(system.guardian_pid) == household.actors(system)


def annotated(annotation: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> type[Actor]:
    """An actor whose module has a message class with such an annotation."""
    (place / "odd_module.py").write_text(ODD.format(annotation=annotation))
    monkeypatch.setattr(sys, "path", [str(place), *sys.path])
    importlib.invalidate_caches()
    monkeypatch.delitem(sys.modules, "odd_module", raising=False)
    silent: type[Actor] = importlib.import_module("odd_module").Silent
    return silent


def test_with_a_thread_that_an_annotation_has_started_it_forks_no_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    silent = annotated("start_a_thread()", tmp_path, monkeypatch)
    with ActorSystem("odd") as system:
        for _ in range(2):  # the second comes when the guardian has imported the module
            system.spawn(silent)
        household.wait_for_end(os.pidfd_open(household.zygote(system)))
        for _ in range(3):
            assert system.spawn(silent).ask("who?") == "here"


@pytest.mark.usefixtures("ring")
def test_it_survives_an_annotation_that_would_exit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    silent = annotated("sys.exit(3)", tmp_path, monkeypatch)
    with ActorSystem("odd") as system:
        for _ in range(2):  # the second comes when the guardian has imported the module
            system.spawn(silent)
        zygote = household.zygote(system)
        while not household.rings(zygote):
            pass
        assert system.spawn(silent).ask("who?") == "here"
        assert household.zygote(system) == zygote


def short_of_processes(
    connection: socket.socket, peer: socket.socket, number: int, monkeypatch: pytest.MonkeyPatch
) -> int:
    """A zygote that cannot fork, for a reason."""

    def refuse() -> tuple[int, int]:
        raise OSError(number, os.strerror(number))

    def keep_all(_: set[int]) -> None:
        """Close nothing, as the test's process has no more than it needs."""

    def serve() -> None:
        peer.close()
        monkeypatch.setattr(zygote, "fork_sibling", refuse)
        monkeypatch.setattr(linux, "close_all_but", keep_all)
        zygote.main(Site.at(Path(), Path()), os.getppid(), None, connection.detach())

    return forks.fork(serve)


def test_a_lack_of_processes_is_told_and_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        pid = short_of_processes(there, here, errno.EAGAIN, monkeypatch)
        for _ in range(2):
            here.send(b".")
            assert here.recv(100) == bytes(zygote.PID)
        here.shutdown(socket.SHUT_WR)
        assert forks.wait(pid) == 0


def test_after_many_requests_it_sees_to_cheaper_forks_pause_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    seen_to = forks.Gate()
    monkeypatch.setattr(zygote, "_PAUSE", 1000.0)
    monkeypatch.setattr(zygote, "_economise", seen_to.open)
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        pid = short_of_processes(there, here, errno.EAGAIN, monkeypatch)
        for _ in range(10):
            here.send(b".")
            assert here.recv(100) == bytes(zygote.PID)
        seen_to.wait(WITHIN)
        here.send(b".")
        assert here.recv(100) == bytes(zygote.PID)
        here.shutdown(socket.SHUT_WR)
        assert forks.wait(pid) == 0
    seen_to.close()


def test_it_has_time_whatever_the_default_of_sockets_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def serve(requests: socket.socket) -> None:
        assert requests.gettimeout() is None

    monkeypatch.setattr(zygote, "_serve", serve)
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        socket.setdefaulttimeout(1.0)
        try:
            pid = short_of_processes(there, here, errno.EAGAIN, monkeypatch)
        finally:
            socket.setdefaulttimeout(None)
        assert forks.wait(pid) == 0


def test_where_none_will_ever_be_had_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here:
        with there:
            pid = short_of_processes(there, here, errno.ENOSYS, monkeypatch)
        here.send(b".")
        assert here.recv(100) == b""
        assert forks.wait(pid) == 0


def test_one_whose_guardian_hangs_up_ends_in_silence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        for _ in range(3):
            here.send(b".")
        pid = short_of_processes(there, here, errno.EAGAIN, monkeypatch)
    here.recv(100)
    here.close()  # with an answer that nobody has read
    assert forks.wait(pid) == 0
    assert capfd.readouterr().err == ""
