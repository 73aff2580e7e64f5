"""Blueprints: what travels of a specification."""

from __future__ import annotations

from typing import Any

import pytest

from actors import Codec, Supervisor, child
from actors.runtime.blueprint import draw
from support.cast import Echo, Player


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"max_restarts": -1}, "Supervisor.max_restarts is -1; it must be a whole number, at least 0"),
        ({"within": 0.0}, "Supervisor.within is 0.0; it must be a number of seconds, greater than 0"),
        ({"within": float("nan")}, "Supervisor.within is nan"),
        (
            {"max_children": -1},
            "Supervisor.max_children is -1; it must be a whole number, at least 0",
        ),
        ({"max_children": 1}, "max_children is 1, but 2 children are declared"),
        ({"strategy": "two_for_one"}, "Supervisor.strategy is 'two_for_one'; it must be 'one_for_one', "),
        ({"auto_shutdown": "perhaps"}, "Supervisor.auto_shutdown is 'perhaps'; it must be 'never', "),
    ],
)
def test_a_supervisor_that_makes_no_sense_is_refused_when_it_is_drawn(values: Any, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        draw(child(Supervisor, child(Player), child(Player), **values), Codec())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_restarts", "many"),
        ("max_restarts", 1.5),
        ("within", None),
        ("max_children", "x"),
        ("strategy", None),
        ("auto_shutdown", True),
    ],
)
def test_an_attribute_of_a_wrong_type_is_refused_with_its_class(name: str, value: Any) -> None:
    cls = type("Bank", (Supervisor,), {name: value})
    with pytest.raises(TypeError, match=f"^Bank.{name} is {value!r}; it must be"):
        draw(child(cls), Codec())


def test_a_class_that_needs_no_arguments_is_a_child() -> None:
    class Bank(Supervisor):
        children = (Player, child(Player).options(name="other"))

    for spec in (child(Bank), child(Supervisor, Player, child(Player).options(name="other"))):
        supervises = draw(spec, Codec()).supervises
        assert supervises is not None
        assert [(drawn.target, drawn.name) for drawn in supervises.children] == [
            ("support.cast:Player", None),
            ("support.cast:Player", "other"),
        ]


@pytest.mark.parametrize(
    ("children", "wrong"),
    [
        (child(Echo), "Bank.children is a ChildSpec; it must be a tuple of them: (child(...),)"),
        (5, "Bank.children is 5; it must be a tuple: (child(...),)"),
        ((child(Echo), 5), "Bank.children[1] takes a class or child(...), not 5"),
    ],
)
def test_children_that_are_none_are_refused_with_the_way_out(children: Any, wrong: str) -> None:
    cls = type("Bank", (Supervisor,), {"children": children})
    with pytest.raises(TypeError) as refused:
        draw(child(cls), Codec())
    assert str(refused.value) == wrong
