"""Laws of the codec, over whatever values Hypothesis can think of."""

from __future__ import annotations

import contextlib
import math
import zoneinfo
from datetime import timedelta, timezone
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.core.address import Address
from actors.core.codec import SEGMENT_MIN, Codec, Limits
from actors.core.errors import DecodeError, EncodeError
from actors.core.message import Message
from actors.core.ref import ActorRef
from core.samples import Colour, Leaf, Level, Rights, Tree

CODEC = Codec()
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


text = st.text(st.characters(codec=None, exclude_categories=()), max_size=8)  # lone surrogates too
offsets = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)
zones = (
    st.none() | offsets | st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]).map(zoneinfo.ZoneInfo)
)
refs = st.builds(ActorRef, st.builds(Address, text, st.integers(0, 2**63), text))
leaves = st.builds(Leaf, st.integers(), st.none() | text, st.floats(allow_nan=False))

hashable_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.complex_numbers(allow_nan=False),
    text,
    st.binary(max_size=8),
    st.datetimes(timezones=zones),
    st.dates(),
    st.times(timezones=st.none() | offsets),
    st.timedeltas(),
    st.uuids(),
    st.decimals(allow_nan=False),
    st.sampled_from([*Colour, *Level, *Rights, Rights(0)]),
    text.filter(lambda name: "\0" not in name).map(PurePosixPath),
    text.filter(lambda name: "\0" not in name).map(PureWindowsPath),
    refs,
    leaves,
)
hashables = st.recursive(
    hashable_scalars,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
scalars = hashables | st.sampled_from([b"x" * SEGMENT_MIN, b"y" * (SEGMENT_MIN - 1), b"z" * 2**16])


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(hashables, inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.sets(hashables, max_size=4),
        st.builds(Tree, inner),
        st.builds(
            Tree,
            inner,
            st.lists(st.builds(Tree, inner), max_size=2),
            st.dictionaries(text, leaves, max_size=2),
            st.none() | st.tuples(st.integers(), text),
        ),
    )


values = st.recursive(scalars, containers, max_leaves=12)


def same(left: Any, right: Any) -> bool:
    """Equal, and of equal types all the way down."""
    if type(left) is not type(right) or left != right:
        return False
    if isinstance(left, float):
        return math.copysign(1, left) == math.copysign(1, right)
    if isinstance(left, list | tuple):
        return all(map(same, left, right))  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(left, dict):
        return all(map(same, left.values(), right.values()))  # pyright: ignore
    if isinstance(left, set | frozenset):
        by_type = [sorted(repr(type(item)) for item in side) for side in (left, right)]  # pyright: ignore
        return by_type[0] == by_type[1]
    if isinstance(left, Message):
        return all(same(value, vars(right)[name]) for name, value in vars(left).items())
    return True


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW)
@given(values)
def test_what_encodes_decodes_to_an_equal_value_of_the_same_type(value: Any) -> None:
    stream, segments = CODEC.encode(value)
    assert same(CODEC.decode(stream, segments), value)
    assert same(CODEC.decode(memoryview(stream), list(segments)), value)


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(values, st.integers(1, 6), st.integers(0, 4), st.integers(1, 200))
def test_both_sides_have_the_same_limits(value: Any, depth: int, items: int, size: int) -> None:
    tight = Codec(limits=Limits(depth=depth, items=items, size=size))
    stream, segments = CODEC.encode(value)
    try:
        assert tight.encode(value) == (stream, segments)
        sent = True
    except EncodeError:
        sent = False
    try:
        tight.decode(stream, segments)
        received = True
    except DecodeError:
        received = False
    assert sent == received


class Plain:
    pass


def with_gaps(data: bytes) -> memoryview:
    return memoryview(data)[::2]


junk = st.recursive(
    scalars
    | st.sampled_from(
        [Plain, Plain(), len, object(), type, NotImplemented, ..., range(3), iter([]), Message]
    )
    | st.builds(Tree, st.just(1), st.just("no list"))
    | st.builds(bytearray, st.binary(max_size=4))
    | st.binary(max_size=4).map(with_gaps),
    lambda inner: containers(inner) | st.builds(Tree, inner, inner, inner, inner),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
@given(junk)
def test_what_does_not_encode_is_an_encode_error(value: Any) -> None:
    try:
        stream, segments = CODEC.encode(value)
    except EncodeError as error:
        assert error.place  # noqa: PT017
        assert error.problem  # noqa: PT017
    else:
        CODEC.decode(stream, segments)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.lists(st.binary(max_size=4), max_size=2))
def test_arbitrary_bytes_decode_or_are_a_decode_error(stream: bytes, segments: list[bytes]) -> None:
    for candidate in (stream, b"\xc1" + stream):
        with contextlib.suppress(DecodeError):
            CODEC.decode(candidate, segments)
