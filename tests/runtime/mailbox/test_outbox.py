"""An outbox whose readers end: what waited in it is told, all of it, to who sent it."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from actors.core.errors import MailboxClosed
from actors.runtime.mailbox import frame, overflow
from actors.runtime.mailbox.drainer import Carrier, Drainer
from actors.runtime.mailbox.layout import make_pipe
from actors.runtime.mailbox.outbox import Outbox
from actors.runtime.mailbox.parcel import Places
from actors.runtime.mailbox.pipe import Pipe

LARGE = b"large" * 1_000
WAITING = ([LARGE, b"segment"], [b"small"], [LARGE], [b"last"])
LOST = [message for message, *_segments in WAITING]


class Nobody:
    """Carries nothing: the test drains."""

    threaded = False

    def watch(self, outbox: Outbox) -> None:
        """Do nothing."""

    def forget(self, outbox: Outbox) -> None:
        """Likewise."""


class FullPipe:
    """A full pipe, an outbox in which messages wait for room, and what was told of their end."""

    def __init__(
        self,
        directory: Path,
        carrier: Carrier | None = None,
        on_lost: Callable[[Sequence[bytes]], None] | None = None,
    ) -> None:
        self.lost: list[bytes] = []
        self.gone = False
        self.parcels = directory / "parcels"
        self.parcels.mkdir(parents=True)
        self.reader = make_pipe(directory / "mail")
        with suppress(BlockingIOError):
            while True:
                os.write(self.reader, bytes(4096))
        self.outbox = Outbox(
            Pipe.open(directory / "mail", "the mailbox"),
            Places(str(self.parcels), str(directory / "spill")),
            name="the mailbox",
            carrier=carrier or Nobody(),
            gone=lambda: self.gone,
            on_lost=on_lost or self.lost.extend,
        )
        for message, *segments in WAITING:
            self.outbox.put(message, segments)
        assert self.outbox.waiting == len(WAITING)

    def make_room(self) -> None:
        """Read all that is in the pipe."""
        os.read(self.reader, 1 << 20)

    def end(self) -> None:
        """End its last reader."""
        os.close(self.reader)
        self.reader = -1


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[FullPipe]:
    pipe = FullPipe(tmp_path)
    yield pipe
    pipe.outbox.close()
    if pipe.reader >= 0:
        pipe.end()


def test_what_waits_when_the_last_reader_ends_is_told_to_the_sender(pipe: FullPipe) -> None:
    pipe.end()
    pipe.outbox.drain()
    assert pipe.lost == LOST
    with pytest.raises(MailboxClosed):
        pipe.outbox.put(b"too late")
    assert pipe.lost == LOST


def test_what_waits_at_a_close_is_told_to_the_sender(pipe: FullPipe) -> None:
    pipe.outbox.close()
    assert pipe.lost == LOST


def test_what_is_written_after_the_readers_last_look_is_told_too(pipe: FullPipe) -> None:
    pipe.make_room()
    pipe.gone = True
    pipe.outbox.drain()
    assert pipe.lost == LOST
    assert not any(pipe.parcels.iterdir())


def test_a_signal_handler_may_put_in_the_midst_of_a_drain(
    pipe: FullPipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def write_and_be_interrupted(descriptor: int, data: bytes) -> int:
        size = write(descriptor, data)
        monkeypatch.setattr(os, "write", write)
        pipe.outbox.put(b"h" * frame.ROOM)  # large enough to be sent at once, with all that waits before it
        return size

    pipe.outbox.close()
    pipe.end()
    pipe = FullPipe(pipe.parcels.parent / "other")
    pipe.make_room()
    monkeypatch.setattr(os, "write", write_and_be_interrupted)
    pipe.outbox.drain()
    sent = os.read(pipe.reader, 1 << 20)
    assert [sent.count(part) for part in (b"small", b"last", b"h" * frame.ROOM)] == [1, 1, 1]
    assert not pipe.outbox.waiting
    pipe.outbox.close()
    pipe.end()


def test_a_sender_gives_way_to_a_receiver_as_long_as_that_reads(
    pipe: FullPipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, given = 0.0, 0

    def give() -> None:
        nonlocal given
        given += 1

    monkeypatch.setattr(overflow, "monotonic", lambda: now)
    monkeypatch.setattr(os, "sched_yield", give)
    pipe.make_room()
    pipe.outbox.drain()
    page = bytes(frame.ROOM)
    now += 1
    while not pipe.outbox.waiting:
        pipe.outbox.put(page)
        assert given == pipe.outbox.waiting, "only when the pipe is full"
    pipe.outbox.put(page)
    assert given == 2
    now += 1
    pipe.outbox.put(page)
    assert given == 2, "nothing has been read for long"
    os.read(pipe.reader, len(page))
    pipe.outbox.put(page)
    assert given == 3
    pipe.make_room()
    pipe.outbox.put(page)
    assert given == 3, "all has been sent"


def test_what_has_taken_no_place_waits_in_its_turn_and_keeps_the_note_of_it(pipe: FullPipe) -> None:
    pipe.outbox.put_uncounted(b"uncounted")
    pipe.outbox.put_uncounted(LARGE, [b"segment"])
    pipe.outbox.put(b"counted")
    assert pipe.outbox.waiting == len(WAITING) + 3
    pipe.make_room()
    pipe.outbox.drain()
    notes = [note for _kind, note in frames(os.read(pipe.reader, 1 << 20))]
    assert notes == [0] * len(WAITING) + [frame.UNCOUNTED] * 2 + [0]
    pipe.outbox.put_uncounted(b"sent at once")
    assert frames(os.read(pipe.reader, 1 << 20)) == [(frame.INLINE, frame.UNCOUNTED)]


def frames(data: bytes) -> list[tuple[int, int]]:
    """The kind and the note of each frame."""
    found: list[tuple[int, int]] = []
    while data:
        _, kind, length = frame.HEAD.unpack_from(data)
        found.append((kind, data[frame.NOTE]))
        data = data[length:]
    return found


def test_nothing_is_told_of_what_has_been_carried(pipe: FullPipe) -> None:
    pipe.make_room()
    pipe.outbox.drain()
    pipe.end()
    pipe.outbox.drain()
    assert pipe.lost == []


def test_one_whose_losses_cannot_be_told_keeps_no_other_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = queue.SimpleQueue[type[BaseException]]()

    def show(args: threading.ExceptHookArgs) -> None:
        shown.put(args.exc_type)

    def fail(_: Sequence[bytes]) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(threading, "excepthook", show)
    drainer = Drainer()
    broken, sound = FullPipe(tmp_path / "broken", drainer, fail), FullPipe(tmp_path / "sound", drainer)
    broken.end()
    assert shown.get(timeout=10) is ZeroDivisionError
    sound.make_room()
    assert sound.outbox.flush(10)
    sound.outbox.close()
    sound.end()
