"""The guardian's loop."""

import os

from actors.runtime.guardian.loop import Loop


def test_timers_come_in_the_order_of_their_times(loop: Loop) -> None:
    seen: list[str] = []
    loop.call_later(0.02, loop.stop)
    loop.call_later(0.01, lambda: seen.append("second"))
    loop.call_later(0.0, lambda: seen.append("first"))
    loop.run()
    assert seen == ["first", "second"]


def test_a_cancelled_timer_does_not_come(loop: Loop) -> None:
    seen: list[str] = []
    timer = loop.call_later(0.0, lambda: seen.append("cancelled"))
    loop.call_later(0.0, loop.stop)
    timer.cancel()
    loop.run()
    assert seen == []


def test_a_timer_set_by_a_timer_comes_in_a_later_round(loop: Loop) -> None:
    seen: list[str] = []

    def again() -> None:
        seen.append("again")
        if len(seen) < 3:
            loop.call_later(0.0, again)
        else:
            loop.stop()

    loop.call_later(0.0, again)
    loop.run()
    assert len(seen) == 3


def test_an_event_of_a_closed_descriptor_is_not_given_to_who_has_its_number_now(loop: Loop) -> None:
    descriptors = [os.eventfd(1), os.eventfd(1)]
    wrong: list[int] = []

    def replace_the_other(own: int, other: int) -> None:
        for number in (own, other):
            loop.remove(number)
            os.close(number)
        for number in (os.eventfd(0), os.eventfd(0)):
            loop.add(number, lambda: wrong.append(1))
        loop.call_later(0.0, loop.stop)

    for own, other in (descriptors, descriptors[::-1]):
        loop.add(own, lambda own=own, other=other: replace_the_other(own, other))  # type: ignore[misc]
    loop.run()
    assert wrong == []
    for number in descriptors:
        os.close(number)
