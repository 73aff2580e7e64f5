"""Blueprints: what travels of a specification."""

from __future__ import annotations

from typing import Any

import pytest

from actors import Codec, Supervisor, child
from actors.runtime.blueprint import draw
from support.cast import Player


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"max_restarts": -1}, "max_restarts"),
        ({"within": 0.0}, "within"),
        ({"within": float("nan")}, "within"),
        ({"max_children": 1}, "max_children is 1, but 2 children are declared"),
        ({"strategy": "two_for_one"}, "two_for_one"),
        ({"auto_shutdown": "perhaps"}, "perhaps"),
    ],
)
def test_a_supervisor_that_makes_no_sense_is_refused_when_it_is_drawn(values: Any, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        draw(child(Supervisor, child(Player), child(Player), **values), Codec())
