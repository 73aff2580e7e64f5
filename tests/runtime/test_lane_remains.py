"""What the dead leave in a lane is removed, and nothing else is; a closed lane keeps nothing open."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from actors import ActorCrashed, ActorRef, ActorSystem, AskTimeout, Mailbox, child
from actors.core import envelope
from actors.core.envelope import Outcome
from actors.runtime.lane import Lane, LaneReader, Scarcity
from actors.runtime.mailbox import depot, frame, parcel
from actors.runtime.mailbox.parcel import Parcel
from actors.runtime.mailbox.reuse import REUSE
from actors.runtime.mailbox.slab import Slab
from actors.runtime.mailbox.slabs import Place
from actors.runtime.replies import Replies
from actors.runtime.rundirectory import spill_of
from actors.runtime.site import Site
from support import lanes
from support.cast import Die, Echo, Player, Waiter
from support.forks import Gate, fork, kill, wait

LARGE = b"large" * 100_000
MEDIUM = b"m" * 60_000


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for what the dead have left whenever it is doubtful, and not once a second."""
    monkeypatch.setattr(depot, "_SELDOM", 0.0)


def write(lane: Lane, data: bytes) -> None:
    writing = os.open(lane.pipe, os.O_WRONLY)
    os.write(writing, data)
    os.close(writing)


def remains(lane: Lane) -> list[Path]:
    return list(Path(lane.places.main).iterdir())


def new_slab(lane: Lane) -> Slab:
    return Slab(f"{lane.places.main}/{parcel.new_name()}")


def leave_parcel(lane: Lane, *, named: bool = False) -> None:
    """Die with a parcel written, and its frame if it is to be named."""

    def send() -> None:
        label = parcel.send(lane.places, [LARGE])
        if named:
            write(lane, frame.parcel(label))

    assert wait(fork(send)) == 0


def test_what_the_dead_have_left_is_removed_once_it_is_doubtful_and_nothing_waits(lane: Lane) -> None:
    reader = LaneReader.create(lane)
    leave_parcel(lane)
    reader.tidy()
    assert remains(lane), "nobody has doubted"
    reader.depot.doubtful = True
    write(lane, frame.inline(b"waits"))
    reader.tidy()
    assert remains(lane)
    assert lanes.read(reader) == [(b"waits", ())]
    reader.tidy()
    assert not remains(lane)
    assert not reader.depot.doubtful


def test_what_a_frame_names_is_kept_while_the_frame_waits_among_what_has_been_read(
    lane: Lane, monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    reader = LaneReader.create(lane)
    leave_parcel(lane, named=True)

    def scarce(*_: Any) -> list[bytes]:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Parcel, "read", scarce)
        with pytest.raises(Scarcity):
            lanes.read(reader)
    os.read(reader.fileno(), 1)  # what keeps the pipe readable
    reader.tidy()
    assert lanes.read(reader) == [(LARGE, [])]
    REUSE.remove()
    assert not remains(lane)


def test_it_is_doubtful_while_the_slab_of_somebody_lies_there(lane: Lane, impatient: None) -> None:
    reader, ready = LaneReader.create(lane), Gate()

    def send() -> None:
        label = new_slab(lane).put([MEDIUM], len(MEDIUM))
        write(lane, frame.parcel(label or b""))
        ready.open()
        signal.pause()

    sender = fork(send)
    ready.wait()
    ready.close()
    assert lanes.read(reader) == [(MEDIUM, [])]
    for _ in range(2):
        reader.tidy()
        assert remains(lane), "its sender lives"
        assert reader.depot.doubtful
    kill(sender)
    reader.tidy()
    assert not remains(lane)


def test_it_is_looked_for_once_a_second_at_most(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, looks, now = LaneReader.create(lane), list[float](), 0.0

    def survey(*_: Any) -> tuple[bool, list[str]]:
        looks.append(now)
        return True, []

    monkeypatch.setattr(depot, "survey", survey)
    monkeypatch.setattr(depot, "time", SimpleNamespace(monotonic=lambda: now))
    reader.depot.doubtful = True
    for moment in (10.0, 10.4, 10.9, 11.0, 11.9, 20.0):
        now = moment
        reader.tidy()
    assert looks == [10.0, 11.0, 20.0]


def test_without_a_descriptor_it_stays_doubtful(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = LaneReader.create(lane)
    leave_parcel(lane)
    reader.depot.doubtful = True

    def scarce(_: str) -> None:
        raise OSError(24, "too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", scarce)
        reader.tidy()
    assert reader.depot.doubtful
    monkeypatch.setattr(depot, "_SELDOM", 0.0)
    reader.tidy()
    assert not remains(lane)


def test_a_lane_that_is_closed_while_it_is_read_keeps_no_slab_open(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, slab = LaneReader.create(lane), new_slab(lane)
    before = open_files()

    def read_and_close(place: Place) -> list[bytes]:
        parts = read(place)
        reader.close()
        return parts

    read = Place.read
    for function in (read, read_and_close):
        monkeypatch.setattr(Place, "read", function)
        write(lane, frame.parcel(slab.put([MEDIUM], len(MEDIUM)) or b""))
        assert lanes.read(reader) == [(MEDIUM, [])]
    assert len(open_files() - before) == 0
    assert not lanes.read(reader)


def open_files() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def test_a_large_reply_that_nobody_waits_for_any_more_is_removed(lane: Lane, replies: Replies) -> None:
    write(lane, frame.parcel(parcel.send(lane.places, [envelope.reply(7, Outcome.REPLY, LARGE)])))
    assert replies.read()
    assert replies.late == 1
    REUSE.remove()
    assert not remains(lane)


def test_a_reply_that_does_not_come_is_a_reason_to_look(
    system: ActorSystem, mailbox: Mailbox, impatient: None
) -> None:
    waiter, lane = system.spawn(child(Waiter, mailbox.address)), replies_of(system)
    leave_parcel(lane)
    with pytest.raises(AskTimeout):
        waiter.ask("what comes", timeout=0.05)
    assert not remains(lane)
    mailbox.put("this")
    leave_parcel(lane)
    with pytest.raises(ActorCrashed):
        system.spawn(Player).ask(Die(how="kill"))
    assert not remains(lane)


def replies_of(system: ActorSystem) -> Lane:
    return system._endpoint.site.replies(1, os.getpid())  # pyright: ignore[reportPrivateUsage]


class Talker(Player):
    """Answers with what it is asked, unless it is to die."""

    def receive(self, message: Any) -> Any:
        return super().receive(message) if isinstance(message, Die) else message


def ask(echo: ActorRef) -> None:
    assert echo.ask("here") == "here"


def ask_async(echo: ActorRef) -> None:
    asyncio.run(_ask_async(echo))


async def _ask_async(echo: ActorRef) -> None:
    assert await echo.ask_async("here") == "here"


def ask_future(echo: ActorRef) -> None:
    assert echo.ask_future("here").result() == "here"


@pytest.mark.parametrize("asks", [ask, ask_async, ask_future])
def test_small_replies_are_occasion_enough_to_remove_what_large_ones_have_left(
    system: ActorSystem, impatient: None, asks: Callable[[ActorRef], None]
) -> None:
    large, small = system.spawn(Echo), system.spawn(Echo, name="small")
    for _ in range(3):
        assert large.ask(MEDIUM) == MEDIUM
    lane, killed = replies_of(system), system.pid(large)
    assert killed
    assert [path.name.split(".")[0] for path in remains(lane)] == [str(killed)]
    os.kill(killed, signal.SIGKILL)
    end = time.monotonic() + 20
    while remains(lane):
        assert time.monotonic() < end
        asks(small)


@pytest.mark.parametrize("how", ["stop", "exception", "exit"])
def test_who_ends_in_order_leaves_nothing_to_an_application_that_asks_no_more(
    system: ActorSystem, how: str
) -> None:
    talker, lane = system.spawn(Talker), replies_of(system)
    for _ in range(3):
        assert talker.ask(MEDIUM) == MEDIUM
    assert remains(lane)
    if how == "stop":
        talker.stop()
    else:
        talker.tell(Die(how=how))
    end = time.monotonic() + 20
    while remains(lane):
        assert time.monotonic() < end
        os.sched_yield()


@pytest.mark.parametrize("asks", [ask, ask_async, ask_future])
def test_a_reference_of_a_stopped_system_keeps_nothing_open(asks: Callable[[ActorRef], None]) -> None:
    before = open_files()
    with ActorSystem("ended") as system:
        echo = system.spawn(Echo)
        asks(echo)
        for _ in range(3):
            assert echo.ask(MEDIUM) == MEDIUM
    del system
    assert open_files() == before


def test_with_the_incarnation_that_asked_goes_what_has_spilled_from_its_lane(system: ActorSystem) -> None:
    actor = system.spawn(Echo)
    site = Site.at(system.directory, spill_of(system.directory))
    lane = site.replies(actor.address.id, 0)
    for place in (Path(lane.directory), Path(lane.places.spill)):
        place.mkdir(parents=True)
        (place / "left").touch()
    pid = system.pid(actor)
    assert pid
    os.kill(pid, signal.SIGKILL)
    assert actor.ask("again") == "again"
    assert not os.path.exists(lane.directory)
    assert not os.path.exists(lane.places.spill)


def test_with_a_stream_of_events_goes_what_has_spilled_from_its_lane(system: ActorSystem) -> None:
    with system.events() as events:
        lane: Lane = events._place  # pyright: ignore[reportPrivateUsage]
        os.makedirs(lane.places.spill)
    assert not os.path.exists(lane.directory)
    assert not os.path.exists(lane.places.spill)
