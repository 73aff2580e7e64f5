"""A caption says what kind of value a stream holds, as decoding it would."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.core.codec import Codec
from actors.core.codec.caption import caption
from actors.core.message import Message, default_tag
from core.samples import Leaf, Tree

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
numbers = st.integers(0, 9)
plain = scalars | st.lists(numbers, max_size=20) | st.dictionaries(numbers, numbers, max_size=20)
messages = st.builds(Leaf, number=st.integers(), text=st.none() | st.text()) | st.builds(Tree, value=plain)


def caption_of(value: Any) -> str:
    return caption(Codec().encode(value)[0])


@given(plain)
def test_the_caption_of_a_plain_value_is_its_type(value: Any) -> None:
    big = isinstance(value, int) and not -(2**63) <= value < 2**64
    expected = "value" if big else "None" if value is None else type(value).__name__
    assert caption_of(value) == expected


@given(messages)
def test_the_caption_of_a_message_is_its_tag(message: Message) -> None:
    assert caption_of(message) == default_tag(type(message))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("x" * 100_000, "str"),
        (b"x" * 1_000, "bytes"),
        (b"x" * 100_000, "value"),  # it travels beside the stream
        ([0] * 100_000, "list"),
        (dict.fromkeys(range(70_000), 0), "dict"),
        (10**30, "value"),
        ((1, 2), "value"),
    ],
)
def test_where_it_takes_more_to_know_it_says_so(value: Any, kind: str) -> None:
    assert caption_of(value) == kind


@given(st.binary(max_size=60))
@example(b"\xc1")
@example(b"")
def test_whatever_the_bytes_are_there_is_a_caption(data: bytes) -> None:
    assert caption(data)
