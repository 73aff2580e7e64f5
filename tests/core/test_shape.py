"""Shapes let pass what a type checker would, and say where and why a value does not fit."""

from __future__ import annotations

import collections.abc as abc
import enum
import typing
from datetime import date, datetime
from pathlib import Path, PurePath
from typing import Annotated, Any, Generic, Literal, NewType, TypeVar
from uuid import UUID

import attrs
import pytest

from actors.core.address import Address
from actors.core.annotation import compile_shape
from actors.core.errors import DecodeError, EncodeError
from actors.core.message import Message, Request
from actors.core.ref import ActorRef
from actors.core.schema import check_reply, schema_of
from support.ids import stable

T = TypeVar("T")
Bound = TypeVar("Bound", bound=int)
Choice = TypeVar("Choice", int, str)
UserId = NewType("UserId", int)


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1


class Item(Message):
    price: int


class Special(Item):
    pass


class Options(typing.TypedDict):
    size: int
    name: typing.NotRequired[str]


class Order(Message):
    items: list[Item]
    by_name: dict[str, tuple[int, str]] = attrs.field(factory=dict[str, tuple[int, str]])


class Tree(Message):
    children: list[Tree]


class Box(Message, Generic[T]):
    content: T


class IntBox(Box[int]):
    pass


class ListBox(Box[list[T]], Generic[T]):
    more: T


class StrListBox(ListBox[str]):
    pass


REF = ActorRef(Address("demo", 1, "ada"))

FITS: list[tuple[Any, Any]] = [
    (int, 1),
    (int, True),
    (int, Level.LOW),
    (float, 1),
    (float, 1.5),
    (complex, 1.5),
    (bool, False),
    (str, "x"),
    (bytes, b"x"),
    (bytes, bytearray(b"x")),
    (bytes, memoryview(b"x")),
    (None, None),
    (Any, object()),
    (object, 1),
    (list[int], [1, 2]),
    (list[int], []),
    (list, [1, "x"]),
    (abc.Sequence[int], (1, 2)),
    (abc.Sequence[str], "abc"),
    (abc.Iterable[int], {1, 2}),
    (abc.Iterable[str], {"a": 1}),
    (abc.Collection[int], [1]),
    (dict[str, int], {"a": 1}),
    (abc.Mapping[int, list[str]], {1: ["a"]}),
    (set[int], {1}),
    (frozenset[int], frozenset({1})),
    (abc.Set[int], frozenset({1})),
    (tuple, (1, "x")),
    (tuple[()], ()),
    (tuple[int, str], (1, "x")),
    (tuple[int, ...], (1, 2, 3)),
    (int | None, None),
    (typing.Optional[int], 1),  # noqa: UP045
    (typing.Union[list[int], str], [1]),  # noqa: UP007
    (Literal["a", 1, Colour.RED], Colour.RED),
    (Colour, Colour.RED),
    (enum.Enum, Colour.RED),
    (Item, Item(1)),
    (Item, Special(1)),
    (Message, Item(1)),
    (Box[int], Box(1)),
    (ActorRef, REF),
    (date, datetime(2024, 1, 1)),
    (PurePath, Path("x")),
    (UUID, UUID(int=1)),
    (Annotated[int, []], 1),
    (UserId, 1),
    (T, "anything"),
    (Bound, 1),
    (Choice, "x"),
    (Options, {"size": 1}),
    (Options, {"size": 1, "name": "x"}),
]

MISFITS: list[tuple[Any, Any, str]] = [
    (int, "x", "here: expected int, got str 'x'"),
    (int, 1.0, "here: expected int, got float 1.0"),
    (int, None, "here: expected int, got None"),
    (bool, 1, "here: expected bool, got int 1"),
    (str, b"x", "here: expected str, got bytes b'x'"),
    (list[int], (1,), "here: expected list[int], got tuple (1,)"),
    (list[int], [1, "x"], "here[1]: expected int, got str 'x'"),
    (set[int], {"x"}, "here{item}: expected int, got str 'x'"),
    (abc.Iterable[int], iter([1]), "here: expected Iterable[int], got list_iterator"),
    (dict[str, int], {1: 1}, "here key: expected str, got int 1"),
    (dict[str, int], {"a": "x"}, "here['a']: expected int, got str 'x'"),
    (dict[str, int], [], "here: expected dict[str, int], got list []"),
    (tuple[int, ...], [1], "here: expected tuple[int, ...], got list [1]"),
    (tuple[int, str], (1,), "here: expected tuple[int, str], got tuple (1,)"),
    (tuple[int, str], (1, 2), "here[1]: expected str, got int 2"),
    (int | None, "x", "here: expected int | None, got str 'x'"),
    (list[int] | None, ["x"], "here[0]: expected int, got str 'x'"),
    (Literal[1], True, "here: expected 1, got bool True"),
    (Literal["a", "b"], "c", "here: expected 'a' or 'b', got str 'c'"),
    (Colour, 1, "here: expected Colour, got int 1"),
    (Special, Item(1), "here: expected Special, got Item Item(price=1)"),
    (Bound, "x", "here: expected int, got str 'x'"),
    (Choice, 1.5, "here: expected int | str, got float 1.5"),
    (Options, {}, "here: Options needs the key 'size'"),
    (Options, {"size": 1, "x": 1}, "here: Options has no key 'x'"),
    (Options, {"size": "x"}, "here['size']: expected int, got str 'x'"),
    (dict[str, list[Item]], {"a": [Item(1), 2]}, "here['a'][1]: expected Item, got int 2"),
]


@pytest.mark.parametrize(("annotation", "value"), FITS, ids=stable)
def test_what_a_type_checker_lets_pass_fits(annotation: Any, value: Any) -> None:
    compile_shape(annotation, "here").check(value, "here")


@pytest.mark.parametrize(("annotation", "value", "text"), MISFITS, ids=stable)
def test_a_misfit_is_named_with_its_place(annotation: Any, value: Any, text: str) -> None:
    with pytest.raises(EncodeError) as caught:
        compile_shape(annotation, "here").check(value, "here")
    assert str(caught.value).startswith(text)


def test_an_iterator_is_not_used_up_by_looking_at_it() -> None:
    iterator = iter([1])
    with pytest.raises(EncodeError):
        compile_shape(abc.Iterable[int], "here").check(iterator, "here")
    assert list(iterator) == [1]


def test_a_long_value_is_shown_in_short() -> None:
    for value in ("x" * 10**6, b"x" * 10**6, [[1] * 100] * 100):
        with pytest.raises(EncodeError) as caught:
            compile_shape(int, "here").check(value, "here")
        assert len(str(caught.value)) < 300


def test_a_repr_that_fails_hides_no_error() -> None:
    class Rude:
        def __repr__(self) -> str:
            raise RuntimeError

    with pytest.raises(EncodeError, match="expected int, got Rude"):
        compile_shape(int, "here").check(Rude(), "here")


@pytest.mark.parametrize(
    ("annotation", "advice"),
    [
        (abc.Callable[[], None], "Message subclass, send plain values"),
        (type, "Message subclass, send plain values"),
        (bytearray, "annotate it as bytes"),
        (typing.NamedTuple("Point", [("x", int)]), "plain builtin type"),
        (abc.Iterator[int], "send plain values"),
        (list[abc.Callable[[], None]], "send plain values"),
        ("Undefined", "not defined where the message class is"),
        (list[typing.ForwardRef("Itself")], r"only as `type Name = \.\.\.`"),  # type: ignore[misc]
    ],
    ids=stable,
)
def test_an_annotation_that_cannot_travel_is_refused_with_advice(annotation: Any, advice: str) -> None:
    with pytest.raises(EncodeError, match=advice) as caught:
        compile_shape(annotation, "Order.field")
    assert caught.value.place == "Order.field"


def test_a_type_variable_stands_for_what_a_subclass_says() -> None:
    IntBox_fields = schema_of(IntBox).fields  # noqa: N806
    assert IntBox_fields["content"].text == "int"
    assert schema_of(Box).fields["content"].text == "anything"


def test_the_same_type_variable_may_stand_for_different_things_in_base_and_subclass() -> None:
    fields = schema_of(StrListBox).fields
    assert (fields["content"].text, fields["more"].text) == ("list[str]", "str")


def test_a_type_of_numpy_is_refused_with_what_to_send() -> None:
    array = type("ndarray", (), {"__module__": "numpy"})
    with pytest.raises(EncodeError, match=r"annotate it as what is sent: send \.tolist\(\) of it"):
        compile_shape(array, "here")


def test_a_class_may_refer_to_itself() -> None:
    schema_of(Tree).dismantle(Tree([Tree([])]))


def test_classes_of_one_function_may_refer_to_each_other() -> None:
    class Leaf(Message):
        value: int

    class Branch(Message):
        leaves: list[Leaf]
        branches: list[Branch] = attrs.field(factory=list["Branch"])

    schema_of(Branch).dismantle(Branch([Leaf(1)], [Branch([])]))


def test_a_name_that_is_not_defined_is_named() -> None:
    class Lost(Message):
        field: Nowhere  # type: ignore[name-defined]  # noqa: F821  # pyright: ignore

    with pytest.raises(EncodeError, match=r"Lost: the name 'Nowhere' .* module level"):
        schema_of(Lost)


def test_a_recursive_alias_is_checked_all_the_way_down() -> None:
    # As made by ``type Json = int | list[Json]``, which Python 3.11 does not know.
    alias: Any = type("Alias", (), {"__type_params__": (), "__name__": "Json"})()
    alias.__value__ = int | list[alias]
    shape = compile_shape(alias, "here")
    shape.check([1, [2, [3]]], "here")
    with pytest.raises(EncodeError):
        shape.check([1, [2, ["x"]]], "here")


def test_a_reply_is_checked_against_what_the_request_promises() -> None:
    class Prices(Request[list[int]]):
        pass

    check_reply(Prices, [1, 2])
    with pytest.raises(DecodeError) as caught:
        check_reply(Prices, [1, "x"])
    assert "Prices[1]: expected int, got str 'x'" in str(caught.value)


def test_an_open_request_promises_nothing() -> None:
    class Whatever(Request[Any]):
        pass

    check_reply(Whatever, object())


def test_a_request_whose_reply_cannot_travel_fails_when_it_is_asked() -> None:
    class Hopeless(Request[abc.Callable[[], None]]):
        pass

    with pytest.raises(EncodeError, match=r"reply to .*Hopeless"):
        schema_of(Hopeless)
