"""Every public name is documented, and stands in the reference."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import actors
from actors import events

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
DIRECTIVE = re.compile(r"^\.\. auto\w+:: (\S+)$", re.MULTILINE)


def public() -> dict[str, Any]:
    """Everything public, by the name under which the reference has it."""
    found: dict[str, Any] = {f"actors.{name}": getattr(actors, name) for name in actors.__all__}
    for name, value in vars(events).items():
        if isinstance(value, type) and issubclass(value, events.Event):
            found[f"actors.events.{name}"] = value
    return found


PUBLIC = public()


def methods(cls: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties that a class of ours has, with those it inherits from ours."""
    for base in cls.__mro__:
        if base.__module__.startswith("actors."):
            for name, value in vars(base).items():
                if not name.startswith("_") and (inspect.isroutine(value) or isinstance(value, property)):
                    yield name, value


def test_the_reference_has_every_public_name_once_and_no_other() -> None:
    entries = [name for page in REFERENCE.glob("*.md") for name in DIRECTIVE.findall(page.read_text())]
    assert sorted(entries) == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_a_docstring(name: str) -> None:
    assert (PUBLIC[name].__doc__ or "").strip()


@pytest.mark.parametrize("name", [name for name, value in PUBLIC.items() if isinstance(value, type)])
def test_the_public_methods_of_a_class_have_docstrings(name: str) -> None:
    bare = [method for method, value in methods(PUBLIC[name]) if not inspect.getdoc(value)]
    assert not bare


def test_the_names_of_the_facade_are_sorted() -> None:
    assert sorted(actors.__all__) == actors.__all__
