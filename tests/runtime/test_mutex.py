"""Nobody finds a mutex locked that no `with` holds."""

from __future__ import annotations

import itertools
import threading

from actors.runtime.mutex import Mutex
from support.interrupts import Interrupted, raising_after_call

WITHIN = 20


def is_free(mutex: Mutex) -> bool:
    """Whether another thread can acquire it."""
    acquired: list[bool] = []

    def acquire() -> None:
        if mutex.acquire(blocking=False):
            acquired.append(True)
            mutex.release()

    other = threading.Thread(target=acquire)
    other.start()
    other.join()
    return bool(acquired)


def enter(mutex: Mutex) -> None:
    with mutex:
        assert not is_free(mutex)


def pass_through(mutex: Mutex) -> None:
    with mutex:
        pass


def test_it_is_held_in_a_with_and_free_after_that() -> None:
    mutex = Mutex()
    enter(mutex)
    assert is_free(mutex)
    with mutex:
        enter(mutex)
        assert not is_free(mutex)
    assert is_free(mutex)


def test_after_whichever_call_a_signal_handler_raises_it_is_free() -> None:
    for number in itertools.count(1):
        mutex = Mutex()
        try:
            with raising_after_call(number, pass_through.__code__):
                pass_through(mutex)
        except Interrupted:
            assert is_free(mutex), number
        else:
            assert number > 1
            return


def test_who_holds_it_still_does_after_an_interrupt_within() -> None:
    mutex = Mutex()
    with mutex:
        try:
            with raising_after_call(1, Mutex.__enter__.__code__):
                pass_through(mutex)
        except Interrupted:
            pass
        assert not is_free(mutex)
    assert is_free(mutex)


def test_an_interrupt_while_another_holds_it_takes_nothing_away() -> None:
    held, let_go = threading.Event(), threading.Event()

    class Interrupting(Mutex):  # type: ignore[misc]
        def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
            raise Interrupted

    mutex = Interrupting()

    def hold() -> None:
        super(Interrupting, mutex).acquire()
        held.set()
        let_go.wait(WITHIN)
        mutex.release()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(WITHIN)
    try:
        pass_through(mutex)
    except Interrupted:
        pass
    else:
        raise AssertionError("it was not interrupted")
    assert holder.is_alive()
    let_go.set()
    holder.join()


def test_a_condition_may_have_it() -> None:
    mutex, heard = Mutex(), threading.Event()
    condition = threading.Condition(mutex)

    def listen() -> None:
        with condition:
            heard.set()
            assert condition.wait(WITHIN)

    listener = threading.Thread(target=listen)
    listener.start()
    heard.wait(WITHIN)
    with condition:
        condition.notify_all()
    listener.join()
    assert is_free(mutex)
