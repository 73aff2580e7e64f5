"""Series: which tells are of the same, and what is remembered of them."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import Message
from actors.core import envelope
from actors.core.address import Address
from actors.core.codec import Codec, Limits
from actors.core.envelope import Kind, Sender
from actors.runtime import series
from actors.runtime.endpoint import Endpoint
from actors.runtime.hand import Hand
from actors.runtime.series import AllSeries

CODEC = Codec()


class Note(Message):
    number: int


class Line(Message):
    text: str


def tell(value: Any, sender: str = "ada", kind: Kind = Kind.TELL) -> bytes:
    head = envelope.mail(kind, Sender(Address("system", 7, sender), 1).pack())
    return head + CODEC.encode(value)[0]


def hand(data: bytes) -> Hand:
    return Hand(cast("Endpoint", None), envelope.open_mail(data), data, (), None)


@pytest.fixture
def known() -> AllSeries:
    return AllSeries()


@pytest.mark.parametrize(
    ("value", "alike", "different"),
    [
        (Note(1), Note(2**40), Line("x")),
        ({"a": 1}, {"b": [2, {"c": (3, None)}]}, {"a": 1, "b": 2}),
        ([1, 2], ["b", {"c": 2}], Note(1)),
        ([1, "x" * 200], ["y" * 300, 2], Note(1)),
        ("x", 17, Note(1)),
        (Line("x"), Line("y" * 200), "x"),
    ],
    ids=["message", "dict", "list", "long list", "scalar", "text"],
)
def test_tells_of_one_sender_and_kind_are_of_one_series(
    known: AllSeries, value: Any, alike: Any, different: Any
) -> None:
    data = tell(value)
    assert known.find(data) is None
    found = known.add(hand(data), CODEC)
    for same in (value, alike):
        other = tell(same)
        assert known.find(other) is found
        assert other.startswith(found.beginning)
        assert found.load(other[found.start :]) == same
    assert known.find(tell(different)) is None
    assert known.find(tell(value, sender="bob")) is None
    assert known.find(tell(value, kind=Kind.ASK)) is None


def test_a_class_may_have_an_empty_tag(known: AllSeries) -> None:
    class Tagless(Message, tag=""):
        x: int

    for value in ("x", 17, Tagless(1)):
        found = known.add(hand(tell(value)), CODEC)
        assert found.load(tell(value)[found.start :]) == value
    assert known.add(hand(tell(17)), CODEC).load(CODEC.encode({"x": 1})[0]) == {"x": 1}


def test_a_sender_may_have_a_long_name(known: AllSeries) -> None:
    data = tell(Note(1), sender="a" * 300)
    found = known.add(hand(data), CODEC)
    assert known.find(tell(Note(2), sender="a" * 300)) is found
    assert known.find(tell(Note(2), sender="a" * 44)) is None


@given(st.binary(max_size=60))
def test_any_bytes_may_be_looked_up(data: bytes) -> None:
    known = AllSeries()
    known.add(hand(tell(Note(1))), CODEC)
    assert known.find(data) is None


def test_what_is_too_long_for_the_limits_is_too_long_for_the_series(known: AllSeries) -> None:
    codec = Codec(limits=Limits(size=20))
    for value, most in ((Line("x"), 20), ({"a": 1}, 20), ("x", 20)):
        data = tell(value)
        body = len(data) - len(CODEC.encode(value)[0])
        assert known.add(hand(data), codec).longest == body + most


def test_only_so_many_are_remembered(known: AllSeries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "_MOST", 3)
    names = ["a", "b", "c", "d"]
    for name in names:
        known.add(hand(tell(Note(1), sender=name)), CODEC)
    assert [known.find(tell(Note(1), sender=name)) is not None for name in names] == [False] * 3 + [True]


def test_nothing_of_the_first_message_is_kept(known: AllSeries) -> None:
    data = tell(Line("x" * 1000))
    first = hand(data)
    found = known.add(first, CODEC)
    assert first.body == CODEC.encode(Line("x" * 1000))[0], "it is still being handled"
    assert found.hand is first
    assert len(found.beginning) < 200
    assert not first._mail.body  # pyright: ignore[reportPrivateUsage]
