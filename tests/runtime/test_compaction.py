"""Functions get copies of their code that lie side by side, and are the same functions as before."""

from __future__ import annotations

import mmap
import sys
import types
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

from actors.runtime.compaction import compact

MANY = 60


class Thing:
    """Has a method of each kind."""

    def method(self) -> str:
        return f"{self.value}{self.by_class()}{self.static()}"

    @property
    def value(self) -> str:
        return "value"

    @classmethod
    def by_class(cls) -> str:
        return cls.__name__

    @staticmethod
    def static() -> str:
        return "static"

    def idle(self) -> str:
        return "idle"


@contextmanager
def context() -> Generator[str]:
    yield "context"


def live() -> None:
    with context() as name:
        assert Thing().method() == "valueThingstatic"
        assert name == "context"


def functions() -> dict[str, types.FunctionType]:
    members: Any = vars(Thing)
    wrapped: Any = context
    return {
        "method": members["method"],
        "value": members["value"].fget,
        "by_class": members["by_class"].__func__,
        "static": members["static"].__func__,
        "context": wrapped.__wrapped__,
        "live": live,
    }


def test_what_runs_is_copied_and_the_same() -> None:
    before = {name: (function, function.__code__) for name, function in functions().items()}
    compact(live)
    for name, function in functions().items():
        old, code = before[name]
        assert function is old
        assert function.__code__ == code
        assert function.__code__ is not code, name
    live()


def test_what_does_not_run_is_left_alone() -> None:
    before = Thing.idle.__code__
    compact(live)
    assert Thing.idle.__code__ is before


def test_who_watches_the_calls_goes_on_watching() -> None:
    def watch(_frame: types.FrameType, _event: str, _argument: object) -> None:
        """Watch."""

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        compact(live)
        after = sys.getprofile()
    finally:
        sys.setprofile(before)
    assert after is watch


def test_who_watches_goes_on_though_the_life_fails() -> None:
    def fail() -> None:
        raise LookupError("no life")

    before = sys.getprofile()
    with pytest.raises(LookupError, match="no life"):
        compact(fail)
    assert sys.getprofile() is before


def scattered() -> tuple[types.ModuleType, Callable[[], None]]:
    """A module with many functions of which every tenth is part of a life."""
    lines = [f"def f{number}(): return {number}.5, 'text {number}'" for number in range(MANY * 10)]
    lines += [f"def live():\n    return [{', '.join(f'f{n}()' for n in range(0, MANY * 10, 10))}]"]
    module = types.ModuleType("scattered")
    exec("\n".join(lines), module.__dict__)
    return module, module.live


def pages(module: types.ModuleType) -> int:
    """How many pages the code begins on that is part of a life."""
    codes = [vars(module)[f"f{number}"].__code__ for number in range(0, MANY * 10, 10)]
    return len({id(code) // mmap.PAGESIZE for code in codes})


def test_what_runs_together_lies_together() -> None:
    module, life = scattered()
    before = pages(module)
    compact(life)
    assert life() == [(number + 0.5, f"text {number}") for number in range(0, MANY * 10, 10)]
    assert pages(module) < before / 2
