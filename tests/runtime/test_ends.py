"""Ends of actors that are not as simple as they seem."""

import errno
import itertools
import os
import resource
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest

from actors import (
    Actor,
    ActorRef,
    ActorStopped,
    ActorSystem,
    HandlerError,
    Mailbox,
    Request,
    Strategy,
    Supervisor,
    child,
)
from actors.core.protocol import Stop
from actors.runtime.context import WorkerContext
from actors.runtime.lane import Take
from actors.runtime.mailbox import depot, parcel
from actors.runtime.mailbox.journal import waiting_bytes
from actors.runtime.mailbox.outbox import Outbox
from actors.runtime.mailbox.parcel import Places
from support import cast, forks
from support.interrupts import Interrupted, handling_after_call, raising_after_call


class Pid(Request[int]):
    """Which process are you?"""


class Echo(Actor):
    def receive(self, message: Any) -> Any:
        return os.getpid() if isinstance(message, Pid) else message


@pytest.fixture
def diary() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.close()


class Busy(Echo):
    """Is stuck in a message until it is killed."""

    def __init__(self, diary: str) -> None:
        self.diary = Mailbox.attach(diary)

    def on_start(self) -> None:
        self.diary.put(os.getpid())

    def receive(self, message: Any) -> Any:
        if message == "be busy":
            self.diary.put("busy")
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
            signal.pause()
        return super().receive(message)


class Pair(Supervisor):
    strategy = Strategy.ONE_FOR_ALL
    max_restarts = 1_000


def test_a_stop_that_a_killed_actor_has_not_heard_is_not_for_its_successor(
    system: ActorSystem, diary: Mailbox
) -> None:
    Pair.children = (
        child(Echo).options(name="echo"),
        child(Busy, diary.address).options(name="busy", shutdown=0.05),
    )
    system.spawn(Pair, name="pair")
    echo, busy = system.ref("pair/echo"), system.ref("pair/busy")
    first = diary.get(timeout=10)
    busy.tell("be busy")
    assert diary.get(timeout=10) == "busy"
    os.kill(echo.ask(Pid()), signal.SIGKILL)
    assert diary.get(timeout=10) != first
    assert busy.ask("still there?") == "still there?"


class Lingering(Echo):
    """Leaves a thread behind that keeps its process from ending."""

    def receive(self, message: Any) -> Any:
        if message == "crash":
            threading.Thread(target=threading.Event().wait).start()
            raise RuntimeError("the test said so")
        return super().receive(message)


def test_a_crashed_actor_that_lingers_is_ended_alone(system: ActorSystem) -> None:
    lingering = system.spawn(child(Lingering).options(shutdown=0.05))
    pid = lingering.ask(Pid())
    with pytest.raises(HandlerError):
        lingering.ask("crash")
    assert lingering.ask(Pid()) != pid


class Leaver(Echo):
    """Answers, and is gone."""

    def receive(self, message: Any) -> Any:
        self.context.stop()
        return "farewell"


def test_an_asker_that_dawdles_until_the_actor_is_gone_has_its_reply(
    system: ActorSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaver = system.spawn(child(Leaver), name="leaver")
    put = Outbox.put

    def dawdle(outbox: Outbox, message: bytes, segments: Sequence[bytes] = ()) -> None:
        put(outbox, message, segments)
        while outbox.name == "leaver" and "leaver" in system.names():
            os.sched_yield()

    monkeypatch.setattr(Outbox, "put", dawdle)
    assert leaver.ask("may I go?") == "farewell"
    with pytest.raises(ActorStopped, match="has not run"):
        leaver.ask("still there?")


class Speechless(Echo):
    """Is killed in the moment in which it would say that it has come to the end of its mail."""

    context: WorkerContext  # pyright: ignore[reportIncompatibleVariableOverride]

    def on_start(self) -> None:
        endpoint = self.context._endpoint  # pyright: ignore[reportPrivateUsage]
        tell = endpoint.tell_guardian

        def tell_or_die(message: Any, system: str | None = None, patience: float = 0.0) -> None:
            if isinstance(message, Stop):
                os.kill(os.getpid(), signal.SIGKILL)
            tell(message, system, patience)

        endpoint.tell_guardian = tell_or_die  # type: ignore[method-assign]


class Boxed(Actor):
    """Finds no room on any disk for what is large."""

    def on_start(self) -> None:
        def send(places: Places, parts: Sequence[bytes]) -> bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        parcel.send = send

    def receive(self, message: int) -> bytes:
        return bytes(message)


@pytest.mark.timeout(60)
def test_a_reply_for_which_no_disk_has_room_ends_its_ask(system: ActorSystem) -> None:
    boxed = system.spawn(Boxed)
    with pytest.raises(HandlerError, match="No space left on device") as raised:
        boxed.ask(1 << 20, timeout=600)
    assert raised.value.type.endswith("DiskFull")
    assert boxed.ask(1) == bytes(1)


def test_an_actor_killed_at_the_end_of_its_mail_has_stopped(system: ActorSystem) -> None:
    speechless = system.spawn(child(Speechless))
    speechless.stop(drain=True)
    assert speechless.join(10)


class Terminated(Echo):
    """Gets the guardian's SIGTERM just as it hears the guardian's word."""

    context: WorkerContext  # pyright: ignore[reportIncompatibleVariableOverride]

    def on_start(self) -> None:
        control = self.context._reception._control  # pyright: ignore[reportPrivateUsage]
        read = control.read

        def read_and_be_terminated(take: Take) -> bool:
            heard = read(take)
            os.kill(os.getpid(), signal.SIGTERM)
            return heard

        control.read = read_and_be_terminated  # type: ignore[method-assign]


def test_a_sigterm_from_the_guardian_is_not_taken_for_that_of_a_service_manager(
    system: ActorSystem,
) -> None:
    terminated = system.spawn(Terminated)
    terminated.stop()
    assert terminated.join(10)
    assert system.spawn(Echo).ask("does the system go on?") == "does the system go on?"


class Raiser(Echo):
    def receive(self, message: Any) -> Any:
        raise ValueError("\udc80 from a file name" if message == "odd" else "long " * 1_000_000)


@pytest.mark.parametrize("message", ["odd", "long"])
def test_an_error_whose_text_cannot_travel_as_it_is_is_told_all_the_same(
    system: ActorSystem, message: str
) -> None:
    raiser = system.spawn(child(Raiser))
    with pytest.raises(HandlerError) as caught:
        raiser.ask(message)
    assert caught.value.type == "ValueError"
    assert len(caught.value.text) < 100_000


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "full"])
def test_an_unread_standard_error_hinders_no_restart(closed: bool) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while not closed:
            os.write(writing, bytes(4096))
    os.set_blocking(writing, True)
    if closed:
        os.close(reading)
    kept = os.dup(2)
    os.dup2(writing, 2)
    try:
        with ActorSystem("unread") as system:
            raiser = system.spawn(child(Raiser))
            for _ in range(2):
                with pytest.raises(HandlerError):
                    raiser.ask("long")
    finally:
        os.dup2(kept, 2)
        for number in (kept, writing, *(() if closed else (reading,))):
            os.close(number)


class Tidy(Echo):
    """Looks for what the dead have left whenever it waits for mail, and not once a second."""

    def on_start(self) -> None:
        depot._SELDOM = 0.0  # type: ignore[misc]  # pyright: ignore


class AsyncTidy(Tidy):
    async def receive(self, message: Any) -> Any:
        return super().receive(message)


class Hauler(Echo):
    """Asks others with messages that are too large for a pipe."""

    def receive(self, message: Any) -> Any:
        for _ in range(10):
            message.ask(bytes(10_000))
        return os.getpid()


@pytest.mark.parametrize("receiver", [Tidy, AsyncTidy])
def test_what_a_killed_sender_has_left_is_removed_while_its_receiver_lives_on(
    system: ActorSystem, receiver: type[Tidy]
) -> None:
    tidy, hauler = system.spawn(receiver), system.spawn(child(Hauler))
    parcels = system.directory / str(tidy.address.id) / "parcels"
    killed = hauler.ask(tidy)
    os.kill(killed, signal.SIGKILL)
    assert hauler.ask(tidy) != killed
    while any(name.startswith(f"{killed}.") for name in os.listdir(parcels)):
        os.sched_yield()


class Parent(Echo):
    """Has children whose arguments are too large for a pipe."""

    def receive(self, message: Any) -> Any:
        for _ in range(message):
            self.context.spawn(child(cast.Player, *range(10_000)))
        return os.getpid()


def test_what_a_dead_actor_has_left_with_the_guardian_is_removed(system: ActorSystem) -> None:
    parent, echo = system.spawn(child(Parent)), system.spawn(child(Echo))
    killed = parent.ask(3, timeout=20)
    parcels = system.directory / "0" / "parcels"
    assert any(name.startswith(f"{killed}.") for name in os.listdir(parcels))
    os.kill(killed, signal.SIGKILL)
    assert parent.ask(0, timeout=20) != killed
    while any(name.startswith(f"{killed}.") for name in os.listdir(parcels)):
        assert system.exits(echo.path) == []


def test_a_guardian_that_has_no_descriptor_for_a_large_message_takes_it_later(system: ActorSystem) -> None:
    guardian, echo = system.guardian_pid, system.spawn(Echo)
    mail, parcels = system.directory / "0" / "mail", system.directory / "0" / "parcels"
    before = len(os.listdir(parcels))
    limits = resource.prlimit(guardian, resource.RLIMIT_NOFILE)
    resource.prlimit(guardian, resource.RLIMIT_NOFILE, (3, limits[1]))  # it keeps what it has
    refs: list[ActorRef] = []
    spec = child(cast.Player, *range(100_000))
    spawning = threading.Thread(target=lambda: refs.append(system.spawn(spec)))
    spawning.start()
    pipe = os.open(mail, os.O_RDWR | os.O_NONBLOCK)
    while len(os.listdir(parcels)) == before or waiting_bytes(pipe):
        assert echo.ask("there?") == "there?"
    os.close(pipe)
    resource.prlimit(guardian, resource.RLIMIT_NOFILE, limits)
    spawning.join(20)
    assert refs[0].ask(cast.Numbers()) == [*range(100_000)]
    assert system.guardian_pid == guardian


def test_what_a_killed_sender_has_left_is_removed_with_the_next_restart(system: ActorSystem) -> None:
    player = system.spawn(cast.Player)
    dead = forks.fork(lambda: None)
    forks.wait(dead)
    orphan = system.directory / str(player.address.id) / "parcels" / f"{dead}.1.0"
    orphan.touch()
    os.kill(player.ask(cast.Pid()), signal.SIGKILL)
    assert player.ask(cast.Numbers(), timeout=20) == []
    while orphan.exists():
        pass


def test_after_whichever_call_in_an_ask_a_signal_handler_raises_the_next_is_answered(
    system: ActorSystem,
) -> None:
    echo = system.spawn(Echo)
    echo.ask("first")
    for number in itertools.count(1):
        try:
            with raising_after_call(number, ActorRef.ask.__code__):
                echo.ask("interrupted")
        except Interrupted:
            assert echo.ask(number) == number
        else:
            assert number > 15
            return


def test_a_signal_handler_may_ask_after_whichever_call_in_an_ask(system: ActorSystem) -> None:
    echo = system.spawn(Echo)
    echo.ask("first")
    for number in itertools.count(1):
        handled: list[str] = []

        def handle(handled: list[str] = handled) -> None:
            handled.append(echo.ask("inside"))

        with handling_after_call(number, ActorRef.ask.__code__, handle):
            assert echo.ask("outside", timeout=20) == "outside"
        if not handled:
            assert number > 15
            return
        assert handled == ["inside"], number
