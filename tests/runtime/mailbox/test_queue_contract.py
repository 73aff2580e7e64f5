"""A mailbox keeps the documented contract of `multiprocessing.Queue`."""

from __future__ import annotations

import multiprocessing
import multiprocessing.queues
import os
import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from actors.core.errors import MailboxClosed, MailboxFull
from actors.runtime.mailbox.mailbox import Mailbox

START_METHODS = ["fork", "forkserver", "spawn"]
VALUES: list[Any] = [None, 0, "", b"", {"a": [1, 2.5]}, "ü" * 5_000, b"x" * 300_000, [b"y" * 20_000, "z"]]
Arguments = tuple[tuple[Any, ...], dict[str, Any]]
IN_TIME: list[Arguments] = [
    ((False,), {}),
    ((False, None), {}),
    ((False, 5.0), {}),
    ((), {"block": False, "timeout": 5.0}),
    ((True, 0.01), {}),
    ((), {"timeout": -1}),
]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with_room = Mailbox()
    yield with_room
    with_room.close()


@pytest.fixture
def bounded() -> Iterator[Mailbox]:
    with_three_places = Mailbox(3)
    yield with_three_places
    with_three_places.close()


def echo(incoming: Mailbox, outgoing: Mailbox) -> None:
    while (value := incoming.get()) != "end":
        outgoing.put(value)


def put_all(mailbox: Mailbox, values: list[Any]) -> None:
    for value in values:
        mailbox.put(value)


def process(method: str, target: Any, *args: Any) -> Any:
    context: Any = multiprocessing.get_context(method)
    return context.Process(target=target, args=args)


def test_it_is_a_queue_of_multiprocessing(mailbox: Mailbox) -> None:
    assert isinstance(mailbox, multiprocessing.queues.Queue)


def test_what_is_put_is_got_in_order(mailbox: Mailbox) -> None:
    put_all(mailbox, VALUES)
    assert [mailbox.get() for _ in VALUES] == VALUES


@pytest.mark.parametrize("method", START_METHODS)
def test_it_is_passed_to_a_process_as_an_argument(mailbox: Mailbox, method: str) -> None:
    answers = Mailbox()
    child = process(method, echo, mailbox, answers)
    child.start()
    put_all(mailbox, [*VALUES, "end"])
    assert [answers.get(timeout=30) for _ in VALUES] == VALUES
    child.join()
    assert child.exitcode == 0
    answers.close()


@pytest.mark.parametrize("method", START_METHODS)
def test_what_was_put_before_the_reader_started_reaches_it_though_the_writer_closed(method: str) -> None:
    first, answers = Mailbox(5), Mailbox()
    put_all(first, [1, 2, "end"])
    child = process(method, echo, first, answers)
    child.start()
    first.close()
    del first
    assert [answers.get(timeout=30) for _ in range(2)] == [1, 2]
    child.join()
    answers.close()


@pytest.mark.parametrize("method", START_METHODS)
def test_what_a_child_put_outlives_the_child(mailbox: Mailbox, method: str) -> None:
    child = process(method, put_all, mailbox, list(range(20_000)))
    child.start()
    assert [mailbox.get(timeout=30) for _ in range(20_000)] == list(range(20_000))
    child.join()


def test_a_queue_filled_before_a_fork_is_not_read_twice(mailbox: Mailbox) -> None:
    put_all(mailbox, list(range(10)))
    child = process("fork", put_all, mailbox, list(range(10, 20)))
    child.start()
    child.join()
    assert [mailbox.get(timeout=30) for _ in range(20)] == list(range(20))
    with pytest.raises(queue.Empty):
        mailbox.get_nowait()


@pytest.mark.parametrize("arguments", IN_TIME)
def test_a_put_into_a_full_mailbox_raises_full_in_time(bounded: Mailbox, arguments: Arguments) -> None:
    put_all(bounded, [1, 2, 3])
    began = time.monotonic()
    with pytest.raises(queue.Full) as caught:
        bounded.put(4, *arguments[0], **arguments[1])
    assert isinstance(caught.value, MailboxFull)
    assert time.monotonic() - began < 2.5


@pytest.mark.parametrize("arguments", IN_TIME)
def test_a_get_from_an_empty_mailbox_raises_empty_in_time(mailbox: Mailbox, arguments: Arguments) -> None:
    began = time.monotonic()
    with pytest.raises(queue.Empty):
        mailbox.get(*arguments[0], **arguments[1])
    assert time.monotonic() - began < 2.5


def test_the_nowait_methods_do_not_wait(mailbox: Mailbox, bounded: Mailbox) -> None:
    for number in range(3):
        bounded.put_nowait(number)
    with pytest.raises(queue.Full):
        bounded.put_nowait(3)
    assert bounded.get_nowait() == 0
    with pytest.raises(queue.Empty):
        mailbox.get_nowait()


def test_timeouts_are_not_shorter_than_asked(mailbox: Mailbox, bounded: Mailbox) -> None:
    put_all(bounded, [1, 2, 3])
    began = time.monotonic()
    with pytest.raises(queue.Empty):
        mailbox.get(timeout=0.2)
    with pytest.raises(queue.Full):
        bounded.put(4, timeout=0.2)
    assert time.monotonic() - began >= 0.4


def test_a_timeout_of_years_is_one(mailbox: Mailbox, bounded: Mailbox) -> None:
    put_all(bounded, [1, 2, 3])
    reader = threading.Thread(target=lambda: bounded.put(mailbox.get(timeout=1e12), timeout=1e12))
    reader.start()
    mailbox.put(4)
    assert [bounded.get() for _ in range(4)] == [1, 2, 3, 4]
    reader.join()


def test_a_blocked_put_goes_on_when_a_place_is_free(bounded: Mailbox) -> None:
    put_all(bounded, [1, 2, 3])
    writer = threading.Thread(target=bounded.put, args=(4,))
    writer.start()
    assert [bounded.get() for _ in range(4)] == [1, 2, 3, 4]
    writer.join()


def test_a_blocked_get_goes_on_when_a_message_comes(mailbox: Mailbox) -> None:
    got: list[Any] = []
    reader = threading.Thread(target=lambda: got.append(mailbox.get()))
    reader.start()
    mailbox.put("at last")
    reader.join()
    assert got == ["at last"]


def test_the_size_of_an_unbounded_mailbox_is_exact_where_nobody_else_reads(mailbox: Mailbox) -> None:
    sizes = [mailbox.qsize()]
    for value in VALUES:
        mailbox.put(value)
        sizes.append(mailbox.qsize())
    for _ in VALUES:
        mailbox.get()
        sizes.append(mailbox.qsize())
    most = len(VALUES)
    assert sizes == [*range(most + 1), *reversed(range(most))]


def test_the_size_of_a_bounded_mailbox_is_exact(bounded: Mailbox) -> None:
    seen: list[tuple[int, bool, bool]] = []
    for value in range(3):
        seen.append((bounded.qsize(), bounded.empty(), bounded.full()))
        bounded.put(value)
    seen.append((bounded.qsize(), bounded.empty(), bounded.full()))
    for _ in range(3):
        bounded.get()
    seen.append((bounded.qsize(), bounded.empty(), bounded.full()))
    assert seen == [
        (0, True, False),
        (1, False, False),
        (2, False, False),
        (3, False, True),
        (0, True, False),
    ]


def test_asking_for_the_size_does_not_make_a_process_the_reader(mailbox: Mailbox) -> None:
    mailbox.put("end")
    assert (mailbox.qsize(), mailbox.empty(), mailbox.full()) == (1, False, False)
    answers = Mailbox()
    child = process("fork", echo, mailbox, answers)
    child.start()
    child.join()
    assert child.exitcode == 0
    answers.close()


@pytest.mark.parametrize("maxsize", [0, -1])
def test_without_a_bound_it_is_never_full(maxsize: int) -> None:
    mailbox = Mailbox(maxsize)
    put_all(mailbox, list(range(5_000)))
    assert not mailbox.full()
    assert mailbox.maxsize == 0
    assert [mailbox.get() for _ in range(5_000)] == list(range(5_000))
    mailbox.close()


def test_a_bound_over_the_largest_is_refused() -> None:
    with pytest.raises(ValueError, match="4096"):
        Mailbox(4_097)


def test_the_largest_bound_holds(mailbox: Mailbox) -> None:
    largest = Mailbox(4_096)
    for _ in range(3):
        put_all(largest, list(range(4_096)))
        assert largest.full()
        with pytest.raises(queue.Full):
            largest.put_nowait("one more")
        assert [largest.get() for _ in range(4_096)] == list(range(4_096))
    largest.close()


def test_a_closed_mailbox_says_so() -> None:
    mailbox = Mailbox()
    mailbox.put(1)
    mailbox.close()
    mailbox.close()
    for use in (lambda: mailbox.put("foo"), mailbox.get, mailbox.get_nowait, mailbox.qsize, mailbox.empty):
        with pytest.raises(ValueError, match="is closed") as caught:
            use()
        assert isinstance(caught.value, MailboxClosed)
    mailbox.join_thread()


def test_only_a_closed_mailbox_is_joined(mailbox: Mailbox) -> None:
    with pytest.raises(AssertionError, match="not closed"):
        mailbox.join_thread()


def test_a_close_does_not_wait_for_a_thread_that_gets(mailbox: Mailbox) -> None:
    other = Mailbox.attach(mailbox.address)
    got: list[Any] = []
    reader = threading.Thread(target=lambda: got.append(mailbox.get()))
    mailbox.put("first")
    mailbox.get()
    reader.start()
    while not mailbox._reading._thread:  # pyright: ignore[reportPrivateUsage]
        os.sched_yield()
    mailbox.close()
    other.put("last")
    reader.join()
    assert got == ["last"]
    other.put("next")
    assert other.get() == "next"
    other.close()


def test_what_cannot_travel_is_refused_where_it_is_put(mailbox: Mailbox, bounded: Mailbox) -> None:
    for box in (mailbox, bounded):
        with pytest.raises(TypeError):
            box.put(object())
        box.put("fine")
        assert (box.qsize(), box.get()) == (1, "fine")


def test_it_is_handed_to_a_running_process_by_address(mailbox: Mailbox) -> None:
    answers = Mailbox()
    child = process("spawn", echo_by_address, mailbox.address, answers.address)
    child.start()
    put_all(mailbox, [1, "end"])
    assert answers.get(timeout=30) == 1
    child.join()
    answers.close()


def echo_by_address(incoming: str, outgoing: str) -> None:
    echo(Mailbox.attach(incoming), Mailbox.attach(outgoing))


def test_an_import_that_waits_for_a_message_is_no_deadlock(tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "imported_by_this_test.py").write_text(
        "from actors.runtime.mailbox.mailbox import Mailbox\n"
        "q = Mailbox()\nq.put('message')\nassert q.get(timeout=3) == 'message'\nq.close()\ndel q\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    __import__("imported_by_this_test")
