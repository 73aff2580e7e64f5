"""Dead letters that arise in the guardian: told one by one, and in a flood as a count."""

from __future__ import annotations

from typing import Any, cast

import pytest

from actors.core.events import DeadLetter
from actors.runtime.guardian.letters import Letters
from actors.runtime.guardian.loop import Callback, Timer


class Told:
    """What is published, and what is to be called later."""

    def __init__(self) -> None:
        self.letters: list[DeadLetter] = []
        self.later: list[Callback] = []
        self.post = Letters(cast("Any", self), cast("Any", self.letters.append)).post

    def call_later(self, _seconds: float, callback: Callback) -> Timer:
        self.later.append(callback)
        return Timer(callback)


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_letter_says_who_lost_what_and_why(told: Told) -> None:
    told.post("receiver", "sender", "a cause", b"x" * 5_000)
    (letter,) = told.letters
    assert (letter.receiver, letter.sender, letter.cause) == ("receiver", "sender", "a cause")
    assert (letter.message, letter.count) == (b"x" * 1_024, 1)
    assert told.later == []


def test_of_a_flood_every_letter_is_told_or_counted(told: Told) -> None:
    for _ in range(1_000):
        told.post("receiver", "", "a cause", b"")
    told_one_by_one = len(told.letters)
    assert told_one_by_one < 1_000
    (tell,) = told.later
    tell()
    assert told.letters[-1].receiver == ""
    assert sum(letter.count for letter in told.letters) == 1_000
    told.letters.clear()
    tell()
    assert told.letters == [], "they are counted once"
