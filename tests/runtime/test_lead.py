"""The lead is had by one at a time, and free again whatever happens."""

from __future__ import annotations

import itertools
import threading

import pytest

from actors.runtime.lead import Lead
from support.interrupts import Interrupted, raising_after_call


def is_free(lead: Lead) -> bool:
    """Whether another thread can lead."""
    took: list[bool] = []
    other = threading.Thread(target=lambda: took.append(lead.take(lambda: None)))
    other.start()
    other.join()
    return took[0]


def nothing() -> None:
    """Do nothing."""


def test_it_is_taken_for_some_work_and_free_after_that() -> None:
    done: list[object] = []
    lead = Lead(lambda: done.append("free"))
    assert lead.take(done.append, "work")
    assert done == ["work", "free"]
    assert is_free(lead)


def test_nobody_else_has_it_meanwhile_nor_a_handler_of_the_same_thread() -> None:
    freed: list[int] = []
    lead = Lead(lambda: freed.append(1))

    def work() -> None:
        assert not is_free(lead)
        assert not lead.take(nothing)
        assert not freed

    assert lead.take(work)
    assert freed == [1]


def test_it_is_free_after_work_that_fails() -> None:
    freed: list[int] = []
    lead = Lead(lambda: freed.append(1))
    with pytest.raises(ValueError, match="nothing"):
        lead.take(int, "nothing")
    assert freed == [1]
    assert is_free(lead)


def test_after_whichever_call_a_signal_handler_raises_it_is_free() -> None:
    for number in itertools.count(1):
        lead = Lead(nothing)
        try:
            with raising_after_call(number, Lead.take.__code__):
                lead.take(threading.get_ident)
        except Interrupted:
            assert is_free(lead), number
        else:
            assert number == 5
            return
