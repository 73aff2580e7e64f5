"""Messages are frozen values, known by their tag."""

import dataclasses
from typing import Any, Generic, TypeVar

import attrs
import pytest

from actors.core.message import Message, Request, default_tag, lookup, reply_type

T = TypeVar("T")
U = TypeVar("U")


class Deposit(Message):
    amount: int
    note: str = ""


class Box(Message, Generic[T]):
    content: T


class Reply(Request[list[T]], Generic[T]):
    pass


class Names(Reply[str]):
    pass


def test_a_message_is_made_of_its_annotations() -> None:
    assert repr(Deposit(amount=5)) == "Deposit(amount=5, note='')"
    assert Deposit(5, "x") == Deposit(amount=5, note="x")
    assert Deposit(5) != Deposit(6)
    assert len({Deposit(5), Deposit(5)}) == 1


def test_a_message_never_changes() -> None:
    deposit = Deposit(5)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        deposit.amount = 6  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def test_a_message_of_another_class_is_never_equal() -> None:
    class Same(Deposit):
        pass

    assert Same(5) != Deposit(5)


def test_a_subclass_has_the_fields_of_its_base_too() -> None:
    class Dated(Deposit):
        day: int = 0

    assert Dated(1, "x", 2) == Dated(amount=1, note="x", day=2)


def test_methods_may_call_super() -> None:
    class Loud(Deposit):
        def __repr__(self) -> str:
            return super().__repr__().upper()

    assert "AMOUNT=1" in repr(Loud(1))


def test_a_parameter_has_the_name_of_its_field_with_the_underscore() -> None:
    class Hidden(Message):
        _secret: int

    assert Hidden(_secret=1) == Hidden(1)


def test_an_alias_names_the_parameter() -> None:
    class Aliased(Message):
        _secret: int = attrs.field(alias="secret")

    assert Aliased(secret=1) == Aliased(1)


def test_validators_and_converters_run() -> None:
    class Positive(Message):
        amount: int = attrs.field(validator=attrs.validators.gt(0))
        tags: tuple[str, ...] = attrs.field(converter=tuple, default=())

    assert Positive(1, ["a"]).tags == ("a",)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="amount"):
        Positive(0)


def test_a_class_with_an_init_of_its_own_is_refused_when_defined() -> None:
    with pytest.raises(TypeError, match="writes its own __init__"):

        class Own(Message):  # pyright: ignore[reportUnusedClass]
            def __init__(self) -> None: ...


def test_a_default_that_all_messages_would_share_is_refused_when_defined() -> None:
    with pytest.raises(TypeError, match=r"Shared\.items; write attrs\.field\(factory=list\)"):

        class Shared(Message):  # pyright: ignore[reportUnusedClass]
            items: list[int] = []  # noqa: RUF012


@pytest.mark.parametrize("default", [dataclasses.field(default_factory=int), dataclasses.field(default=1)])
def test_a_field_of_dataclasses_is_refused_when_defined(default: Any) -> None:
    with pytest.raises(
        TypeError, match=r"Mixed\.items is a field of dataclasses; write attrs\.field\(factory=…\)"
    ):

        class Mixed(Message):  # pyright: ignore[reportUnusedClass]
            items: Any = default


def test_a_field_without_a_default_after_one_with_a_default_is_refused_when_defined() -> None:
    with pytest.raises(
        TypeError, match=r"Dated\.day has no default, and comes after a field which has one.*kw_only=True"
    ):

        class Dated(Deposit):  # pyright: ignore[reportUnusedClass]
            day: int  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]


def test_unless_it_is_given_by_its_name() -> None:
    class Dated(Deposit):
        seen: int = attrs.field(init=False, default=0)
        day: int = attrs.field(kw_only=True)

    assert Dated(1, day=2) == Dated(1, "", day=2)


def test_a_post_init_that_nobody_calls_is_refused_when_defined() -> None:
    with pytest.raises(TypeError, match=r"Late defines __post_init__.*; name it __attrs_post_init__"):

        class Late(Message):  # pyright: ignore[reportUnusedClass]
            def __post_init__(self) -> None: ...


def test_a_tag_is_the_module_and_the_name() -> None:
    assert Deposit.__tag__ == f"{__name__}:Deposit"
    assert lookup(f"{__name__}:Deposit") is Deposit


def test_the_main_module_has_one_name_in_every_process() -> None:
    parent = type("Thing", (), {"__module__": "__main__"})
    spawned = type("Thing", (), {"__module__": "__mp_main__"})
    assert default_tag(parent) == default_tag(spawned) == "__main__:Thing"


def test_a_tag_may_be_chosen_and_is_not_inherited() -> None:
    class Chosen(Message, tag="chosen"):
        pass

    class Child(Chosen):
        pass

    assert lookup("chosen") is Chosen
    assert Child.__tag__ == default_tag(Child)


def test_defining_a_class_again_replaces_it() -> None:
    def define() -> type[Message]:
        class Again(Message):
            pass

        return Again

    first, second = define(), define()
    assert first is not second
    assert lookup(second.__tag__) is second


def test_another_class_under_the_same_tag_is_refused_when_defined() -> None:
    class First(Message, tag="taken"):
        pass

    with pytest.raises(TypeError, match=r"the tag 'taken' of .*Second belongs to .*First"):

        class Second(Message, tag="taken"):  # pyright: ignore[reportUnusedClass]
            pass

    assert lookup("taken") is First


def test_a_mixin_sees_the_keywords_it_knows() -> None:
    class Mixin:
        colour = ""

        def __init_subclass__(cls, *, colour: str = "", **keywords: Any) -> None:
            super().__init_subclass__(**keywords)
            cls.colour = colour

    class Painted(Message, Mixin, colour="red"):
        pass

    assert Painted.colour == "red"


@pytest.mark.parametrize(
    ("request_class", "expected"),
    [
        pytest.param(type("Plain", (Request,), {}), Any, id="left open"),
        pytest.param(Names, list[str], id="through a generic base"),
    ],
)
def test_the_reply_type_is_found(request_class: type[Request[Any]], expected: Any) -> None:
    assert reply_type(request_class) == expected


def test_the_reply_type_is_inherited() -> None:
    class Balance(Request[int]):
        pass

    class Dated(Balance):
        day: int = 0

    class Swapped(Reply[U], Message, Generic[T, U]):
        pass

    class Both(Swapped[str, bytes]):
        pass

    assert reply_type(Balance) is int
    assert reply_type(Dated) is int
    assert reply_type(Both) == list[bytes]


def test_a_parametrised_message_is_a_plain_one() -> None:
    assert Box[int](5) == Box(5)
    assert vars(Box[int](5)) == {"content": 5}
