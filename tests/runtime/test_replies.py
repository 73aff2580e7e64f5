"""Replies, where threads and event loops of one process wait for them."""

import asyncio
import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from actors import Actor, ActorSystem, Mailbox, SystemStopped, child
from actors.core import envelope
from actors.core.envelope import Outcome
from actors.runtime import futures
from actors.runtime import replies as replies_module
from actors.runtime.descriptor import Descriptor
from actors.runtime.lane import Lane
from actors.runtime.mailbox import frame
from actors.runtime.pending import Answer, Pending
from actors.runtime.replies import Replies
from support.cast import Echo, Waiter


def test_an_event_loop_does_not_rob_a_waiting_thread_of_its_reply(system: ActorSystem) -> None:
    echo = system.spawn(child(Echo))
    ready, over = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def attend() -> None:
        await echo.ask_async("here I am")
        ready.set()
        await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(attend(),))
    thread.start()
    ready.wait()
    assert [echo.ask(number, timeout=1_000) for number in range(300)] == list(range(300))
    loop.call_soon_threadsafe(over.set)
    thread.join()
    loop.close()


def test_a_cancelled_ask_is_cancelled_whatever_the_time(system: ActorSystem) -> None:
    echo = system.spawn(child(Echo))

    async def cancelled() -> bool:
        task = asyncio.ensure_future(echo.ask_async("never mind", timeout=1_000))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(cancelled())


def test_the_first_asks_of_many_threads_share_one_lane(system: ActorSystem) -> None:
    echo = system.spawn(child(Echo))
    crowd = system.spawn(child(Crowd))
    assert crowd.ask(echo) == list(range(20))


class Crowd(Actor):
    """Asks from many threads at once, and has never asked before."""

    def receive(self, message: Any) -> Any:
        barrier, answers = threading.Barrier(20), list[int]()

        def ask(number: int) -> None:
            barrier.wait()
            answers.append(message.ask(number))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(answers)


@pytest.mark.parametrize("kill", [False, True])
def test_a_callback_of_a_future_may_end_the_system(mailbox: Mailbox, kill: bool) -> None:
    system = ActorSystem("ended").start()
    future = system.spawn(child(Waiter, mailbox.address)).ask_future("anything")
    threads = queue.SimpleQueue[threading.Thread]()

    def end(_: Any) -> None:
        (system.kill if kill else system.stop)()
        threads.put(threading.current_thread())

    future.add_done_callback(end)
    mailbox.put("go")
    threads.get(timeout=20).join(20)


def reply(lane: Lane, number: int) -> None:
    writing = os.open(lane.pipe, os.O_WRONLY)
    os.write(writing, frame.inline(envelope.reply(number, Outcome.REPLY, b"here")))
    os.close(writing)


def test_a_reply_that_has_come_is_the_end_of_its_ask_whatever_else_has_happened(
    lane: Lane, replies: Replies
) -> None:
    ends: list[Callable[[], None]] = [
        lambda: replies.end_present(Answer(Outcome.CRASHED)),
        lambda: replies.end_all(SystemStopped("here", "it was told to stop")),
    ]
    for end in ends:
        answered, open_still = (Pending(time.monotonic() + 10) for _ in range(2))
        number = replies.expect(answered)
        replies.expect(open_still)
        reply(lane, number)
        end()
        assert answered.answer == Answer(Outcome.REPLY, b"here")
        assert open_still.answer
        assert open_still.answer.outcome != Outcome.REPLY


def test_who_sleeps_looks_whether_anybody_leads_lest_an_interrupt_has_kept_that_from_handing_on(
    lane: Lane, replies: Replies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies_module, "_LOOK", 0.02)
    lead, asleep = replies._lead, replies._asleep  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(lead, "_then", lambda: None)
    first, second = (Pending(time.monotonic() + 1_000) for _ in range(2))
    numbers = [replies.expect(first), replies.expect(second)]
    leader, sleeper = (
        threading.Thread(target=replies.wait, args=(asked,), daemon=True) for asked in (first, second)
    )
    leader.start()
    while not lead._thread:  # pyright: ignore[reportPrivateUsage]
        pass
    sleeper.start()
    while not asleep:
        pass
    reply(lane, numbers[0])
    leader.join(20)
    reply(lane, numbers[1])
    sleeper.join(20)
    assert second.answer == Answer(Outcome.REPLY, b"here")


def test_the_right_to_read_goes_from_who_leaves_to_who_stays(
    lane: Lane, replies: Replies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(futures, "_SLICE", 1_000.0)
    monkeypatch.setattr(replies_module, "_LOOK", 1_000.0)
    asleep, lead = replies._asleep, replies._lead  # pyright: ignore[reportPrivateUsage]

    def wait(pending: Pending) -> None:
        replies.wait(pending)
        replies.forget(pending)

    def ask() -> tuple[int, threading.Thread, Pending]:
        pending = Pending(time.monotonic() + 1_000)
        number = replies.expect(pending)
        thread = threading.Thread(target=wait, args=(pending,))
        thread.start()
        return number, thread, pending

    number, thread, _ = ask()
    while not lead._thread:  # pyright: ignore[reportPrivateUsage]
        pass
    future = replies.futures.expect(time.monotonic() + 1_000, lambda answer: answer)
    of_future = replies.expect(future)
    replies.futures.attend(future)
    reply(lane, number)
    thread.join()
    while not lead._thread:  # pyright: ignore[reportPrivateUsage]  # that of the futures reads now
        pass
    number, thread, pending = ask()
    while not asleep:
        pass
    reply(lane, of_future)
    assert future.future.result(timeout=20) == Answer(Outcome.REPLY, b"here")
    reply(lane, number)
    thread.join(20)
    assert pending.answer == Answer(Outcome.REPLY, b"here")
    assert not asleep


def test_so_it_is_while_another_thread_reads_them(lane: Lane) -> None:
    bell = Descriptor(os.eventfd(0, os.EFD_CLOEXEC))
    replies = Replies(lane, [bell], lambda: os.eventfd_read(bell.number))
    for _ in range(200):
        waiting, answered = (Pending(time.monotonic() + 10) for _ in range(2))
        thread = threading.Thread(target=replies.wait, args=(waiting,))
        replies.expect(waiting)
        number = replies.expect(answered)
        thread.start()
        reply(lane, number)
        replies.end_present(Answer(Outcome.CRASHED))
        os.eventfd_write(bell.number, 1)
        thread.join(10)
        assert answered.answer == Answer(Outcome.REPLY, b"here")
        assert waiting.answer == Answer(Outcome.CRASHED)
    replies.close()
