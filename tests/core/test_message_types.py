"""What type checkers know about messages: mypy and pyright read this file, and pytest runs it."""

from typing import Any, Generic, TypeVar, assert_type

import attrs
import pytest

from actors.core.address import Address
from actors.core.message import Message, Request
from actors.core.ref import ActorRef

T = TypeVar("T")


class Deposit(Message):
    amount: int
    note: str = ""


class Dated(Deposit, tag="dated/1", ignore_unknown=True):
    day: int = attrs.field(default=0, kw_only=True)


class Balance(Request[int]):
    """Ask for a balance."""


class History(Request[list[Deposit]]):
    since: int = 0


class Box(Message, Generic[T]):
    content: T


class Fetch(Request[T], Generic[T]):
    default: T


def test_constructors_are_typed() -> None:
    assert_type(Deposit(5), Deposit)
    assert_type(Deposit(5, note="x").note, str)
    assert_type(Dated(5, "x", day=3).day, int)
    assert_type(Box(5), Box[int])
    assert_type(Box("x").content, str)


def test_wrong_arguments_are_errors_for_type_checkers() -> None:
    Deposit("five")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        Deposit()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError):
        Balance(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def ask_types(ref: ActorRef) -> None:
    """Never called: a reference to an actor that runs is needed for it."""
    assert_type(ref.ask(Balance()), int)
    assert_type(ref.ask(History(since=1), timeout=1.0), list[Deposit])
    assert_type(ref.ask(Fetch(b"")), bytes)
    assert_type(ref.ask({"plain": 1}), Any)


def test_a_reference_takes_any_message() -> None:
    assert ActorRef(Address("demo", 1, "ada")).address.id == 1
