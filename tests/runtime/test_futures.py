"""Futures: each ends, in a thread of its own, whatever their callbacks do there."""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, as_completed, wait
from types import SimpleNamespace
from typing import Any

import pytest

from actors import ActorRef, ActorSystem, Mailbox, child
from actors.core.envelope import Outcome
from actors.runtime import futures
from actors.runtime.futures import Futures
from actors.runtime.pending import Answer, Pending
from support.cast import Echo, Waiter

HERE = Answer(Outcome.REPLY, b"here")


def asks(echo: ActorRef) -> Any:
    return echo.ask("inner", timeout=20)


def waits_for_a_future(echo: ActorRef) -> Any:
    return echo.ask_future("inner", timeout=20).result()


def waits_for_the_error_of_a_future(echo: ActorRef) -> Any:
    future = echo.ask_future("inner", timeout=20)
    return future.result() if future.exception() is None else None


@pytest.mark.parametrize("does", [asks, waits_for_a_future, waits_for_the_error_of_a_future])
def test_a_callback_may_ask(system: ActorSystem, does: Callable[[ActorRef], Any]) -> None:
    echo = system.spawn(Echo)
    found = queue.SimpleQueue[Any]()
    for number in range(3):
        future = echo.ask_future(number)
        future.add_done_callback(lambda done: found.put((done.result(), does(echo))))
    assert sorted(found.get(timeout=10) for _ in range(3)) == [(number, "inner") for number in range(3)]


def test_a_callback_may_wait_for_a_future_that_others_wait_before(
    system: ActorSystem, mailbox: Mailbox
) -> None:
    echo, waiter = system.spawn(Echo), system.spawn(child(Waiter, mailbox.address))
    found = queue.SimpleQueue[Any]()
    later = waiter.ask_future("later", timeout=20)

    def wait(_: Future[Any]) -> None:
        mailbox.put("it was")
        found.put(later.result())

    echo.ask_future("now").add_done_callback(wait)
    assert found.get(timeout=10) == "it was"


def test_a_callback_that_takes_its_time_keeps_no_thread_from_asking(system: ActorSystem) -> None:
    echo = system.spawn(Echo)
    begun, over = threading.Event(), threading.Event()

    def take_time(_: Future[Any]) -> None:
        begun.set()
        over.wait(20)

    echo.ask_future("first").add_done_callback(take_time)
    assert begun.wait(20)
    assert echo.ask("meanwhile", timeout=10) == "meanwhile"
    over.set()
    assert echo.ask_future("last").result(timeout=10) == "last"


def test_one_ends_while_a_thread_waits_for_another_reply(system: ActorSystem, mailbox: Mailbox) -> None:
    echo, waiter = system.spawn(Echo), system.spawn(child(Waiter, mailbox.address))
    replies = queue.SimpleQueue[Any]()
    thread = threading.Thread(target=lambda: replies.put(waiter.ask("anything", timeout=20)))
    thread.start()
    numbers = range(20)
    assert [echo.ask_future(number).result(timeout=10) for number in numbers] == list(numbers)
    mailbox.put("done")
    assert replies.get(timeout=10) == "done"
    thread.join()


def test_a_callback_may_end_itself_by_an_exit(system: ActorSystem) -> None:
    echo = system.spawn(Echo)
    echo.ask_future("first").add_done_callback(lambda _: sys.exit())
    assert echo.ask_future("second").result(timeout=10) == "second"


@pytest.mark.parametrize("error", [asyncio.CancelledError, GeneratorExit, KeyboardInterrupt])
def test_what_a_callback_raises_is_shown_and_ends_no_other(
    system: ActorSystem, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    shown = queue.SimpleQueue[Any]()

    def show(args: threading.ExceptHookArgs) -> None:
        shown.put(args.exc_type)

    monkeypatch.setattr(threading, "excepthook", show)

    def fail(_: Future[Any]) -> None:
        raise error

    echo = system.spawn(Echo)
    echo.ask_future("first").add_done_callback(fail)
    assert shown.get(timeout=10) is error
    assert echo.ask_future("second").result(timeout=10) == "second"


class Asks:
    """Futures for asks whose replies nobody reads, and those that were forgotten."""

    def __init__(self) -> None:
        self.forgotten: list[Pending] = []
        self.futures = Futures(self.lead, self.forgotten.append)

    def lead(self, _enough: Any, _end: float) -> bool:
        return False

    def expect(self, seconds: float) -> Any:
        return self.futures.expect(time.monotonic() + seconds, self.conclude)

    def conclude(self, answer: Answer | None) -> bytes:
        if answer is None:
            raise TimeoutError
        return answer.body


@pytest.fixture
def asked() -> Asks:
    return Asks()


def test_one_ends_when_its_time_is_up(asked: Asks) -> None:
    late, early = asked.expect(0), asked.expect(20)
    asked.futures.attend(late)
    asked.futures.attend(early)
    assert isinstance(late.future.exception(timeout=10), TimeoutError)
    assert not early.future.done()
    early.resolve(HERE)
    assert early.future.result(timeout=10) == b"here"
    asked.futures.join(10)
    assert asked.forgotten == [late]


def test_one_ends_as_soon_as_it_has_its_answer(asked: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(futures, "_SLICE", 1_000.0)
    pending = asked.expect(1_000)
    asked.futures.attend(pending)
    pending.resolve(HERE)
    assert pending.future.result(timeout=10) == b"here"
    asked.futures.join(10)


def test_one_may_have_its_answer_before_it_is_attended(asked: Asks) -> None:
    first, second = asked.expect(20), asked.expect(20)
    asked.futures.attend(first)
    second.resolve(HERE)
    asked.futures.attend(second)
    assert second.future.result(timeout=10) == b"here"
    first.resolve(HERE)
    asked.futures.join(10)


def test_one_that_is_cancelled_is_forgotten(asked: Asks) -> None:
    pending = asked.expect(20)
    asked.futures.attend(pending)
    assert pending.future.cancel()
    asked.futures.join(10)
    assert asked.forgotten == [pending]


def test_an_answer_to_an_ask_that_was_never_sent_is_not_kept(asked: Asks) -> None:
    asked.expect(20).resolve(HERE)
    assert not asked.futures._answered  # pyright: ignore[reportPrivateUsage]


def test_a_signal_handler_may_ask_whatever_its_thread_is_at(asked: Asks) -> None:
    first, second = asked.expect(20), asked.expect(20)
    with asked.futures._lock:  # pyright: ignore[reportPrivateUsage]
        asked.futures.attend(first)
        with pytest.raises(TimeoutError):
            first.future.result(timeout=0)
    asked.futures.attend(second)
    first.resolve(HERE)
    second.resolve(HERE)
    assert second.future.result(timeout=10) == b"here"
    asked.futures.join(10)


def test_a_thread_that_has_made_way_ends_nothing_any_more(asked: Asks) -> None:
    waiting, awaited, held, last = (asked.expect(20) for _ in range(4))
    threads = queue.SimpleQueue[threading.Thread]()
    holding, over = threading.Event(), threading.Event()

    def wait(_: Future[Any]) -> None:
        threads.put(threading.current_thread())
        awaited.resolve(HERE)
        awaited.future.result()
        held.resolve(HERE)
        holding.wait(20)
        last.resolve(HERE)

    def hold(_: Future[Any]) -> None:
        holding.set()
        over.wait(20)

    waiting.future.add_done_callback(wait)
    held.future.add_done_callback(hold)
    for pending in (waiting, awaited, held, last):
        asked.futures.attend(pending)
    waiting.resolve(HERE)
    first = threads.get(timeout=20)
    first.join(10)
    assert not first.is_alive()
    assert not last.future.done()
    over.set()
    assert last.future.result(timeout=10) == b"here"
    asked.futures.join(10)


def test_who_gets_no_thread_is_told_and_may_try_again(asked: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError):
            asked.futures.attend(asked.expect(20))
    pending = asked.expect(20)
    asked.futures.attend(pending)
    pending.resolve(HERE)
    assert pending.future.result(timeout=10) == b"here"
    asked.futures.join(10)


def test_replies_are_let_gather_only_while_many_are_awaited(
    asked: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_at_breaths = list[int]()
    pending = [asked.expect(20) for _ in range(40)]
    unanswered = list(pending)
    ready = threading.Event()

    def answer_one(_enough: Any, _end: float) -> bool:
        ready.wait(20)
        unanswered.pop().resolve(HERE)
        return True

    def breathe(_: float) -> None:
        open_at_breaths.append(sum(not one.future.done() for one in pending))

    monkeypatch.setattr(asked.futures, "_lead", answer_one)
    monkeypatch.setattr(futures, "time", SimpleNamespace(monotonic=time.monotonic, sleep=breathe))
    for one in pending:
        asked.futures.attend(one)
    ready.set()
    assert all(one.future.result(timeout=20) == b"here" for one in pending)
    assert open_at_breaths == list(range(39, 15, -1))


def test_who_waits_for_several_futures_learns_that_one_was_cancelled(
    system: ActorSystem, mailbox: Mailbox
) -> None:
    echo, waiter = system.spawn(Echo), system.spawn(child(Waiter, mailbox.address))
    ended, cancelled = echo.ask_future("here"), waiter.ask_future("never", timeout=60)
    assert [cancelled.cancel(), cancelled.cancel()] == [True, True]
    assert wait([ended, cancelled], timeout=30).not_done == set()
    assert set(as_completed([ended, cancelled], timeout=30)) == {ended, cancelled}
    assert not ended.cancel()
    mailbox.put("go")
