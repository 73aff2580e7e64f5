"""A killed guardian is replaced: what the application had spawned is there again, under the same names."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import resource
import signal
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from actors import (
    Actor,
    ActorCrashed,
    ActorRef,
    ActorRestarting,
    ActorsError,
    ActorStopped,
    ActorSystem,
    Mailbox,
    StartError,
    Strategy,
    Supervisor,
    SystemStopped,
    child,
)
from actors.core.protocol import StopSystem
from actors.events import ActorStarted, GuardianRestarted
from actors.runtime import custodian
from actors.runtime.endpoint import Endpoint
from actors.runtime.session import Session
from support.cast import Add, AsyncPlayer, Die, Hold, Numbers, Pid, Player


@pytest.fixture
def system(_quiet: None) -> Iterator[ActorSystem]:
    with ActorSystem("rebuilt", max_restarts=1_000, max_guardian_restarts=1_000) as system:
        yield system


def kill_guardian(system: ActorSystem) -> None:
    """Kill it, and see that another one is executed: what is asked until then may end with the old ones."""
    pid = system.guardian_pid
    os.kill(pid, signal.SIGKILL)
    while system.guardian_pid == pid:
        pass


class Parent(Player):
    """Spawns a child when it is asked to."""

    def receive(self, message: Any) -> Any:
        if message == "spawn":
            return self.context.spawn(child(Player, 7), name="own")
        return super().receive(message)


class Silent(Actor):
    """Says that it has been asked, and never answers; goes on after a restart."""

    def __init__(self, said: str) -> None:
        self.said = said

    def receive(self, message: Any) -> Any:
        if message == Numbers():
            return []
        Mailbox.attach(self.said).put("asked")
        threading.Event().wait()
        return None


class Laden(Actor):
    """Carries an argument too large to travel with others."""

    def __init__(self, load: bytes) -> None:
        self.load = load

    def receive(self, message: Any) -> int:
        return len(self.load)


def ask_for_ever(player: ActorRef) -> None:
    while True:
        player.ask_future(Pid()).result(10)


class Family(Supervisor):
    strategy = Strategy.ONE_FOR_ALL
    children = (child(Player, 1).options(name="a"), child(Player, 2).options(name="b"))


def test_every_open_ask_ends_at_once_in_threads_futures_and_asyncio(
    system: ActorSystem, mailbox: Mailbox
) -> None:
    players = [system.spawn(child(Silent, mailbox.address)) for _ in range(3)]
    ends: list[BaseException] = []

    def in_thread() -> None:
        with pytest.raises(ActorCrashed) as caught:
            players[0].ask("anything", timeout=1_000)
        ends.append(caught.value)

    async def in_loop() -> None:
        with pytest.raises(ActorCrashed) as caught:
            await players[1].ask_async("anything", timeout=1_000)
        ends.append(caught.value)

    threads = [threading.Thread(target=in_thread), threading.Thread(target=lambda: asyncio.run(in_loop()))]
    for thread in threads:
        thread.start()
    future = players[2].ask_future("anything", timeout=1_000)
    for _ in players:
        mailbox.get(timeout=10)
    kill_guardian(system)
    for thread in threads:
        thread.join(10)
    with pytest.raises(ActorCrashed, match="guardian process was killed by SIGKILL"):
        future.result(timeout=10)
    assert len(ends) == 2
    assert [player.ask(Numbers(), timeout=20) for player in players] == [[], [], []]


def test_what_the_application_had_spawned_is_there_again_under_the_same_refs(system: ActorSystem) -> None:
    plain = system.spawn(child(Player, 5), name="plain")
    family = system.spawn(Family, name="family")
    dynamic = family.spawn(child(Player, 3), name="dynamic")
    stopped = system.spawn(child(Player), name="stopped")
    stopped.stop()
    assert stopped.join(10)
    refs = [plain, system.ref("family/a"), system.ref("family/b"), dynamic]
    pids = [ref.ask(Pid()) for ref in refs]
    kill_guardian(system)
    assert [ref.ask(Numbers(), timeout=20) for ref in refs] == [[5], [1], [2], [3]]
    assert not {ref.ask(Pid()) for ref in refs} & set(pids)
    assert system.names() == ["family", "family/a", "family/b", "family/dynamic", "plain"]
    assert [system.ref(name).address.id for name in ("plain", "family/a")] == [
        plain.address.id,
        refs[1].address.id,
    ]
    assert family.children() == refs[1:]


def test_any_number_of_supervisors_is_there_again(system: ActorSystem) -> None:
    tenants = [system.spawn(child(Supervisor, max_children=2)) for _ in range(200)]
    kill_guardian(system)
    assert system.children() == tenants
    player = tenants[-1].spawn(child(Player, 7))
    assert player.ask(Numbers(), timeout=20) == [7]


@pytest.mark.parametrize("size", [5_000, 100_000, 3_000_000])
def test_large_arguments_are_there_again(system: ActorSystem, size: int) -> None:
    laden = system.spawn(child(Laden, bytes(size)), name="laden")
    kill_guardian(system)
    assert laden.ask("how much?", timeout=20) == size


def test_a_supervisor_goes_on_supervising(system: ActorSystem) -> None:
    system.spawn(Family, name="family")
    a, b = system.ref("family/a"), system.ref("family/b")
    kill_guardian(system)
    pid = a.ask(Pid(), timeout=20)
    b.tell(Die(how="segfault"))
    while a.ask(Pid()) == pid:  # the whole family is restarted
        pass


def test_what_actors_had_spawned_themselves_is_gone(system: ActorSystem) -> None:
    parent = system.spawn(child(Parent), name="parent")
    own: ActorRef = parent.ask("spawn")
    kill_guardian(system)
    with pytest.raises(ActorStopped):
        own.ask(Pid(), timeout=20)
    again = parent.ask("spawn", timeout=20)
    assert again != own
    assert again.ask(Numbers()) == [7]


def test_one_event_tells_of_it_and_streams_go_on(system: ActorSystem) -> None:
    player = system.spawn(child(Player), name="player")
    with system.events() as events:
        kill_guardian(system)
        first, second = events.next(20), events.next(20)
    assert isinstance(first, GuardianRestarted)
    assert "SIGKILL" in first.cause
    assert isinstance(second, ActorStarted)
    assert second.actor == player


def test_waiting_mail_is_lost_and_mail_sent_later_arrives(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    player = system.spawn(child(Player))
    player.tell(Hold(taken=mailbox.address, release=gate.address))
    mailbox.get(timeout=10)
    player.tell(Add(number=1))
    kill_guardian(system)
    assert player.ask(Numbers(), timeout=20) == []
    player.tell(Add(number=2))
    assert player.ask(Numbers()) == [2]


class Keeper(Actor):
    """Holds a lock that nobody else may hold, and does not let go of it in an orderly way."""

    def __init__(self, path: str) -> None:
        self.file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def receive(self, message: Any) -> Any:
        return message


def test_no_new_process_meets_an_old_one(system: ActorSystem, tmp_path: Path) -> None:
    keepers = [system.spawn(child(Keeper, str(tmp_path / str(n)))) for n in range(5)]
    for _ in range(3):
        kill_guardian(system)
        assert [keeper.ask(n, timeout=20) for n, keeper in enumerate(keepers)] == list(range(5))
        assert [system.exits(keeper.path) for keeper in keepers] == [[]] * 5  # none failed to start


def test_asyncio_waits_for_the_new_guardian_without_blocking(system: ActorSystem) -> None:
    player = system.spawn(child(AsyncPlayer))

    async def main() -> list[Any]:
        turns = 0

        async def tick() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(tick())
        kill_guardian(system)
        while True:
            try:
                answer = await player.ask_async("hello", timeout=20)
                break
            except ActorCrashed:  # it was asked in the very last moment
                continue
        ticking.cancel()
        return [answer, turns > 1]

    assert asyncio.run(main()) == ["hello", True]


def test_a_future_never_waits_for_the_new_guardian(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    player.ask(Pid())
    with system.events() as events:
        os.kill(system.guardian_pid, signal.SIGKILL)
        with pytest.raises((ActorCrashed, ActorRestarting)):
            ask_for_ever(player)
        assert isinstance(events.next(20), GuardianRestarted)


def test_a_join_goes_on_waiting(system: ActorSystem, mailbox: Mailbox) -> None:
    player = system.spawn(child(Player))

    def wait() -> None:
        mailbox.put("waits")
        mailbox.put(player.join(30))

    thread = threading.Thread(target=wait)
    thread.start()
    assert mailbox.get(timeout=10) == "waits"
    kill_guardian(system)
    player.ask(Pid(), timeout=20)
    player.stop()
    assert mailbox.get(timeout=20) is True
    thread.join()


def test_a_guardian_killed_again_and_again_while_it_rebuilds_is_replaced_again(
    system: ActorSystem, caplog: pytest.LogCaptureFixture
) -> None:
    refs = [system.spawn(child(Player, n)) for n in range(10)]
    for _ in range(5):
        kill_guardian(system)
    assert [ref.ask(Numbers(), timeout=20) for ref in refs] == [[n] for n in range(10)]
    assert not [record for record in caplog.records if record.name == "concurrent.futures"]


def test_one_that_is_killed_as_soon_as_it_serves_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    resume, killed = Session.resume, list[int]()

    def kill_first(session: Session) -> None:
        if not killed:
            killed.append(session.guardian.pid)
            os.kill(session.guardian.pid, signal.SIGKILL)
            session.guardian.wait()
        resume(session)

    monkeypatch.setattr(Session, "resume", kill_first)
    with ActorSystem("early", max_guardian_restarts=1) as system:
        with suppress(StartError):  # it was on its way when the death was seen
            system.spawn(Player)
        assert system.spawn(Player).ask(Numbers(), timeout=20) == []
        assert killed != [system.guardian_pid]


def test_too_many_deaths_of_guardians_end_the_system() -> None:
    with ActorSystem("short", max_guardian_restarts=1) as system:
        player = system.spawn(child(Player))
        kill_guardian(system)
        player.ask(Pid(), timeout=20)
        os.kill(system.guardian_pid, signal.SIGKILL)
        assert system.wait(20)
        with pytest.raises(SystemStopped, match="guardian process was killed by SIGKILL"):
            player.ask(Pid())
        with pytest.raises(SystemStopped):
            system.spawn(child(Player))


def test_a_system_can_be_stopped_while_its_guardian_is_being_replaced() -> None:
    for how in ("stop", "kill"):
        system = ActorSystem("stopped").start()
        system.spawn(child(Player))
        os.kill(system.guardian_pid, signal.SIGKILL)
        getattr(system, how)()


def test_a_system_that_is_stopped_in_the_moment_of_its_guardians_death_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system = ActorSystem("stopped").start()
    told = threading.Event()
    stopping = threading.Thread(target=system.stop)
    tell, interrupt = Endpoint.tell_guardian, Session.interrupt

    def tell_to_stop(
        endpoint: Endpoint, message: Any, system: str | None = None, patience: float = 0
    ) -> None:
        try:
            tell(endpoint, message, system, patience)
        finally:
            if isinstance(message, StopSystem):
                told.set()

    def interrupt_once_told(session: Session) -> None:
        stopping.start()
        told.wait(20)
        interrupt(session)

    monkeypatch.setattr(Endpoint, "tell_guardian", tell_to_stop)
    monkeypatch.setattr(Session, "interrupt", interrupt_once_told)
    os.kill(system.guardian_pid, signal.SIGKILL)
    assert system.wait(20)
    stopping.join(20)


@contextmanager
def no_descriptors() -> Generator[None]:
    """Let the process have no more descriptors than it has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = {int(number) for number in os.listdir("/proc/self/fd")}
    resource.setrlimit(resource.RLIMIT_NOFILE, (min({*range(len(taken) + 1)} - taken), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_guardian_is_replaced_once_there_are_descriptors_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tried, interrupt = threading.Semaphore(0), Session.interrupt

    def count(session: Session) -> None:
        tried.release()
        interrupt(session)

    monkeypatch.setattr(Session, "interrupt", count)
    with ActorSystem("poor", max_guardian_restarts=1) as system:
        pid = system.guardian_pid
        with no_descriptors():
            os.kill(pid, signal.SIGKILL)
            for _ in range(10):
                assert tried.acquire(timeout=20)
        assert system.spawn(child(Player, 1)).ask(Numbers()) == [1]
        assert system.guardian_pid != pid


def test_a_system_that_has_no_descriptors_for_another_guardian_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: Session) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    def at_once(_: float) -> bool:
        return True

    monkeypatch.setattr(Session, "interrupt", fail)
    monkeypatch.setattr(custodian, "over", at_once)
    with ActorSystem("poor") as system:
        os.kill(system.guardian_pid, signal.SIGKILL)
        assert system.wait(20)
        with pytest.raises(SystemStopped, match=r"no other can take over: .*Too many open files"):
            system.spawn(child(Player))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_whoever_replaces_the_guardian_ends_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Session) -> None:
        raise RuntimeError("a fault of ours")

    with ActorSystem("faulty") as system:
        monkeypatch.setattr(Session, "interrupt", fail)
        os.kill(system.guardian_pid, signal.SIGKILL)
        assert system.wait(20)


@pytest.mark.parametrize("command", ["stop", "drain", "kill"])
def test_a_command_that_finds_no_guardian_is_for_the_next_one(system: ActorSystem, command: str) -> None:
    player = system.spawn(child(Player))
    player.ask(Pid())
    kill_guardian(system)
    match command:
        case "stop":
            player.stop()
        case "drain":
            player.stop(drain=True)
        case _:
            player.kill()
    assert player.join(20)
    assert system.names() == []


def test_no_ask_says_that_its_actor_has_stopped_however_often_guardians_die(system: ActorSystem) -> None:
    players = [system.spawn(child(Player)) for _ in range(2)]
    over = threading.Event()
    ends: list[str] = []

    def ask() -> None:
        while not over.is_set():
            for player in players:
                try:
                    player.ask("x" * 10_000, timeout=60)
                except ActorsError as error:
                    ends.append(type(error).__name__)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(8):
            assert players[0].ask(Pid(), timeout=60)
            kill_guardian(system)
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
    assert set(ends) <= {"ActorCrashed", "Rejected"}


def birth(system: ActorSystem, ref: ActorRef) -> int | None:
    """When the directory of an actor was made; None if it is not there."""
    try:
        return os.stat(system.directory / str(ref.address.id)).st_ctime_ns
    except FileNotFoundError:
        return None


@pytest.mark.parametrize("rebuilt", [1, 4, 8])
def test_one_that_is_killed_while_it_rebuilds_has_lost_nobody(system: ActorSystem, rebuilt: int) -> None:
    family = system.spawn(Family, name="family")
    alone = [system.spawn(child(Player, number), name=f"player{number}") for number in range(8)]
    declared = [system.ref("family/a"), system.ref("family/b")]
    everybody = [*declared, *alone]
    for _ in range(3):
        before = birth(system, everybody[rebuilt])
        kill_guardian(system)
        while birth(system, everybody[rebuilt]) == before:
            pass
        kill_guardian(system)
        answers = [player.ask(Numbers(), timeout=20) for player in everybody]
        assert answers == [[1], [2], *([number] for number in range(8))]
    assert system.children() == [family, *alone]
