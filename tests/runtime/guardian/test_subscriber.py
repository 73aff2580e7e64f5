"""Subscribers to events: the slow ones lose the oldest, and are told how many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.core.codec import Codec
from actors.core.errors import MailboxClosed
from actors.core.events import DeadLetter, Event, EventsLost
from actors.runtime.guardian.loop import Loop
from actors.runtime.guardian.subscriber import Subscriber
from actors.runtime.lane import Lane, LaneReader
from actors.runtime.mailbox.outbox import Outbox
from actors.runtime.mailbox.pipe import Pipe
from support import lanes

CODEC = Codec()
KEPT = 10_000


@pytest.fixture
def lane(tmp_path: Path) -> Lane:
    return Lane.at(tmp_path / "lane", tmp_path / "spill")


@pytest.fixture
def reader(lane: Lane) -> Iterator[LaneReader]:
    reader = LaneReader.create(lane)
    yield reader
    reader.close()


@pytest.fixture
def subscriber(lane: Lane, reader: LaneReader, loop: Loop) -> Iterator[Subscriber]:
    outbox = Outbox(Pipe.open(lane.pipe, "events"), lane.places, name="events", carrier=loop)
    subscriber = Subscriber(outbox, loop, CODEC.encode, kept=KEPT)
    yield subscriber
    subscriber.close()


def letter(number: int, size: int = 100) -> DeadLetter:
    return DeadLetter(receiver="a", sender="b", cause="c", message=bytes(size), count=number)


def send(subscriber: Subscriber, *numbers: int, size: int = 100) -> None:
    for number in numbers:
        subscriber.send(CODEC.encode(letter(number, size)))


def read_all(reader: LaneReader, loop: Loop, last: int) -> list[Event]:
    """Read, while the guardian's loop runs, up to the letter of a number."""
    events: list[Event] = []

    def read() -> None:
        events.extend(CODEC.decode(*parts) for parts in lanes.read(reader))
        if isinstance(events[-1], DeadLetter) and events[-1].count == last:
            loop.stop()

    loop.add(reader.fileno(), read)
    loop.run()
    loop.remove(reader.fileno())
    return events


def test_a_subscriber_that_reads_gets_everything_in_order(
    subscriber: Subscriber, reader: LaneReader, loop: Loop
) -> None:
    send(subscriber, *range(1, 101))
    assert read_all(reader, loop, 100) == [letter(number) for number in range(1, 101)]


def test_a_slow_one_loses_the_oldest_of_what_waits_and_is_told_how_many(
    subscriber: Subscriber, reader: LaneReader, loop: Loop
) -> None:
    send(subscriber, *range(1, 2_001))
    expected = 1
    for event in read_all(reader, loop, 2_000):
        if isinstance(event, EventsLost):
            expected += event.count
        else:
            assert event == letter(expected)
            expected += 1
    assert expected == 2_001


def test_large_events_keep_their_place(subscriber: Subscriber, reader: LaneReader, loop: Loop) -> None:
    letters = [letter(1), letter(2, size=6_000), letter(3)]
    for one in letters:
        subscriber.send(CODEC.encode(one))
    assert read_all(reader, loop, 3) == letters


def test_one_whose_reader_is_gone_is_found_to_be(subscriber: Subscriber, reader: LaneReader) -> None:
    reader.close()
    with pytest.raises(MailboxClosed):
        send(subscriber, 1)
