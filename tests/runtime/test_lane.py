"""Lanes, when there is no descriptor for what has come."""

from __future__ import annotations

import asyncio
import errno
import os
import queue
import resource
import select
import threading
import time
from contextlib import suppress

import pytest

from actors import Actor, ActorSystem, EventStream
from actors.core import envelope
from actors.core.envelope import Outcome
from actors.events import ActorCrashed
from actors.runtime import eventstream
from actors.runtime.lane import Lane, LaneReader, Scarcity
from actors.runtime.mailbox import frame, parcel
from actors.runtime.mailbox.journal import waiting_bytes
from actors.runtime.mailbox.parcel import Parcel
from actors.runtime.mailbox.reuse import REUSE
from actors.runtime.pending import Answer, Pending, PendingInLoop
from actors.runtime.replies import Replies
from support.lanes import read

LARGE = b"large" * 100_000
LONG = "long" * 2_000
"""More than fits into a frame."""


class Table:
    """The table of descriptors, which is full or not."""

    def __init__(self) -> None:
        self.full = False
        self.error: type[Exception] = OSError
        self.asked = threading.Semaphore(0)
        self._read = Parcel.read

    def read(self, large: Parcel) -> list[bytes]:
        if self.full:
            self.asked.release()
            raise self.error(errno.EMFILE, os.strerror(errno.EMFILE))
        return self._read(large)

    def wait_until_asked(self, times: int) -> None:
        for _ in range(times):
            assert self.asked.acquire(timeout=20)


class Interruption(TimeoutError):
    """What a signal handler raises; an `OSError`, and no lack of anything."""

    def __init__(self, *_: object) -> None:
        super().__init__("time is up")


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    table = Table()

    def read(large: Parcel) -> list[bytes]:
        return table.read(large)

    monkeypatch.setattr(Parcel, "read", read)
    return table


def post(lane: Lane, *messages: bytes) -> None:
    """Put messages into a lane, all at once."""
    frames = (
        frame.inline(message)
        if len(message) <= frame.ROOM
        else frame.parcel(parcel.send(lane.places, [message]))
        for message in messages
    )
    writing = os.open(lane.pipe, os.O_WRONLY)
    os.write(writing, b"".join(frames))
    os.close(writing)


def is_readable(reader: LaneReader) -> bool:
    return bool(select.select([reader], [], [], 0)[0])


def test_what_cannot_be_opened_waits_with_all_behind_it(lane: Lane, table: Table) -> None:
    reader = LaneReader.create(lane)
    post(lane, b"first", LARGE, b"third")
    table.full = True
    assert read(reader) == [(b"first", ())]
    for _ in range(2):
        assert is_readable(reader)
        with pytest.raises(Scarcity, match=os.strerror(errno.EMFILE)):
            read(reader)
    table.full = False
    post(lane, b"fourth")
    assert read(reader) == [(LARGE, []), (b"third", ())]
    assert is_readable(reader)
    assert read(reader) == [(b"fourth", ())]
    assert not is_readable(reader)
    assert not read(reader)
    REUSE.remove()
    assert not os.listdir(lane.places.main)


def test_what_there_is_no_memory_for_waits_as_well(lane: Lane, table: Table) -> None:
    reader = LaneReader.create(lane)
    post(lane, b"first", LARGE)
    table.full, table.error = True, MemoryError
    assert read(reader) == [(b"first", ())]
    with pytest.raises(Scarcity):
        read(reader)
    assert is_readable(reader)
    table.full = False
    assert read(reader) == [(LARGE, [])]


@pytest.mark.parametrize("before", [[], [b"before"]])
def test_what_a_signal_handler_has_interrupted_is_read_again(
    lane: Lane, table: Table, before: list[bytes]
) -> None:
    reader = LaneReader.create(lane)
    post(lane, *before, LARGE, b"behind")
    table.full, table.error = True, Interruption
    with pytest.raises(Interruption):
        read(reader)
    assert is_readable(reader)
    table.full = False
    assert read(reader) == [(LARGE, []), (b"behind", ())]


def test_to_try_in_vain_does_not_fill_the_pipe(lane: Lane, table: Table) -> None:
    reader = LaneReader.create(lane)
    post(lane, LARGE)
    table.full = True
    for _ in range(5):
        with pytest.raises(Scarcity, match=os.strerror(errno.EMFILE)):
            read(reader)
    assert waiting_bytes(reader.fileno()) == 1


def test_a_pipe_that_is_full_is_readable_as_it_is(lane: Lane, table: Table) -> None:
    reader = LaneReader.create(lane)
    post(lane, LARGE)
    table.full = True
    with pytest.raises(Scarcity, match=os.strerror(errno.EMFILE)):
        read(reader)
    writing = os.open(lane.pipe, os.O_WRONLY | os.O_NONBLOCK)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(4096))
    os.close(writing)
    with pytest.raises(Scarcity, match=os.strerror(errno.EMFILE)):
        read(reader)
    table.full = False
    assert read(reader) == [(LARGE, [])]


def reply(number: int, value: bytes) -> bytes:
    return envelope.reply(number, Outcome.REPLY, value)


def test_who_asks_waits_for_a_descriptor_as_long_as_for_its_reply(
    lane: Lane, replies: Replies, table: Table
) -> None:
    hasty, patient = Pending(time.monotonic() + 0.1), Pending(time.monotonic() + 20)
    replies.expect(hasty)
    second = replies.expect(patient)
    table.full = True
    post(lane, reply(second, LARGE))
    assert replies.wait(hasty) is None

    def free_one() -> None:
        table.wait_until_asked(3)
        table.full = False

    thread = threading.Thread(target=free_one)
    thread.start()
    assert replies.wait(patient) == Answer(Outcome.REPLY, LARGE, [])
    thread.join()


def test_an_event_loop_goes_on_meanwhile_and_gets_its_reply_then(
    lane: Lane, replies: Replies, table: Table
) -> None:
    async def main() -> Answer | None:
        loop = asyncio.get_running_loop()
        pending = PendingInLoop(time.monotonic() + 20, loop)
        number = replies.expect(pending)
        replies.attend(loop)
        table.full = True
        post(lane, reply(number, LARGE))
        await asyncio.to_thread(table.wait_until_asked, 2)
        turns = 0
        while table.asked.acquire(blocking=False) or turns < 100:
            turns += 1
            await asyncio.sleep(0)
        table.full = False
        return await pending.future

    assert asyncio.run(main()) == Answer(Outcome.REPLY, LARGE, [])


def test_all_asks_can_be_ended_meanwhile(lane: Lane, replies: Replies, table: Table) -> None:
    pending = Pending(time.monotonic() + 20)
    table.full = True
    post(lane, reply(replies.expect(pending), LARGE))
    replies.end_present(Answer(Outcome.CRASHED))
    assert pending.answer == Answer(Outcome.CRASHED)


def test_what_has_come_behind_it_is_heard_before_asks_are_ended(
    lane: Lane, replies: Replies, table: Table
) -> None:
    large, behind = (Pending(time.monotonic() + 20) for _ in range(2))
    numbers = replies.expect(large), replies.expect(behind)
    table.full = True
    post(lane, reply(numbers[0], LARGE))
    with pytest.raises(Scarcity, match=os.strerror(errno.EMFILE)):
        replies.read()
    post(lane, reply(numbers[1], b"here"))
    table.full = False
    replies.end_present(Answer(Outcome.CRASHED))
    assert [pending.answer and pending.answer.outcome for pending in (large, behind)] == [Outcome.REPLY] * 2


def test_an_event_loop_does_not_spin_while_a_thread_reads_in_vain(
    lane: Lane, replies: Replies, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = Pending(time.monotonic() + 20)
    number = replies.expect(pending)
    table.full = True
    post(lane, reply(number, LARGE))
    ends = queue.SimpleQueue[Answer | None]()
    thread = threading.Thread(target=lambda: ends.put(replies.wait(pending)))
    calls = 0
    in_passing = replies._read_in_passing  # pyright: ignore[reportPrivateUsage]

    def count() -> None:
        nonlocal calls
        calls += 1
        in_passing()

    async def main() -> None:
        monkeypatch.setattr(replies, "_read_in_passing", count)
        replies.attend(asyncio.get_running_loop())
        thread.start()
        await asyncio.to_thread(table.wait_until_asked, 10)
        assert calls < 20_000, "50,000 and more if it spins; for moments it may, while the thread reads"
        table.full = False
        assert await asyncio.to_thread(ends.get) == Answer(Outcome.REPLY, LARGE, [])

    asyncio.run(main())
    thread.join()


def test_an_event_loop_does_not_come_back_to_a_closed_lane(lane: Lane) -> None:
    replies = Replies(lane, (), lambda: None)
    descriptor, held = replies._watched[0], replies._lane.hold()  # pyright: ignore[reportPrivateUsage]

    async def main() -> None:
        loop = asyncio.get_running_loop()
        replies.attend(loop)
        replies._leave(loop, None)  # pyright: ignore[reportPrivateUsage]
        replies.close()
        replies._enter(loop)  # pyright: ignore[reportPrivateUsage]
        assert held
        assert not loop.remove_reader(descriptor)

    asyncio.run(main())


def test_a_future_waits_for_a_descriptor_as_well(lane: Lane, replies: Replies, table: Table) -> None:
    def conclude(answer: Answer | None) -> bytes:
        assert answer
        return answer.body

    pending = replies.futures.expect(time.monotonic() + 20, conclude)
    number = replies.expect(pending)
    table.full = True
    post(lane, reply(number, LARGE))
    replies.futures.attend(pending)
    table.wait_until_asked(3)
    table.full = False
    assert pending.future.result(timeout=20) == LARGE


class Reciter(Actor):
    def receive(self, message: str) -> None:
        raise ValueError(message)


def next_crash(events: EventStream) -> ActorCrashed:
    while not isinstance(event := events.next(timeout=20), ActorCrashed):
        assert event
    return event


async def next_crash_async(events: EventStream) -> ActorCrashed:
    async for event in events:
        if isinstance(event, ActorCrashed):
            return event
    raise AssertionError("the stream has ended")


@pytest.mark.parametrize("is_async", [False, True])
def test_a_stream_of_events_waits_for_a_descriptor(
    system: ActorSystem, table: Table, monkeypatch: pytest.MonkeyPatch, is_async: bool
) -> None:
    monkeypatch.setattr(eventstream, "PAUSE", 0.01)
    with system.events() as events:
        table.full = True
        system.spawn(Reciter).tell(LONG)

        def free_one() -> None:
            table.wait_until_asked(3)
            table.full = False

        thread = threading.Thread(target=free_one)
        thread.start()
        crash = asyncio.run(next_crash_async(events)) if is_async else next_crash(events)
        assert LONG in crash.reason.text
        thread.join()


def test_who_reads_events_without_waiting_does_not_wait_for_a_descriptor(
    system: ActorSystem, table: Table
) -> None:
    with system.events() as events:
        table.full = True
        system.spawn(Reciter).tell(LONG)
        while table.asked.acquire(blocking=False) is False:
            events.next(timeout=0)
        assert events.next(timeout=0) is None
        table.full = False
        assert LONG in next_crash(events).reason.text


def test_a_lane_for_which_there_was_no_descriptor_is_made_once_there_is(lane: Lane) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))) + 2, hard))
    held: list[int] = []
    try:
        with suppress(OSError):
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        for _ in "12":
            with pytest.raises(OSError, match="Too many open files"):
                LaneReader.create(lane)
            os.close(held.pop())
        LaneReader.create(lane).close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in held:
            os.close(descriptor)
