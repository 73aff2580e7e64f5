"""The journal agrees with a naive model, whatever happens to it in whatever order."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,  # pyright: ignore[reportUnknownVariableType]
)

from actors.runtime.mailbox import frame, journal
from actors.runtime.mailbox.journal import Entry, Garbage, Journal
from actors.runtime.mailbox.layout import make_pipe
from actors.runtime.mailbox.status import Status, Word

CAPACITY = 65_536
payloads = st.binary(max_size=300) | st.binary(min_size=frame.ROOM, max_size=frame.ROOM)
garbage = st.binary(min_size=1, max_size=60).filter(
    lambda data: frame.MAGIC_BYTES[:1] not in data and data[-1] != 0
)


class JournalMachine(RuleBasedStateMachine):
    """A pipe and a journal beside two queues: what is in the pipe, and what the journal has read."""

    @initialize()
    def begin(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.pipe = make_pipe(self.directory / "mail")
        self.path = self.directory / "journal"
        journal.create(self.path, CAPACITY, 0)
        self.status = Status(self.path)
        self.journal = Journal(self.path, self.pipe)
        self.in_pipe: deque[Entry | Garbage] = deque()
        self.in_batch: deque[Entry | Garbage] = deque()
        self.in_hand = False

    def teardown(self) -> None:
        if hasattr(self, "directory"):
            self.journal.close()
            self.status.close()
            os.close(self.pipe)
            shutil.rmtree(self.directory)

    def write(self, data: bytes, message: Entry | Garbage) -> None:
        try:
            os.write(self.pipe, data)
        except BlockingIOError:
            return
        self.in_pipe.append(message)

    @rule(payload=payloads)
    def put(self, payload: bytes) -> None:
        self.write(frame.inline(payload), Entry(frame.INLINE, payload))

    @rule(label=st.binary(min_size=1, max_size=40))
    def put_a_parcel(self, label: bytes) -> None:
        self.write(frame.parcel(label), Entry(frame.PARCEL, label))

    @rule(data=garbage)
    def put_garbage(self, data: bytes) -> None:
        self.write(data, Garbage(len(data)))

    @rule()
    def refill(self) -> None:
        if self.journal.refill():
            if self.journal.drained():
                assert not self.in_batch
            self.in_batch += self.in_pipe
            self.in_pipe.clear()
            self.join_garbage()

    def join_garbage(self) -> None:
        """Garbage is one piece up to the next frame."""
        joined: deque[Entry | Garbage] = deque()
        for message in self.in_batch:
            last = joined[-1] if joined else None
            held = self.in_hand and len(joined) == 1
            if isinstance(message, Garbage) and isinstance(last, Garbage) and not held:
                joined[-1] = Garbage(last.size + message.size)
            else:
                joined.append(message)
        self.in_batch = joined

    @rule()
    def take(self) -> None:
        self.in_hand = False  # garbage that is taken again has grown by what came behind it
        self.join_garbage()
        taken = self.journal.take()
        assert taken == (self.in_batch[0] if self.in_batch else None)
        self.in_hand = taken is not None

    @precondition(lambda self: self.in_hand)
    @rule()
    def done(self) -> None:
        self.journal.done()
        self.in_batch.popleft()
        self.in_hand = False

    @precondition(lambda self: not self.in_hand)
    @rule()
    def run(self) -> None:
        for message in self.journal.run():
            assert self.journal.taken
            self.refill_model()
            assert self.in_batch.popleft() == Entry(frame.INLINE, message)
        self.refill_model()
        following = self.in_batch[0] if self.in_batch else None
        assert not (isinstance(following, Entry) and following.kind == frame.INLINE)

    def refill_model(self) -> None:
        if not self.in_batch:
            self.in_batch += self.in_pipe
            self.in_pipe.clear()
            self.join_garbage()

    @rule()
    def reopen(self) -> None:
        self.journal.close()
        self.journal = Journal(self.path, self.pipe)
        if self.in_hand:  # a successor takes in hand again what its predecessor had
            assert self.journal.taken
            self.take()

    @invariant()
    def counts(self) -> None:
        if not hasattr(self, "directory"):
            return
        count, size = self.journal.count()
        assert count == len(self.in_batch) - self.in_hand
        assert (size == 0) == (count == 0)
        assert self.status.drained == (not self.in_batch)
        assert self.journal.taken == self.in_hand


@pytest.fixture
def pipe_and_journal(tmp_path: Path) -> Iterator[tuple[int, Journal]]:
    pipe = make_pipe(tmp_path / "mail")
    journal.create(tmp_path / "journal", CAPACITY, 0)
    opened = Journal(tmp_path / "journal", pipe)
    yield pipe, opened
    opened.close()
    os.close(pipe)


@pytest.mark.parametrize("first_read", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("half_used", [False, True], ids=["anew", "behind"])
@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
def test_an_interrupt_beside_the_read_loses_nothing(
    pipe_and_journal: tuple[int, Journal],
    monkeypatch: pytest.MonkeyPatch,
    first_read: bool,
    half_used: bool,
    again: bool,
) -> None:
    pipe, opened = pipe_and_journal
    ends_in_zeros = Entry(frame.INLINE, b"second".ljust(frame.ROOM, b"\0"))
    read = opened._read  # pyright: ignore[reportPrivateUsage]

    def interrupt(batch: memoryview) -> int:
        if first_read:
            read(batch)
        raise KeyboardInterrupt

    def interrupt_again(_: int) -> int:
        raise KeyboardInterrupt

    os.write(pipe, frame.inline(b"first"))
    if half_used:
        assert opened.refill()
    os.write(pipe, frame.inline(ends_in_zeros.payload))
    with monkeypatch.context() as patch:
        patch.setattr(opened, "_read", interrupt)
        with pytest.raises(KeyboardInterrupt):
            opened.refill()
        assert not opened.drained()
        if again:
            patch.setattr(opened, "_end_of_bytes_behind", interrupt_again)
            with pytest.raises(KeyboardInterrupt):
                opened.refill()
    assert opened.refill()
    assert opened.take() == Entry(frame.INLINE, b"first")
    opened.done()
    assert opened.take() == ends_in_zeros


def test_an_interrupt_in_the_adoption_leaves_the_rest_for_later(
    pipe_and_journal: tuple[int, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, opened = pipe_and_journal
    messages = [b"first", b"second", b"third"]
    os.write(pipe, b"".join(map(frame.inline, messages)))
    read, look = opened._read, opened._look  # pyright: ignore[reportPrivateUsage]

    def read_and_interrupt(batch: memoryview) -> int:
        read(batch)
        raise KeyboardInterrupt

    def look_once(position: int, end: int) -> tuple[int, int]:
        if position:
            raise KeyboardInterrupt
        return look(position, end)

    for name, interrupt in (("_read", read_and_interrupt), ("_look", look_once)):
        with monkeypatch.context() as patch:
            patch.setattr(opened, name, interrupt)
            with pytest.raises(KeyboardInterrupt):
                opened.refill()
    assert opened.count()[0] == 1, "the adoption must come forward, however often it is interrupted"
    for message in messages:
        assert opened.take_inline() == message
        opened.done()
    assert opened.drained()


def test_a_batch_that_ends_in_less_than_a_head_is_counted(pipe_and_journal: tuple[int, Journal]) -> None:
    pipe, opened = pipe_and_journal
    pages = CAPACITY // frame.PIPE_BUF
    for size in (frame.PIPE_BUF, frame.PIPE_BUF - frame.HEAD.size):  # to the very end
        for _ in range(pages - 1):
            os.write(pipe, b"x" * frame.PIPE_BUF)
        os.write(pipe, b"x" * size)
        assert opened.refill()
    assert opened.count() == (1, 2 * CAPACITY - frame.HEAD.size)
    assert opened.take_inline() is None
    assert not list(opened.run())
    os.write(pipe, b"no room for this")
    assert not opened.refill()


@pytest.mark.parametrize("left", range(1, frame.HEAD.size + 2))
def test_a_head_that_the_batch_has_not_room_for_is_no_message(
    pipe_and_journal: tuple[int, Journal], left: int
) -> None:
    """The first bytes of a frame, at the very end of the mapped file."""
    pipe, opened = pipe_and_journal
    room = capacity = opened.words[Word.CAPACITY]
    whole = frame.inline(bytes(frame.ROOM))
    while room > len(whole) + frame.HEAD.size + left:
        os.write(pipe, whole)
        room -= len(whole)
        assert opened.refill()
    os.write(pipe, frame.inline(bytes(room - left - frame.HEAD.size)))
    os.write(pipe, frame.inline(bytes(100))[:left])
    assert opened.refill()
    count = 0
    for _ in opened.run():
        count += 1
    assert count == (capacity - frame.HEAD.size - left) // len(whole) + 1
    assert opened.take_inline() is None
    assert opened.take() == Garbage(left)


def test_no_frame_is_cut_that_comes_while_there_is_room_for_a_part_of_it(
    pipe_and_journal: tuple[int, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, opened = pipe_and_journal
    longest = frame.inline(bytes(frame.ROOM))
    batch = CAPACITY // len(longest)
    for count in (batch, batch - 1):  # one frame less than there is room for
        for _ in range(count):
            os.write(pipe, longest)
        assert opened.refill()
    waiting = journal.waiting_bytes

    def late(descriptor: int) -> int:
        size = waiting(descriptor)
        for _ in range(2):
            os.write(pipe, longest)
        return size

    os.write(pipe, frame.inline(b"in time"))
    with monkeypatch.context() as patch:
        patch.setattr(journal, "waiting_bytes", late)
        assert opened.refill()
    while entry := opened.take():
        assert isinstance(entry, Entry)
        opened.done()
    assert opened.refill()
    assert opened.take() == Entry(frame.INLINE, bytes(frame.ROOM))


def test_a_journal_agrees_with_its_model() -> None:
    run_state_machine_as_test(
        JournalMachine, settings=settings(max_examples=60, stateful_step_count=40, deadline=None)
    )


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("data", [frame.inline(b"x"), frame.parcel(b"m1.1.1")], ids=["inline", "parcel"])
def test_what_is_noted_of_readers_leaves_the_senders_note(
    pipe_and_journal: tuple[int, Journal], data: bytes, counted: bool
) -> None:
    pipe, opened = pipe_and_journal
    os.write(pipe, data if counted else frame.uncounted(data))
    assert opened.refill()
    entry = opened.take()
    assert isinstance(entry, Entry)
    assert entry.payload == data[frame.HEAD.size :]
    assert (opened.tried, opened.deaths, opened.counted) == (False, 0, counted)
    opened.put_back()
    assert (opened.tried, opened.deaths, opened.counted) == (True, 0, counted)
    for deaths in range(1, 102):
        assert opened.take() == entry
        opened.blame()
        opened.put_back()
        assert (opened.tried, opened.deaths, opened.counted) == (True, deaths, counted)
    for _ in range(100):
        opened.blame()
    assert (opened.tried, opened.counted) == (True, counted), "the deaths leave it, however many there are"


def test_garbage_has_taken_no_place(pipe_and_journal: tuple[int, Journal]) -> None:
    pipe, opened = pipe_and_journal
    os.write(pipe, b"garbage")
    assert opened.refill()
    assert opened.take() == Garbage(7)
    assert not opened.counted
