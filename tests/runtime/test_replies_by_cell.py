"""Replies by the cell: where asker and answerer meet, what goes by it, and what must not."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors import Actor, ActorRef, ActorSystem, child
from actors.core import envelope
from actors.core.envelope import Outcome
from actors.runtime import cell as cell_module
from actors.runtime.cell import ROOM, CellWriter
from actors.runtime.lane import Lane
from actors.runtime.mailbox.drainer import PROCESS_DRAINER
from actors.runtime.mailbox.journal import waiting_bytes
from actors.runtime.pending import Answer, Pending, PendingInLoop
from actors.runtime.replies import Replies
from actors.runtime.replylane import ReplyLane

HERE = Answer(Outcome.REPLY, b"here")
LONG = 1_000.0


@pytest.fixture
def to_asker(lane: Lane, replies: Replies) -> Iterator[ReplyLane]:
    """The other end of the lane, when two replies have been sent through the pipe."""
    to_asker = ReplyLane(lane, "asker", PROCESS_DRAINER)
    for _ in range(2):
        ask(replies, to_asker)
    yield to_asker
    to_asker.close()


def answer(to_asker: ReplyLane, number: int, body: bytes = b"here", *, only: bool = True) -> None:
    to_asker.reply(number, envelope.reply(number, Outcome.REPLY, body), (), only=only)


def ask(
    replies: Replies, to_asker: ReplyLane, body: bytes = b"here", *, only: bool = True
) -> Answer | None:
    """Ask, and be answered at once."""
    pending = Pending(time.monotonic() + LONG, looks=True)
    try:
        answer(to_asker, replies.expect(pending), body, only=only)
        return replies.wait(pending)
    finally:
        replies.forget(pending)


def through_pipe(replies: Replies) -> int:
    """How many bytes of replies wait in the pipe."""
    pipe = replies._lane.hold()  # pyright: ignore[reportPrivateUsage]
    assert pipe is not None
    return waiting_bytes(pipe.number)


def laid(replies: Replies) -> int:
    """The last question whose reply has been laid into the cell."""
    return replies._cell._words[cell_module._LAID]  # pyright: ignore[reportPrivateUsage]


def test_a_reply_that_is_looked_for_goes_by_the_cell(replies: Replies, to_asker: ReplyLane) -> None:
    pending = Pending(time.monotonic() + LONG, looks=True)
    number = replies.expect(pending)
    answer(to_asker, number)
    assert laid(replies) == number
    assert not through_pipe(replies)
    assert replies.wait(pending) == HERE
    replies.forget(pending)
    assert not replies.late


def test_the_first_two_replies_to_an_asker_go_through_the_pipe(lane: Lane, replies: Replies) -> None:
    to_asker = ReplyLane(lane, "asker", PROCESS_DRAINER)
    asked = list[bool]()
    for _ in range(4):
        pending = Pending(time.monotonic() + LONG, looks=True)
        number = replies.expect(pending)
        answer(to_asker, number)
        asked.append(laid(replies) == number)
        assert replies.wait(pending) == HERE
        replies.forget(pending)
    to_asker.close()
    assert asked == [False, False, True, True]


def test_what_is_not_looked_for_goes_through_the_pipe(replies: Replies, to_asker: ReplyLane) -> None:
    pending = Pending(time.monotonic() + LONG)
    answer(to_asker, replies.expect(pending))
    assert through_pipe(replies)
    assert replies.wait(pending) == HERE
    replies.forget(pending)


@pytest.mark.parametrize(
    ("body", "only"), [(bytes(ROOM), True), (b"here", False)], ids=["large", "one of two"]
)
def test_so_does_what_the_cell_is_not_for(
    replies: Replies, to_asker: ReplyLane, body: bytes, only: bool
) -> None:
    before = laid(replies)
    assert ask(replies, to_asker, body, only=only) == Answer(Outcome.REPLY, body)
    assert laid(replies) == before
    assert ask(replies, to_asker) == HERE
    assert laid(replies) != before


def test_a_reply_that_comes_after_a_moment_comes_through_the_pipe(
    replies: Replies, to_asker: ReplyLane
) -> None:
    pending, ends = Pending(time.monotonic() + LONG, looks=True), list[Answer | None]()
    number = replies.expect(pending)
    thread = threading.Thread(target=lambda: ends.append(replies.wait(pending)))
    thread.start()
    while pending.by_cell:
        pass
    before = laid(replies)
    answer(to_asker, number)
    thread.join(20)
    replies.forget(pending)
    assert ends == [HERE]
    assert laid(replies) == before


def test_a_reply_in_the_cell_is_heard_before_all_asks_are_ended(
    replies: Replies, to_asker: ReplyLane
) -> None:
    waiting, ended = Pending(time.monotonic() + LONG, looks=True), threading.Event()
    answer(to_asker, replies.expect(waiting))

    def end() -> None:
        replies.end_all(RuntimeError("it was told to stop"))
        ended.set()

    replies._lead._lock.acquire()  # as if another thread read the lane  # pyright: ignore[reportPrivateUsage]
    thread = threading.Thread(target=end)
    thread.start()
    assert not ended.wait(0.05)
    replies._lead._lock.release()  # pyright: ignore[reportPrivateUsage]
    assert replies.wait(waiting) == HERE
    thread.join(20)
    replies.forget(waiting)


def test_so_it_is_if_all_ends_while_its_asker_is_interrupted(replies: Replies, to_asker: ReplyLane) -> None:
    pending = Pending(time.monotonic() + LONG, looks=True)
    answer(to_asker, replies.expect(pending))
    replies.end_all(RuntimeError("it was told to stop"))
    replies.close()
    assert replies.wait(pending) == HERE
    replies.forget(pending)


@pytest.mark.parametrize("taken", [True, False])
def test_a_reply_that_has_been_taken_from_it_stays_the_end_of_its_ask(
    replies: Replies, to_asker: ReplyLane, taken: bool
) -> None:
    pending = Pending(time.monotonic() + LONG, looks=True)
    answer(to_asker, replies.expect(pending))
    assert replies.wait(pending) == HERE
    if taken:
        replies.end_present(Answer(Outcome.CRASHED))
    else:  # by who had already taken it from those that are open
        pending.resolve(Answer(Outcome.CRASHED))
    assert pending.answer == HERE
    replies.forget(pending)


def test_an_ask_that_is_given_up_before_it_waits_closes_the_cell(
    replies: Replies, to_asker: ReplyLane
) -> None:
    given_up = Pending(time.monotonic() + LONG, looks=True)
    replies.expect(given_up)
    replies.forget(given_up)
    before = laid(replies)
    assert ask(replies, to_asker) == HERE
    assert laid(replies) > before


def claim(replies: Replies, number: int) -> None:
    """Be about to lay the reply to a question down."""
    replies._cell._words[cell_module._CLAIMED] = number  # pyright: ignore[reportPrivateUsage]


def doubted(replies: Replies) -> int:
    return replies._cell.doubtful  # pyright: ignore[reportPrivateUsage]


def test_a_cell_that_may_still_be_written_to_opens_again_when_the_reply_has_come(
    replies: Replies, to_asker: ReplyLane
) -> None:
    pending = Pending(time.monotonic() + LONG, looks=True)
    number = replies.expect(pending)
    claim(replies, number)
    replies.forget(pending)
    assert doubted(replies) == number
    before = laid(replies)
    assert ask(replies, to_asker) == HERE
    assert laid(replies) == before
    answer(to_asker, number)
    replies.read()
    assert ask(replies, to_asker) == HERE
    assert laid(replies) > before
    assert replies.late == 1


def test_so_it_does_if_the_reply_came_before_the_cell_was_closed(
    replies: Replies, to_asker: ReplyLane
) -> None:
    pending = Pending(time.monotonic() + LONG, looks=True)
    number = replies.expect(pending)
    answer(to_asker, number, only=False)
    replies.read()
    claim(replies, number)
    assert replies.wait(pending) == HERE
    replies.forget(pending)
    assert not doubted(replies)


def test_a_reply_that_comes_both_ways_is_no_late_one(replies: Replies, to_asker: ReplyLane) -> None:
    pending = Pending(time.monotonic() + LONG, looks=True)
    number = replies.expect(pending)
    answer(to_asker, number)
    replies.forget(pending)  # takes what lies there
    answer(to_asker, number, only=False)
    replies.read()
    assert pending.answer == HERE
    assert replies.late == 0


def test_so_does_one_that_a_signal_handler_ends_when_the_cell_has_just_been_opened(
    replies: Replies, to_asker: ReplyLane, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, pending = replies._cell, Pending(time.monotonic() + LONG, looks=True)  # pyright: ignore
    opened = cell.open

    def interrupted(question: int) -> bool:
        assert opened(question)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cell, "open", interrupted)
        with pytest.raises(KeyboardInterrupt):
            replies.expect(pending)
        replies.forget(pending)
    before = laid(replies)
    assert ask(replies, to_asker) == HERE
    assert laid(replies) > before


def test_what_is_no_reply_is_not_taken_for_one(replies: Replies, to_asker: ReplyLane) -> None:
    pending = Pending(time.monotonic() + 0.05, looks=True)
    number = replies.expect(pending)
    to_asker.reply(number, b"garbage", (), only=True)
    assert replies.wait(pending) is None
    replies.forget(pending)
    assert ask(replies, to_asker) == HERE


def test_a_coroutine_gets_its_reply_by_it(replies: Replies, to_asker: ReplyLane) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        replies.attend(loop)
        pending = PendingInLoop(time.monotonic() + LONG, loop, looks=True)
        number = replies.expect(pending)
        answer(to_asker, number)
        assert laid(replies) == number
        replies.look(pending)
        assert pending.future.done()
        assert await pending.end() == HERE
        replies.forget(pending)

    asyncio.run(main())


@pytest.mark.parametrize(
    "obstacle", ["no spinning", "another processor", "no interpreter lock", "disk full"]
)
def test_where_there_can_be_no_cell_all_replies_come_through_the_pipe(
    lane: Lane, monkeypatch: pytest.MonkeyPatch, obstacle: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    match obstacle:
        case "no spinning":
            monkeypatch.setattr("actors.runtime.replies.spin_time", lambda: 0.0)
        case "another processor":
            machine = os.uname()
            monkeypatch.setattr(os, "uname", lambda: type(machine)((*machine[:4], "aarch64")))
        case "no interpreter lock":
            monkeypatch.setattr("sys._is_gil_enabled", lambda: False, raising=False)
        case _:
            monkeypatch.setattr(os, "posix_fallocate", full)
    replies = Replies(lane, (), lambda: None)
    to_asker = ReplyLane(lane, "asker", PROCESS_DRAINER)
    try:
        assert [ask(replies, to_asker) for _ in range(5)] == [HERE] * 5
        assert not os.path.exists(lane.cell)
    finally:
        to_asker.close()
        replies.close()


def test_a_cell_of_which_nobody_can_have_a_part_is_none(tmp_path: Path) -> None:
    assert CellWriter.open(str(tmp_path / "nothing")) is None
    (tmp_path / "empty").touch()
    assert CellWriter.open(str(tmp_path / "empty")) is None


class Doubler(Actor):
    def receive(self, message: int) -> int:
        return 2 * message


class Relay(Actor):
    def __init__(self, to: ActorRef) -> None:
        self.to = to

    def receive(self, message: int) -> None:
        self.context.forward(self.to)


def test_threads_and_coroutines_that_ask_at_once_each_get_their_own(system: ActorSystem) -> None:
    doubler, wrong, rounds = system.spawn(Doubler), list[int](), 400

    def ask_alone(first: int) -> None:
        for number in range(first, first + rounds):
            if doubler.ask(number) != 2 * number:
                wrong.append(number)

    async def ask_in_a_loop(first: int) -> None:
        for number in range(first, first + rounds):
            if await doubler.ask_async(number) != 2 * number:
                wrong.append(number)

    async def together() -> None:
        await asyncio.gather(*(ask_in_a_loop(first) for first in (30_000, 40_000)))

    threads = [threading.Thread(target=ask_alone, args=(first,)) for first in (10_000, 20_000)]
    threads.append(threading.Thread(target=lambda: asyncio.run(together())))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert system.late_replies == 0


def test_a_question_that_may_be_answered_twice_is_never_answered_by_it(system: ActorSystem) -> None:
    once, again = system.spawn(Doubler), system.spawn(child(Doubler).options(retry=1))
    relay = system.spawn(child(Relay, once))
    replies = system._session.endpoint._asking.replies  # pyright: ignore[reportPrivateUsage]
    for _ in range(20):
        once.ask(1)
    before = laid(replies)
    for _ in range(20):
        assert again.ask(1) == relay.ask(1) == 2
    assert laid(replies) == before


def fill(to_asker: ReplyLane) -> None:
    """Send late replies until they wait, as the pipe is full."""
    while not to_asker.waiting:
        to_asker.put(envelope.reply(0, Outcome.REPLY, b"late" * 500))


@pytest.mark.timeout(60)
def test_nobody_waits_long_for_an_asker_that_reads_no_more(to_asker: ReplyLane) -> None:
    fill(to_asker)
    for _ in range(2):
        assert not to_asker.flush(1_000)


def test_it_is_waited_for_an_asker_that_reads(replies: Replies, to_asker: ReplyLane) -> None:
    fill(to_asker)
    reading = threading.Thread(target=ask, args=(replies, to_asker), kwargs={"only": False})
    reading.start()
    assert to_asker.flush(20)
    reading.join()
    assert not to_asker.waiting
