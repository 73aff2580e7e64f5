"""Threads, forks, signal handlers and strangers may use a mailbox at any time."""

from __future__ import annotations

import itertools
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from actors.core.errors import DecodeError, MailboxInUse
from actors.runtime.mailbox import frame
from actors.runtime.mailbox.drainer import PROCESS_DRAINER
from actors.runtime.mailbox.mailbox import Mailbox
from support.forks import Gate, fork, kill, wait
from support.interrupts import Interrupted, raising_after_call


def write(mailbox: Mailbox, data: bytes) -> None:
    """Write into the pipe what no mailbox writes."""
    os.write(mailbox._open.pipe.number, data)  # pyright: ignore[reportPrivateUsage]


def refuse(mailbox: Mailbox) -> None:
    with pytest.raises(MailboxInUse):
        mailbox.get()


@pytest.mark.parametrize(
    "garbage",
    [
        b"x",
        b"\0" * 100,
        os.urandom(3_000).replace(frame.MAGIC_BYTES, b"??"),
        frame.HEAD.pack(frame.MAGIC, 1, 7),
        frame.HEAD.pack(frame.MAGIC, 9, 20),
        frame.HEAD.pack(frame.MAGIC, 1, frame.PIPE_BUF + 1),
        frame.HEAD.pack(frame.MAGIC, 1, 0xFFFFFFFF),
        frame.inline(b"\xc1 no msgpack"),
        frame.parcel(b"m1.1.1"),
        frame.parcel(b"m../../../etc/passwd"),
        frame.parcel(b"s1.1.1"),
        frame.parcel(b"\xff"),
    ],
    ids=range(12),
)
def test_bytes_that_are_no_message_raise_decode_error_and_later_messages_arrive(garbage: bytes) -> None:
    mailbox = Mailbox()
    mailbox.put("before")
    write(mailbox, garbage)
    mailbox.put("after")
    assert mailbox.get() == "before"
    with pytest.raises(DecodeError):
        mailbox.get()
    assert mailbox.get() == "after"
    assert mailbox.empty()
    mailbox.close()


def test_a_parcel_that_is_a_link_or_lies_about_its_length_is_no_message(tmp_path: Path) -> None:
    mailbox = Mailbox()
    parcels = Path(mailbox._open.layout.places.main)  # pyright: ignore[reportPrivateUsage]
    (tmp_path / "secret").write_bytes(bytes(100))
    (parcels / "1.1.1").symlink_to(tmp_path / "secret")
    (parcels / "1.1.2").write_bytes(b"\x01\0\0\0" + b"\xff" * 8)
    (parcels / "1.1.3").write_bytes(b"\xff" * 100)
    (parcels / "1.1.4").write_bytes(b"")
    for name in (b"1", b"2", b"3", b"4"):
        write(mailbox, frame.parcel(b"m1.1." + name))
        with pytest.raises(DecodeError):
            mailbox.get()
    assert (tmp_path / "secret").exists()
    mailbox.close()


def test_each_thread_of_many_keeps_its_order_while_the_pipe_overflows() -> None:
    threads, each = 6, 3_000
    mailbox = Mailbox()

    def put(name: int) -> None:
        for number in range(each):
            mailbox.put([name, number] if number % 500 else [name, number, b"large" * 2_000])

    def send() -> None:
        writers = [threading.Thread(target=put, args=(name,)) for name in range(threads)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        mailbox.close()
        mailbox.join_thread()

    sender = fork(send)
    got: list[list[Any]] = [[] for _ in range(threads)]
    for _ in range(threads * each):
        received = mailbox.get(timeout=30)
        got[received[0]].append(received[1])
    assert got == [list(range(each))] * threads
    assert wait(sender) == 0
    mailbox.close()


def test_two_threads_of_one_process_share_what_arrives() -> None:
    mailbox, got = Mailbox(), queue.SimpleQueue[Any]()

    def read() -> None:
        while (value := mailbox.get()) != "end":
            got.put(value)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for value in [*range(5_000), *["end"] * 3]:
        mailbox.put(value)
    for reader in readers:
        reader.join()
    assert sorted(got.get() for _ in range(5_000)) == list(range(5_000))
    mailbox.close()


def test_a_thread_whose_time_is_up_does_not_end_the_turn_of_the_one_that_reads() -> None:
    mailbox, got = Mailbox(), queue.SimpleQueue[Any]()
    reading = mailbox._reading  # pyright: ignore[reportPrivateUsage]
    reader = threading.Thread(target=lambda: got.put(mailbox.get()))
    reader.start()
    while not reading._thread:  # pyright: ignore[reportPrivateUsage]
        os.sched_yield()
    for timeout in (0, 0.001):
        with pytest.raises(queue.Empty):
            mailbox.get(timeout=timeout)
    assert not reading._lock.acquire(blocking=False)  # pyright: ignore[reportPrivateUsage]
    mailbox.put("for the one that reads")
    reader.join()
    assert got.get() == "for the one that reads"
    mailbox.close()


def test_a_put_in_the_midst_of_another_that_calls_the_drainer_is_no_deadlock() -> None:
    mailbox = Mailbox()
    with PROCESS_DRAINER._lock:  # pyright: ignore[reportPrivateUsage]
        for number in range(10_000):
            mailbox.put(number)
    assert [mailbox.get(timeout=30) for _ in range(10_000)] == list(range(10_000))
    mailbox.close()


def test_a_second_reading_process_is_refused_until_the_first_releases() -> None:
    mailbox, ready, proceed = Mailbox(), Gate(), Gate()

    def read() -> None:
        assert mailbox.get() == "for the child"
        ready.open()
        proceed.wait()
        mailbox.release()
        ready.open()
        proceed.wait()

    mailbox.put("for the child")
    reader = fork(read)
    ready.wait()
    mailbox.put("for whom it may concern")
    with pytest.raises(MailboxInUse, match=f"process {reader}"):
        mailbox.get()
    proceed.open()
    ready.wait()
    assert mailbox.get() == "for whom it may concern"
    proceed.open()
    assert wait(reader) == 0
    for gate in (ready, proceed):
        gate.close()
    mailbox.close()


def test_a_second_object_of_the_same_process_is_refused_by_whatever_path(tmp_path: Path) -> None:
    mailbox = Mailbox()
    (tmp_path / "alias").symlink_to(Path(mailbox.address).parent)
    other = Mailbox.attach(str(tmp_path / "alias" / Path(mailbox.address).name))
    mailbox.put(1)
    mailbox.put(2)
    assert mailbox.get() == 1
    with pytest.raises(MailboxInUse, match=f"process {os.getpid()}"):
        other.get()
    assert mailbox.get() == 2
    assert wait(fork(lambda: refuse(mailbox))) == 0
    other.close()
    mailbox.close()


def test_a_child_forked_while_other_threads_hold_every_lock_uses_the_mailbox() -> None:
    mailbox, answers = Mailbox(), Mailbox()
    stop = threading.Event()

    def hold_locks() -> None:
        box = Mailbox()
        while not stop.is_set():
            mailbox.put(b"large" * 2_000)
            with pytest.raises(queue.Empty):
                box.get(timeout=0.001)
            box.release()
        box.close()

    busy = [threading.Thread(target=hold_locks) for _ in range(3)]
    for thread in busy:
        thread.start()

    def answer() -> None:
        own = Mailbox()
        own.put(os.getpid())
        answers.put(own.get())
        own.close()
        assert mailbox.get() == b"large" * 2_000

    children: list[int] = []
    for _ in range(30):
        children.append(fork(answer))
        assert wait(children[-1]) == 0
    stop.set()
    for thread in busy:
        thread.join()
    assert [answers.get(timeout=30) for _ in children] == children
    answers.close()
    mailbox.close()


def test_what_waits_in_a_process_is_not_sent_again_by_its_forked_child() -> None:
    mailbox = Mailbox()
    for number in range(20_000):
        mailbox.put(number)

    def put_something_else() -> None:
        mailbox.put("child")
        mailbox.close()
        mailbox.join_thread()

    child = fork(put_something_else)
    got: list[Any] = [mailbox.get(timeout=30) for _ in range(20_001)]
    got.remove("child")
    assert got == list(range(20_000))
    assert wait(child) == 0
    assert mailbox.empty()
    mailbox.close()


def test_a_child_that_forks_while_its_parent_reads_reads_nothing_of_the_parents() -> None:
    mailbox = Mailbox()
    mailbox.put("parent 1")
    mailbox.put("parent 2")
    assert mailbox.get() == "parent 1"
    assert wait(fork(lambda: refuse(mailbox))) == 0
    assert mailbox.get() == "parent 2"
    mailbox.close()


def test_it_is_pickled_to_a_process_that_is_no_relative() -> None:
    mailbox = Mailbox(7)
    program = (
        "import pickle, sys; mailbox = pickle.loads(bytes.fromhex(sys.argv[1]))\n"
        "mailbox.put([mailbox.get(), mailbox.maxsize])"
    )
    mailbox.put("there")
    subprocess.run([sys.executable, "-c", program, pickle.dumps(mailbox).hex()], check=True, timeout=30)
    assert mailbox.get() == ["there", 7]
    mailbox.close()


def test_a_signal_handler_may_put_at_any_time() -> None:
    mailbox, other = Mailbox(overflow=1 << 30), Mailbox(overflow=1 << 30)
    from_handler = itertools.count()
    handling = threading.Lock()

    def handle(_signal: int, _frame: Any) -> None:
        if handling.acquire(blocking=False):  # a handler may itself be interrupted by the next signal
            number = next(from_handler)
            mailbox.put(["handler", number])
            other.put(["handler", number, b"large" * 1_000])
            handling.release()

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        for number in range(20_000):
            mailbox.put(["main", number])
            other.put(["main", number])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    handled = next(from_handler)
    assert handled > 10
    for box in (mailbox, other):
        numbers: dict[str, list[int]] = {"main": [], "handler": []}
        for _ in range(20_000 + handled):
            who, number, *_ = box.get(timeout=30)
            numbers[who].append(number)
        assert numbers == {"main": list(range(20_000)), "handler": list(range(handled))}
        box.close()


closes_what_was_hit = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")


@closes_what_was_hit
def test_a_signal_handler_that_raises_in_a_get_costs_nothing_but_what_was_in_hand() -> None:
    def interrupt(_signal: int, frame: FrameType | None) -> None:
        """Not in a finalizer, nor in what pytest does then: nobody could tell of it."""
        while frame is not None and frame.f_globals["__name__"].startswith("actors."):
            if frame.f_code.co_name == "__del__":
                return
            if frame.f_code is Mailbox.get.__code__:
                raise Interrupted
            frame = frame.f_back

    mailbox = Mailbox()
    count, interrupted = 20_000, 0
    got: list[int] = []
    writer = fork(lambda: _put_all(mailbox, count))
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        while not got or got[-1] < count - 1:
            try:
                got.append(mailbox.get(timeout=30))
            except Interrupted:
                interrupted += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert interrupted > 5
    assert len(got) >= count - interrupted
    assert got == sorted(set(got))
    kill(writer)
    mailbox.close()


@closes_what_was_hit
@pytest.mark.parametrize("begun", [False, True], ids=["first", "later"])
def test_after_whichever_call_in_a_get_a_handler_raises_the_next_goes_on_and_nothing_stays_open(
    begun: bool,
) -> None:
    for mailbox in _interrupted_after_each_call(begun):
        assert mailbox.get(timeout=0) in ("one", "two")


@closes_what_was_hit
@pytest.mark.parametrize("begun", [False, True], ids=["first", "later"])
def test_after_whichever_call_in_a_get_a_handler_raises_another_may_read_once_it_is_closed(
    begun: bool,
) -> None:
    for mailbox in _interrupted_after_each_call(begun):
        other = Mailbox.attach(mailbox.address)
        mailbox.close()
        assert other.get(timeout=0) in ("one", "two")
        other.close()


def test_after_whichever_call_in_a_put_into_a_full_pipe_a_handler_raises_others_may_put() -> None:
    for number in itertools.count(1):
        mailbox = Mailbox()
        waiting, raised = _overflowing(mailbox), False
        try:
            with raising_after_call(number, Mailbox.put.__code__):
                mailbox.put("perhaps")
        except Interrupted:
            raised = True
        other = threading.Thread(target=mailbox.put, args=("last",))
        other.start()
        got = list(iter(partial(mailbox.get, timeout=20), "last"))
        other.join()
        mailbox.close()
        assert got in ([*range(waiting), "perhaps"], [*range(waiting)])
        if not raised:
            assert number > 5
            return


def _overflowing(mailbox: Mailbox) -> int:
    """Put numbers until some wait in this process; how many were put."""
    for number in itertools.count():
        mailbox.put(number)
        if mailbox._outbox.waiting > 20:  # pyright: ignore[reportPrivateUsage]
            return number + 1
    raise AssertionError


def _interrupted_after_each_call(begun: bool) -> Iterator[Mailbox]:
    """One mailbox after another whose get has been interrupted, and in the end one whose get was not."""
    for number in itertools.count(1):
        mailbox, raised = _waiting(begun), False
        try:
            with raising_after_call(number, Mailbox.get.__code__):
                mailbox.get()
        except Interrupted:
            raised = True
        yield mailbox
        mailbox.close()
        if not raised:
            assert number > 5
            return


def _waiting(begun: bool) -> Mailbox:
    """A mailbox in which two messages wait, perhaps after one that has been read."""
    mailbox = Mailbox()
    if begun:
        mailbox.put("before")
        mailbox.get()
    mailbox.put("one")
    mailbox.put("two")
    return mailbox


def _put_all(mailbox: Mailbox, count: int) -> None:
    for number in range(count):
        mailbox.put(number)
    while True:  # the last may be the one that an interrupt takes
        mailbox.put(count)
        signal.pause()


def test_places_that_a_killed_writer_took_along_are_given_back_even_to_a_reader_in_a_hurry() -> None:
    mailbox = Mailbox(1)
    credits = mailbox._open.credits  # pyright: ignore[reportPrivateUsage]
    assert credits is not None
    assert wait(fork(lambda: credits.take())) == 0
    assert mailbox.full()
    while mailbox.full():
        with pytest.raises(queue.Empty):
            mailbox.get(timeout=0.05)
    mailbox.put("there is room again")
    assert mailbox.get() == "there is room again"
    mailbox.close()
