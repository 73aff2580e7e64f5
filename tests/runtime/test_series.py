"""Series: which messages are of the same, and what is remembered of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import Message
from actors.core import envelope
from actors.core.address import Address
from actors.core.codec import Codec, Limits
from actors.core.envelope import Kind, Sender
from actors.core.errors import DecodeError
from actors.runtime import series
from actors.runtime.endpoint import Endpoint
from actors.runtime.hand import Hand
from actors.runtime.intake import Intake
from actors.runtime.series import AllSeries, Series

CODEC = Codec()
ME = Address("system", 1, "me")
OTHER = Address("system", 2, "other")


class Note(Message):
    number: int


class Line(Message):
    text: str


def tell(value: Any, sender: str = "ada", kind: Kind = Kind.TELL) -> bytes:
    head = envelope.mail(kind, Sender(Address("system", 7, sender), 1).pack())
    return head + CODEC.encode(value)[0]


def ask(value: Any, number: int, deadline: float = 0.0, chain: tuple[Address, ...] = ()) -> bytes:
    sender = Sender(Address("system", 7, "ada"), 1).pack()
    return envelope.mail(Kind.ASK, sender, number, deadline, chain) + CODEC.encode(value)[0]


def hand(data: bytes) -> Hand:
    return Hand(cast("Endpoint", None), envelope.open_mail(data), data, (), None)


def add(known: AllSeries, data: bytes, codec: Codec = CODEC) -> Series:
    mail = envelope.open_mail(data)
    return known.add(hand(data), (*mail.chain, ME), codec)


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
    found = add(known, data)
    for same in (value, alike):
        other = tell(same)
        assert known.find(other) is found
        assert other.startswith(found.common, envelope.ORIGIN)
        assert found.load(other[found.start :]) == same
    assert known.find(tell(different)) is None
    assert known.find(tell(value, sender="bob")) is None
    assert known.find(tell(value, kind=Kind.ASK)) is None


def test_questions_of_one_sender_and_kind_are_of_one_series(known: AllSeries) -> None:
    found = add(known, ask(Note(1), 1, 5.0))
    assert found.asks
    assert found.asking == (ME,)
    other = ask(Note(2), 2**63, 7.5)
    assert known.find(other) is found
    assert envelope.read_number(other) == (2**63, 7.5)
    assert found.load(other[found.start :]) == Note(2)
    assert known.find(ask(Line("x"), 1)) is None
    assert not add(known, tell(Note(1))).asks


def test_questions_for_which_others_wait_are_of_a_series_of_their_own(known: AllSeries) -> None:
    alone, chained = ask(Note(1), 1), ask(Note(2), 2, chain=(OTHER,))
    series = add(known, alone)
    assert known.find(chained) is None
    found = add(known, chained)
    assert found.asking == (OTHER, ME)
    assert known.find(alone) is series
    assert known.find(ask(Note(3), 3, chain=(OTHER,))) is found
    assert known.find(ask(Note(3), 3, chain=(ME, OTHER))) is None
    assert found.load(chained[found.start :]) == Note(2)


def test_a_class_may_have_an_empty_tag(known: AllSeries) -> None:
    class Tagless(Message, tag=""):
        x: int

    for value in ("x", 17, Tagless(1)):
        found = add(known, tell(value))
        assert found.load(tell(value)[found.start :]) == value
    assert add(known, tell(17)).load(CODEC.encode({"x": 1})[0]) == {"x": 1}


def test_a_sender_may_have_a_long_name(known: AllSeries) -> None:
    data = tell(Note(1), sender="a" * 300)
    found = add(known, data)
    assert known.find(tell(Note(2), sender="a" * 300)) is found
    assert known.find(tell(Note(2), sender="a" * 44)) is None


@given(st.binary(max_size=60))
def test_any_bytes_may_be_looked_up(data: bytes) -> None:
    known = AllSeries()
    add(known, tell(Note(1)))
    assert known.find(data) is None


@pytest.mark.parametrize(
    ("within", "beyond"),
    [(Line("x"), Line("x" * 90)), ({"a": "x"}, {"a": "x" * 90}), (["x"], ["x" * 90]), ("x", "x" * 90)],
    ids=["message", "dict", "list", "text"],
)
def test_the_limits_hold_for_all_of_a_series(known: AllSeries, within: Any, beyond: Any) -> None:
    found = add(known, tell(within), Codec(limits=Limits(size=80)))
    assert found.load(tell(within)[found.start :]) == within
    with pytest.raises(DecodeError, match="80 are allowed"):
        found.load(tell(beyond)[found.start :])


def test_only_so_many_are_remembered(known: AllSeries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "_MOST", 3)
    names = ["a", "b", "c", "d"]
    for name in names:
        add(known, tell(Note(1), sender=name))
    assert [known.find(tell(Note(1), sender=name)) is not None for name in names] == [False] * 3 + [True]


def test_nothing_of_the_first_message_is_kept(known: AllSeries) -> None:
    data = tell(Line("x" * 1000))
    first = hand(data)
    found = known.add(first, (ME,), CODEC)
    assert first.body == CODEC.encode(Line("x" * 1000))[0], "it is still being handled"
    assert found.hand is first
    assert len(found.common) < 200


def test_what_a_signal_handler_raises_while_one_is_decoded_comes_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint = cast("Endpoint", SimpleNamespace(address=ME, codec=CODEC))

    def interrupted(_self: Codec, _stream: bytes) -> Any:
        raise TimeoutError("the user's own time limit")

    monkeypatch.setattr(Codec, "_decode_container", interrupted)
    intake = Intake(endpoint, on_last=lambda: None, once=True)
    assert intake.take_up(tell({"a": 1})) is not None
    with pytest.raises(TimeoutError, match="own time limit"):
        intake.take_up(tell({"a": 2}))
