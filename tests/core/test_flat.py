"""Messages of scalars take a straight line, and nobody can tell it from the general way."""

from functools import cached_property
from typing import Any

import attrs
import msgpack  # pyright: ignore[reportMissingTypeStubs]
import pytest

from actors import Message
from actors.core import codec
from actors.core.codec import Codec, Limits, flat, wire
from actors.core.errors import DecodeError, EncodeError
from actors.core.schema import schema_of

CODEC = Codec()


class Plain(Message):
    number: int
    text: str = ""
    rate: float | None = None

    @cached_property
    def double(self) -> int:
        return 2 * self.number


class Checked(Message):
    number: int = attrs.field(validator=attrs.validators.ge(0))


class Noted(Message):
    number: int

    def __attrs_post_init__(self) -> None:
        vars(self)["noted"] = True


def travel(value: Any, codec: Codec = CODEC) -> Any:
    return codec.decode(*codec.encode(value))


def stream(cls: type[Message], fields: Any) -> bytes:
    packed: bytes = msgpack.packb(fields)  # pyright: ignore
    return wire.MESSAGE_MARK + schema_of(cls).header + packed


@pytest.mark.parametrize(
    "value",
    [
        Plain(1, "x", 0.5),
        Plain(1, "x", 1),
        Plain(True),
        Plain(2**70),
        Plain(-(2**63), "\ud800"),
        Plain(1, "x" * 100_000),
        Checked(3),
        {"a": 1, "b": None, 3: "c", True: 0.5},
        {"a": 2**70},
        {"a": "\ud800"},
        {(1, 2): "a key that is no scalar"},
        {"large": b"x" * 100_000},
    ],
)
def test_what_is_sent_comes_back(value: Any) -> None:
    again = travel(value)
    assert again == value
    assert type(again) is type(value)


def test_both_ways_write_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    values: list[Any] = [Plain(1, "x", 0.5), {"a": 1}, "text", 7, None]
    straight = [CODEC.encode(value) for value in values]
    monkeypatch.setattr(codec, "DUMPS", dict.fromkeys(map(type, values)))
    assert [CODEC.encode(value) for value in values] == straight


def test_both_ways_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = CODEC.encode(Plain(1, "x", 0.5))
    monkeypatch.setattr(codec, "LOADS", {Plain: None})
    assert CODEC.decode(*packed) == Plain(1, "x", 0.5)


def test_what_a_message_keeps_beside_its_fields_does_not_travel() -> None:
    message = Plain(4)
    assert message.double == 8
    assert "double" not in vars(travel(message))


def test_a_validator_runs_where_a_message_arrives() -> None:
    with pytest.raises(DecodeError, match="must be >= 0"):
        CODEC.decode(stream(Checked, {"number": -1}))


def test_what_a_class_does_after_its_init_is_done_where_a_message_arrives() -> None:
    assert vars(travel(Noted(1))) == {"number": 1, "noted": True}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"number": "one", "text": "", "rate": None}, "Plain.number: expected int, got str 'one'"),
        ({"number": [[1]], "text": "", "rate": None}, "Plain.number: expected int, got list"),
        ({"number": 1, "text": "", "other": None}, "unknown field 'other'"),
        ({"text": "", "rate": None}, "missing field 'number'"),
        ([1, "", None], "its fields are a list"),
        ({1: 1, "text": "", "rate": None}, "unknown field 1"),
    ],
)
def test_what_does_not_fit_is_named(fields: Any, problem: str) -> None:
    with pytest.raises(DecodeError, match=problem.replace("(", r"\(")):
        CODEC.decode(stream(Plain, fields))


def test_a_field_with_a_default_may_be_missing() -> None:
    assert CODEC.decode(stream(Plain, {"number": 3})) == Plain(3)


def test_what_does_not_fit_is_named_where_it_is_sent() -> None:
    with pytest.raises(EncodeError, match=r"Plain\.text: expected str, got int 3"):
        CODEC.encode(Plain(1, 3))  # type: ignore[arg-type]


def test_the_limits_hold() -> None:
    with pytest.raises(EncodeError):
        Codec(limits=Limits(size=50)).encode(Plain(1, "x" * 50))
    with pytest.raises(DecodeError):
        Codec(limits=Limits(size=50)).decode(CODEC.encode(Plain(1, "x" * 50))[0])
    with pytest.raises(EncodeError):
        Codec(limits=Limits(items=2)).encode({1: 1, 2: 2, 3: 3})


def test_a_class_that_is_defined_anew_is_the_one_that_arrives() -> None:
    def define() -> type[Message]:
        class Again(Message):
            number: int

        return Again

    old = define()
    data = CODEC.encode(old(1))  # type: ignore[call-arg]
    assert type(CODEC.decode(*data)) is old
    new = define()
    assert type(CODEC.decode(*data)) is new


def test_a_packer_that_failed_or_grew_is_not_used_again() -> None:
    with pytest.raises(TypeError):
        wire.pack_plain({"a": "written already", "b": object()})
    wire.pack_plain("x" * (1 << 17))
    assert wire.pack_plain(1) == b"\x01"


def test_what_is_to_be_known_of_a_class_can_be_worked_out_before_it_travels() -> None:
    class Early(Message):
        number: int

    class Homeless(Message):
        number: "Nowhere"  # type: ignore[name-defined]  # noqa: F821  # pyright: ignore

    flat.get_acquainted()
    assert Early in flat.DUMPS
    assert Early in flat.LOADS
    with pytest.raises(EncodeError, match="Nowhere"):
        CODEC.encode(Homeless(1))
