"""The actor system in the life of its application."""

import asyncio
import errno
import functools
import gc
import importlib
import logging
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from actors import (
    Actor,
    ActorCrashed,
    ActorRef,
    ActorSystem,
    ChildSpec,
    EventStream,
    ExitReason,
    Mailbox,
    NotImportable,
    StartError,
    StartMethod,
    SystemStopped,
    child,
)
from actors.core.events import ActorStarted, ActorStopped, DeadLetter
from actors.runtime import session
from actors.runtime.custodian import Custodian
from actors.runtime.lane import LaneReader
from actors.runtime.mailbox.credit import Credits
from actors.runtime.reports import Reports
from actors.runtime.session import Session
from support import forks, household
from support.cast import Add, AsyncPlayer, Hold, Numbers, Pid, Player, hold
from support.run import Program


def test_a_system_is_started_once_and_says_so(system: ActorSystem) -> None:
    with pytest.raises(StartError, match="started before"):
        system.start()
    assert "running" in repr(system)
    system.stop()
    system.stop()
    assert "stopped" in repr(system)
    with pytest.raises(SystemStopped, match="it has been stopped"):
        system.spawn(Player)
    assert system.wait(0)


def test_a_system_that_was_not_started_says_so() -> None:
    system = ActorSystem("new")
    for attempt in (lambda: system.ref("x"), system.names, lambda: system.wait(0)):
        with pytest.raises(SystemStopped, match="has not been started"):
            attempt()
    assert "new" in repr(system)


def test_a_stop_counts_the_time_that_a_new_guardian_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    now, waits = [1000.0], list[float | None]()

    def wait_for_guardian(_changed: object, _so: object, timeout: float) -> bool:
        now[0] += timeout - 1.0
        return True

    def wait(_session: Session, timeout: float | None) -> bool:
        waits.append(timeout)
        return True

    with ActorSystem("slow") as system:
        running = system._session  # pyright: ignore[reportPrivateUsage]
        with monkeypatch.context() as patched:
            patched.setattr(session, "moment", now[0].__add__)
            patched.setattr(session, "time", SimpleNamespace(monotonic=lambda: now[0]))
            patched.setattr(session, "wait_for", wait_for_guardian)
            patched.setattr(Session, "wait", wait)
            running.stop("it has been stopped", 30.0)
    assert waits == [1.0]


@pytest.mark.parametrize(
    "name", ["max_guardian_restarts", "spares", "start_timeout", "shutdown_timeout", "max_restarts"]
)
def test_a_number_out_of_its_range_is_refused_when_the_system_is_made(name: str) -> None:
    options: dict[str, Any] = {name: -1}
    with pytest.raises(ValueError, match=name):
        ActorSystem("bad", **options)


@pytest.mark.parametrize(
    ("name", "values", "demand"),
    [
        ("name", [5, None], "a str"),
        ("max_restarts", ["x", None, 1.5], "a whole number, at least 0"),
        ("max_guardian_restarts", ["x", None, 1.5], "a whole number, at least 0"),
        ("spares", ["x", None, 1.5], "a whole number, at least 0"),
        ("within", ["x", None], "a number of seconds, greater than 0"),
        ("start_timeout", ["x", None], "a number of seconds, at least 0"),
        ("shutdown_timeout", ["x", None], "a number of seconds, at least 0"),
        ("handle_signals", ["no"], "True or False"),
        ("on_escalation", [None], "'stop_branch' or 'shut_down' (Escalation)"),
        ("limits", [5], "a Limits, or None for the usual ones"),
    ],
)
def test_a_value_of_a_wrong_type_is_refused_when_the_system_is_made(
    name: str, values: list[Any], demand: str
) -> None:
    for value in values:
        options: dict[str, Any] = {name: value}
        with pytest.raises(TypeError) as refused:
            ActorSystem(**options)
        assert str(refused.value) == f"{name} is {value!r}; it must be {demand}"


def test_a_level_of_the_log_that_there_is_not_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system = ActorSystem("loud")
    monkeypatch.setenv("ACTORS_LOG_LEVEL", "verbose")
    with pytest.raises(
        ValueError, match="ACTORS_LOG_LEVEL='verbose' is no level; there are: debug, info, "
    ):
        system.start()
    monkeypatch.setenv("ACTORS_LOG_LEVEL", "CRITICAL")
    with system:
        assert system.spawn(Player).ask(Numbers()) == []


@pytest.mark.parametrize("thing", [Player(), "Player", functools.partial(Player, 1)])
def test_what_cannot_be_spawned_is_refused_with_what_can(system: ActorSystem, thing: Any) -> None:
    with pytest.raises(TypeError, match=r"^spawn takes a class or child\(...\), not "):
        system.spawn(thing)


def test_a_listener_that_cannot_be_called_is_refused_at_once(system: ActorSystem) -> None:
    nobody: Any = None
    with pytest.raises(TypeError, match="callback is None; it must be a function that takes an event"):
        system.listen(nobody)


def no_thread(self: threading.Thread) -> None:
    raise RuntimeError(f"can't start a new thread for {self.name}")


def test_a_start_for_which_no_thread_is_to_be_had_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    system = ActorSystem("unlucky")
    with monkeypatch.context() as patch:
        patch.setattr(Custodian, "start", no_thread)
        with pytest.raises(StartError, match="can't start a new thread"):
            system.start()
    with system:
        assert system.spawn(Player).ask(Numbers()) == []


def test_a_start_for_which_no_descriptor_is_to_be_had_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system, really, mine = ActorSystem("unlucky"), os.pidfd_open, os.getpid()

    def only_mine(pid: int, flags: int = 0) -> int:
        if pid != mine:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return really(pid, flags)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pidfd_open", only_mine)
        with pytest.raises(StartError, match="Too many open files"):
            system.start()
    with system:
        assert system.spawn(Player).ask(Numbers()) == []


def test_a_cancelled_start_is_undone() -> None:
    system = ActorSystem("cancelled")

    async def main() -> None:
        task = asyncio.ensure_future(system.__aenter__())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert "stopped" in repr(system)


def test_a_child_that_is_forked_during_a_stop_has_nothing_to_wait_for(system: ActorSystem) -> None:
    begun, over = threading.Event(), threading.Event()

    def stop_slowly() -> None:
        with system._lock:  # pyright: ignore[reportPrivateUsage]
            begun.set()
            over.wait(20)

    stopping = threading.Thread(target=stop_slowly)
    stopping.start()
    assert begun.wait(20)

    def end() -> None:
        signal.alarm(10)
        system.stop()

    assert forks.wait(forks.fork(end)) == 0
    over.set()
    stopping.join()
    assert "running" in repr(system)


def test_a_child_that_is_forked_while_a_mailbox_is_opened_may_open_others(system: ActorSystem) -> None:
    player = system.spawn(child(Player, 1))
    begun, over = threading.Event(), threading.Event()

    def open_slowly() -> None:
        with system._endpoint.peers._lock:  # pyright: ignore[reportPrivateUsage]
            begun.set()
            over.wait(20)

    opening = threading.Thread(target=open_slowly)
    opening.start()
    assert begun.wait(20)
    asking = forks.fork(lambda: (signal.alarm(10), player.ask(Numbers())))
    assert forks.wait(asking) == 0
    over.set()
    opening.join()


def test_a_forked_child_with_the_pid_of_an_earlier_one_asks_for_itself(system: ActorSystem) -> None:
    player = system.spawn(child(Player, 1))

    def ask() -> None:
        site = system._endpoint.site  # pyright: ignore[reportPrivateUsage]
        LaneReader.create(site.replies(system.address.id, os.getpid()))
        assert player.ask(Numbers()) == [1]

    assert forks.wait(forks.fork(ask)) == 0


def test_a_reference_of_a_stopped_system_says_so(system: ActorSystem) -> None:
    player = system.spawn(Player)
    player.tell(Add(number=1))
    system.stop()
    for use in (lambda: player.tell(1), lambda: player.ask(1), lambda: player.ask_future(1), player.stop):
        with pytest.raises(SystemStopped):
            use()


def test_two_systems_live_side_by_side_and_talk(system: ActorSystem) -> None:
    with ActorSystem("other") as other:
        here, there = system.spawn(Player), other.spawn(child(Player, 1))
        assert here != there
        assert other.ref(there.path) == there
        assert there.ask(Numbers()) == [1]


def test_a_pid_is_asked_of_the_system_that_an_actor_belongs_to(system: ActorSystem) -> None:
    with ActorSystem("other") as other:
        here, there = system.spawn(Player), other.spawn(Player)
        for one in (here, there):
            assert system.pid(one) == other.pid(one) == one.ask(Pid())


def test_a_signal_handler_that_interrupts_an_ask_may_stop_the_system(
    system: ActorSystem, mailbox: Mailbox
) -> None:
    player, main = system.spawn(child(Player).options(shutdown=0.1)), threading.main_thread()
    gate = Mailbox()

    def interrupt() -> None:
        mailbox.get(timeout=20)
        signal.pthread_kill(main.ident or 0, signal.SIGUSR1)

    def stop(_signal: int, _frame: object) -> None:
        system.stop()

    before = signal.signal(signal.SIGUSR1, stop)
    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    try:
        with pytest.raises((SystemStopped, ActorCrashed)):
            player.ask(Hold(taken=mailbox.address, release=gate.address), timeout=60)
    finally:
        interrupting.join()
        signal.signal(signal.SIGUSR1, before)


def test_what_is_lost_while_the_system_ends_ends_no_thread(
    system: ActorSystem, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = threading.Event()

    def make(*_: object) -> None:
        told.set()
        raise SystemStopped("runtime", "it has been stopped")

    monkeypatch.setattr(Reports, "make", make)
    player, gate = system.spawn(Player), Mailbox()
    player.tell(Hold(taken=mailbox.address, release=gate.address))
    mailbox.get(timeout=20)
    for number in range(20_000):
        player.tell(Add(number=number))
    player.kill()
    assert told.wait(20)
    assert system.spawn(Player).ask(Numbers()) == []


class Dawdler(Player):
    """Takes as long as it may to stop."""

    def __init__(self, taken: str, gate: str) -> None:
        super().__init__()
        self.taken, self.gate = taken, gate

    def on_stop(self, reason: ExitReason) -> None:
        hold(self.taken, self.gate)


def test_a_kill_is_not_behind_a_stop_that_takes_its_time(mailbox: Mailbox) -> None:
    system, gate = ActorSystem("slow", handle_signals=False).start(), Mailbox()
    system.spawn(child(Dawdler, mailbox.address, gate.address).options(shutdown=60))
    threads = [threading.Thread(target=how) for how in (system.stop, system.kill)]
    threads[0].start()
    mailbox.get(timeout=20)
    threads[1].start()
    for thread in reversed(threads):
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)


def handle(_signal: int, _frame: object) -> None:
    """The application's own idea of a signal."""


def test_sigterm_is_heeded_as_long_as_a_system_runs_and_left_to_who_takes_it() -> None:
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    one, other = ActorSystem("one").start(), ActorSystem("other").start()
    one.stop()
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    other.stop()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    try:
        with ActorSystem("third"):
            signal.signal(signal.SIGTERM, handle)
        assert signal.getsignal(signal.SIGTERM) is handle
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_children_that_ask_leave_the_application_what_wakes_it() -> None:
    with ActorSystem("parent", max_guardian_restarts=0, shutdown_timeout=1) as system:
        player, taken, gate = system.spawn(Player), Mailbox(), Mailbox()
        player.tell(Hold(taken=taken.address, release=gate.address))
        taken.get(timeout=20)
        children = [forks.fork(lambda: player.ask("anything", timeout=60)) for _ in range(8)]

        def kill_guardian_once_all_wait() -> None:
            while {household.state(pid) for pid in (os.getpid(), *children)} != {"S"}:
                pass
            os.kill(system.guardian_pid, signal.SIGKILL)

        killing = threading.Thread(target=kill_guardian_once_all_wait)
        killing.start()
        with pytest.raises(SystemStopped):
            player.ask("anything", timeout=3_600)  # longer than a test may take
        killing.join()
    for pid in children:
        forks.kill(pid)


def test_an_actor_of_another_system_is_stopped_there(system: ActorSystem) -> None:
    with ActorSystem("other") as other:
        here, there = system.spawn(child(Player)), other.spawn(child(Player))
        helper = system.spawn(child(Stopper, there))
        assert here.address.id == there.address.id
        assert helper.ask("stop it") is True
        assert here.ask(Numbers()) == []


class Stopper(Actor):
    def __init__(self, other: ActorRef) -> None:
        self.other = other

    def receive(self, message: object) -> bool:
        self.other.stop()
        return self.other.join(10)


def test_who_waits_for_no_time_at_all_learns_whether_an_actor_is_gone(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    assert not player.join(0)
    player.stop()
    assert player.join()
    assert player.join(0)


def test_waiting_for_ever_is_possible(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    thread = threading.Timer(0.05, player.stop)
    thread.start()
    assert player.join()
    thread.join()


def test_a_stream_that_is_closed_ends_for_who_reads_it(system: ActorSystem) -> None:
    async def main() -> int:
        events = system.events()
        asyncio.get_running_loop().call_later(0.05, events.close)
        return len([event async for event in events])

    assert asyncio.run(main()) == 0
    events = system.events()
    thread = threading.Timer(0.05, events.close)
    thread.start()
    assert list(events) == []
    thread.join()


@pytest.mark.parametrize("cls", [Player, AsyncPlayer])
def test_places_that_a_killed_sender_took_come_back_to_an_idle_actor(
    system: ActorSystem, cls: type[Actor]
) -> None:
    actor = system.spawn(ChildSpec(actor=cls).options(mailbox_size=1))
    places = Credits(system.directory / str(actor.address.id) / "credits", 1)
    assert places.take(), "as a sender that is killed before it has written its message"
    places.close()
    assert actor.ask(7 if cls is AsyncPlayer else Numbers(), timeout=20) in (7, [])


def test_a_class_inside_a_function_is_refused_with_the_reason(system: ActorSystem) -> None:
    class Local(Actor):
        pass

    with pytest.raises(NotImportable, match="inside a function"):
        system.spawn(Local)


MAIN = """
from actors import Actor, ActorSystem, NotImportable, StartError
class Above(Actor):
    pass
if __name__ == "__main__":
    class Below(Actor):
        pass
    with ActorSystem("s") as system:
        for cls in (Above, Below):
            try:
                print("started", system.spawn(cls).path)
            except (NotImportable, StartError) as error:
                words = "package", "below"
                print(*[word for word in words if word in str(error)])
"""


@pytest.mark.parametrize(
    ("file", "line", "found"),
    [
        ("main.py", ["main.py"], ["started Above", "below"]),
        ("main.py", ["-m", "main"], ["started Above", "below"]),
        ("package/__main__.py", ["-m", "package"], ["package", "package"]),
        ("directory/__main__.py", ["directory"], ["package", "package"]),
    ],
)
def test_a_class_that_no_other_process_would_find_is_refused_with_the_reason(
    tmp_path: Path, file: str, line: list[str], found: list[str]
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(MAIN)
    code, out, err = Program(*line, cwd=tmp_path).end()
    assert code == 0, err
    assert [line.partition("-")[0] for line in out.splitlines()] == found


def test_arguments_that_nothing_can_carry_are_refused_with_the_reason(system: ActorSystem) -> None:
    with pytest.raises(NotImportable, match="neither encoded nor pickled"):
        system.spawn(child(Player, lambda: 1))  # type: ignore[arg-type] # pyright: ignore


def test_an_actor_can_have_an_interpreter_of_its_own(system: ActorSystem) -> None:
    player = system.spawn(child(Player, 1).options(start_method=StartMethod.SPAWN))
    os.kill(player.ask(Pid()), signal.SIGKILL)
    assert player.ask(Numbers(), timeout=20) == [1]


def test_a_forked_child_of_the_application_asks_for_itself(system: ActorSystem) -> None:
    player = system.spawn(child(Player, 1))
    assert player.ask(Numbers()) == [1]
    answers = Mailbox()
    process = multiprocessing.get_context("fork").Process(target=lambda: answers.put(player.ask(Numbers())))
    process.start()
    assert answers.get(timeout=10) == [1]
    process.join()
    answers.close()
    assert player.ask(Numbers()) == [1]


def test_with_few_descriptors_idle_mailboxes_are_closed_and_opened_again(system: ActorSystem) -> None:
    players = [system.spawn(child(Player, number)) for number in range(30)]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))) + 8, hard))
    try:
        for _ in range(2):
            assert [player.ask(Numbers()) for player in players] == [[n] for n in range(30)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_asyncio_has_all_that_threads_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTORS_LOG_LEVEL", "critical")

    async def main() -> list[Any]:
        async with ActorSystem("async") as system:
            events = system.events()
            player = await system.spawn_async(child(AsyncPlayer), name="player")
            answers = await asyncio.gather(*(player.ask_async(n) for n in range(100)))
            player.stop()
            async for event in events:
                if isinstance(event, ActorStopped):
                    break
            events.close()
        return answers

    assert asyncio.run(main()) == list(range(100))


def test_an_ask_in_a_new_event_loop_after_the_end_says_so(system: ActorSystem) -> None:
    player = system.spawn(Player)
    assert player.ask(Numbers()) == []
    system.stop()
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(10)]

    async def main() -> None:
        for _ in range(2):
            with pytest.raises(SystemStopped):
                await player.ask_async(Numbers())

    asyncio.run(main())
    for file in files:
        os.close(file)


def test_a_cancelled_ask_is_no_trouble_to_the_next(system: ActorSystem) -> None:
    player = system.spawn(Player)
    mailbox, gate = Mailbox(), Mailbox()

    async def main() -> list[int]:
        task = asyncio.create_task(
            player.ask_async(Hold(taken=mailbox.address, release=gate.address), timeout=30)
        )
        await asyncio.to_thread(mailbox.get)
        task.cancel()
        gate.put("go")
        with pytest.raises(asyncio.CancelledError):
            await task
        return await player.ask_async(Numbers())

    assert asyncio.run(main()) == []
    mailbox.close()
    gate.close()


def test_a_stream_of_events_ends_with_its_system(system: ActorSystem) -> None:
    events = system.events()
    system.spawn(Player, name="one")
    assert isinstance(events.next(timeout=10), ActorStarted)
    assert events.next(timeout=0.01) is None
    system.stop()
    assert [type(event) for event in events] == [ActorStopped]


def test_a_stream_that_nobody_reads_any_more_leaves_nothing(system: ActorSystem) -> None:
    lanes = system.directory / "1"
    before = os.listdir(lanes)
    for _ in range(3):
        assert system.events().next(timeout=0.01) is None
    gc.collect()
    assert os.listdir(lanes) == before


def test_a_stream_outlives_the_forked_children_that_have_a_copy_of_it(system: ActorSystem) -> None:
    streams = [system.events()]
    assert forks.wait(forks.fork(streams.clear)) == 0
    system.spawn(Player, name="one")
    assert isinstance(streams[0].next(timeout=10), ActorStarted)


def test_a_stream_may_be_a_block_of_asyncio(system: ActorSystem) -> None:
    async def main() -> list[Any]:
        async with system.events() as events:
            await system.spawn_async(Player, name="one")
            return [await anext(events)]

    assert [type(event) for event in asyncio.run(main())] == [ActorStarted]


def test_each_stream_of_one_loop_ends_with_the_system() -> None:
    async def read(events: EventStream) -> list[Any]:
        return [event async for event in events]

    async def main() -> None:
        async with ActorSystem("streams") as system:
            reading = [asyncio.create_task(read(system.events())) for _ in range(3)]
            await asyncio.sleep(0)
        async with asyncio.timeout(20):
            assert await asyncio.gather(*reading) == [[], [], []]

    asyncio.run(main())


def test_a_slow_subscriber_does_not_slow_the_system(system: ActorSystem) -> None:
    events: EventStream = system.events()
    player = system.spawn(Player)
    player.stop()
    player.join(10)
    for number in range(3_000):
        player.tell(Add(number=number))
    assert system.spawn(child(Player, 1)).ask(Numbers()) == [1]
    letters = 0
    while letters < 100 and (event := events.next(timeout=10)) is not None:
        letters += isinstance(event, DeadLetter)
    assert letters == 100
    events.close()


def test_the_applications_logging_is_never_touched(system: ActorSystem) -> None:
    system.spawn(Player)
    assert not structlog.is_configured()
    assert not [name for name in logging.root.manager.loggerDict if name.startswith("actors")]


def test_a_main_module_that_starts_threads_is_left_to_the_actors(tmp_path: Path) -> None:
    file = tmp_path / "threaded.py"
    file.write_text(
        "import os, threading\n"
        "from actors import Actor, ActorSystem\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "class Count(Actor):\n"
        "    def receive(self, message): return threading.active_count()\n"
        "if __name__ == '__main__':\n"
        "    with ActorSystem('s') as system:\n"
        "        guardian = len(os.listdir(f'/proc/{system.guardian_pid}/task'))\n"
        "        print(system.spawn(Count).ask('threads'), guardian)\n"
    )
    code, out, err = Program(str(file)).end()
    assert (code, out) == (0, "2 1\n"), err


def test_a_module_is_imported_by_its_first_actor_and_the_guardian_and_never_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "imports"
    (tmp_path / "late_module.py").write_text(
        "import os\n"
        f"with open({str(seen)!r}, 'a') as file: print(os.getpid(), file=file)\n"
        "from actors import Actor\n"
        "class Late(Actor):\n"
        "    def receive(self, message): return os.getpid()\n"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with ActorSystem("late", max_restarts=10) as system:
        late = system.spawn(importlib.import_module("late_module").Late)
        first, guardian = late.ask("pid"), system.guardian_pid
        for _ in range(3):
            os.kill(late.ask("pid"), signal.SIGKILL)
        assert late.ask("pid", timeout=10) != first
    assert [int(pid) for pid in seen.read_text().split()] == [os.getpid(), first, guardian]


def test_python_dash_m_says_its_version() -> None:
    done = subprocess.run([sys.executable, "-m", "actors", "--version"], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.split()
