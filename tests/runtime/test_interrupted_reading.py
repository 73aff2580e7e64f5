"""A signal handler that raises in the midst of the reading of a lane takes nothing from anybody else."""

from __future__ import annotations

import itertools
import operator
import os
import signal
import time
from _thread import interrupt_main
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from actors import Actor, ActorSystem
from actors.core import envelope
from actors.core.envelope import Outcome
from actors.runtime.lane import Lane, LaneReader
from actors.runtime.mailbox import frame, parcel
from actors.runtime.mailbox.journal import waiting_bytes
from actors.runtime.mailbox.reuse import REUSE
from actors.runtime.pending import Answer, Pending
from actors.runtime.replies import Replies
from support import lanes
from support.interrupts import Interrupted, raising_after_call

LARGE = b"large" * 10_000


def write(lane: Lane, *frames: bytes) -> None:
    writing = os.open(lane.pipe, os.O_WRONLY)
    os.write(writing, b"".join(frames))
    os.close(writing)


def framed(lane: Lane, message: bytes) -> bytes:
    if len(message) <= frame.ROOM:
        return frame.inline(message)
    return frame.parcel(parcel.send(lane.places, [message]))


@contextmanager
def raising_on_alarm() -> Generator[None]:
    def handle(*_: Any) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("bodies", [[b"alone"], [b"first", b"", b"third"]])
def test_after_whichever_call_in_the_reading_it_raises_every_reply_comes(
    lane: Lane, replies: Replies, bodies: list[bytes]
) -> None:
    for number in itertools.count(1):
        asks = [Pending(time.monotonic() + 20) for _ in bodies]
        write(
            lane,
            *(
                framed(lane, envelope.reply(replies.expect(ask), Outcome.REPLY, body))
                for ask, body in zip(asks, bodies, strict=True)
            ),
        )
        interrupted = False
        try:
            with raising_after_call(number, Replies.read.__code__):
                replies.read()
        except Interrupted:
            interrupted = True
        while not all(ask.answer for ask in asks):
            assert replies._has_mail(), number  # pyright: ignore[reportPrivateUsage]
            replies.read()
        assert [ask.answer and ask.answer.body for ask in asks] == bodies, number
        if not interrupted:
            assert number > 5 * len(bodies)
            return
        replies.read()  # a byte that has kept the pipe readable


@pytest.mark.parametrize("interrupted", range(3))
def test_what_it_has_kept_from_being_dealt_with_is_taken_again_with_all_behind_it(
    lane: Lane, interrupted: int
) -> None:
    reader, messages = LaneReader.create(lane), [b"first", LARGE, b"third"]
    taken: list[bytes] = []

    def take(message: bytes, _: Sequence[bytes]) -> None:
        if len(taken) == interrupted:
            raise Interrupted
        taken.append(message)

    write(lane, *(framed(lane, message) for message in messages))
    with pytest.raises(Interrupted):
        reader.read(take)
    assert waiting_bytes(reader.fileno()), "nobody would look"
    assert [*taken, *(message for message, _ in lanes.read(reader))] == messages
    REUSE.remove()
    assert not os.listdir(lane.places.main)


def test_none_runs_between_the_reading_of_bytes_and_the_note_of_their_number(lane: Lane) -> None:
    reader = LaneReader.create(lane)
    sizes = reader._sizes  # pyright: ignore[reportPrivateUsage]
    alarms = map(bool, map(interrupt_main, itertools.repeat(signal.SIGALRM)))
    reader._sizes = map(operator.add, sizes, alarms)  # pyright: ignore
    write(lane, frame.inline(b"first"), frame.inline(b"second"))
    with raising_on_alarm(), pytest.raises(Interrupted):
        lanes.read(reader)
    assert lanes.read(reader) == [(b"first", ()), (b"second", ())]


def test_what_one_that_reads_itself_has_not_dealt_with_is_left_to_what_it_has_interrupted(
    lane: Lane, replies: Replies
) -> None:
    """One asks, and another one raises in the midst of that."""
    other, inside = (Pending(time.monotonic() + 20) for _ in range(2))
    number = replies.expect(other)
    replies.expect(inside)

    def handle() -> None:
        write(lane, *(frame.inline(envelope.reply(number, Outcome.REPLY, b"here")) for _ in range(2)))
        with raising_after_call(1, Replies._end_ask.__code__), pytest.raises(Interrupted):  # pyright: ignore
            replies.wait(inside)

    replies._lead.take(handle)  # pyright: ignore[reportPrivateUsage]
    assert other.answer is None
    replies.read()
    assert other.answer == Answer(Outcome.REPLY, b"here")


class Silent(Actor):
    """Never answers."""

    def receive(self, message: Any) -> None:
        signal.pause()


@pytest.mark.parametrize("wait", ["ask", "event"])
def test_a_timeout_error_of_a_handler_ends_the_wait_that_it_interrupts(
    system: ActorSystem, wait: str
) -> None:
    def handle(*_: Any) -> None:
        raise TimeoutError("so the handler says")

    silent = system.spawn(Silent)
    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with system.events() as events, pytest.raises(TimeoutError, match="so the handler says"):
            _ = silent.ask("anything", timeout=20) if wait == "ask" else events.next(20)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        silent.kill()
