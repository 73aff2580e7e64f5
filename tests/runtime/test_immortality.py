"""Nobody counts the references to what is immortal, and all else is as it was."""

from __future__ import annotations

import ctypes
import gc
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from actors import Actor, ActorSystem
from actors.runtime import immortality
from actors.runtime.immortality import immortalize, lasting, used_by
from actors.runtime.scout import scout
from support import household

MANY = 600
known_here = pytest.mark.skipif(sys.version_info < (3, 12), reason="CPython knows of it from 3.12 on")


def counted(thing: object) -> bool:
    """Whether references to something are counted, once those are gone that it had before."""
    _references = [thing] * 10
    del _references
    before = sys.getrefcount(thing)
    _references = [thing] * 10
    return sys.getrefcount(thing) != before


class Meta(type):
    """A class of classes."""


@pytest.fixture
def module() -> types.ModuleType:
    """A module with one thing of each kind, and some that may well be given up."""
    module = types.ModuleType("sample")
    module.__dict__["Meta"] = Meta
    exec(
        "class Base(metaclass=Meta):\n"
        "    __slots__ = ('slot',)\n"
        "    def method(self): return 'constant', 12.5\n"
        "    @property\n"
        "    def value(self): return 1\n"
        "    @classmethod\n"
        "    def by_class(cls): return 2\n"
        "    @staticmethod\n"
        "    def static(): return 3\n"
        "class Class(Base): pass\n"
        "def act(): return text, 12.75\n"
        "instance, items, text = Class(), [Class()], {'key': Class()}\n",
        module.__dict__,
    )
    return module


def of_each_kind(module: types.ModuleType) -> dict[str, Any]:
    members: dict[str, Any] = vars(module.Base)  # pyright: ignore[reportUnknownVariableType]
    return {
        "module": module,
        "class": module.Class,
        "its line": module.Class.__mro__,
        "function": members["method"],
        "code": module.Class.method.__code__,
        **{name: members[name] for name in ("slot", "value", "by_class", "static")},
    }


@known_here
def test_references_to_what_lasts_are_not_counted(module: types.ModuleType) -> None:
    assert all(map(counted, of_each_kind(module).values()))
    immortalize(thing for thing in lasting() if among(thing, module))
    assert [name for name, thing in of_each_kind(module).items() if counted(thing)] == []
    assert module.Class().method() == ("constant", 12.5)
    assert module.Class.static() + module.Class.by_class() + module.Class().value == 6


@known_here
def test_references_to_what_may_be_given_up_are_counted(module: types.ModuleType) -> None:
    immortalize(thing for thing in lasting() if among(thing, module))
    assert counted(module.instance)
    assert counted(module.items)
    assert counted(module.text)


def among(thing: object, module: types.ModuleType) -> bool:
    return any(thing is one for one in of_each_kind(module).values()) or thing is module.Base


@known_here
def test_code_is_used_with_its_constants_and_what_it_calls_by_name(module: types.ModuleType) -> None:
    code = module.act.__code__
    immortalize(used_by(code, vars(module)))
    assert not counted(code)
    assert not counted(code.co_consts)
    assert not any(map(counted, code.co_consts))
    assert not counted(module.text)
    assert counted(module.items)


@known_here
def test_what_is_frozen_is_left_as_it_is(module: types.ModuleType) -> None:
    gc.freeze()
    try:
        assert not any(among(thing, module) for thing in lasting())
    finally:
        gc.unfreeze()


def scattered() -> types.ModuleType:
    """A module with many functions, of which a life calls every fourth."""
    module = types.ModuleType("scattered")
    lines = [f"def f{number}(): pass" for number in range(MANY * 4)]
    lines += ["def live(_pipe):", *[f"    f{number}()" for number in range(0, MANY * 4, 4)]]
    exec("\n".join(lines), module.__dict__)
    for _ in range(20):  # until CPython leaves their code alone
        module.live(0)
    return module


def written_by(life: Callable[[int], None]) -> int:
    """How many bytes a fork writes to for a life, and not for being one: much in a large process."""
    return sum(scout(life)[1::2]) - sum(scout(lambda _pipe: None)[1::2])


@known_here
def test_to_call_what_is_immortal_is_not_to_write_to_it() -> None:
    module = scattered()
    written = written_by(module.live)
    for function in vars(module).values():
        if isinstance(function, types.FunctionType):
            immortalize([function, function.__code__])
    assert written_by(module.live) < written / 2


@pytest.mark.parametrize(
    ("name", "value"), [("version_info", (3, 11, 9)), ("abiflags", "t"), ("abiflags", "d")]
)
def test_where_nothing_is_known_of_it_all_stay_mortal(
    monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    monkeypatch.setattr(sys, name, value)
    assert immortality._immortal() is None  # pyright: ignore[reportPrivateUsage]


def test_where_the_count_is_somewhere_else_all_stay_mortal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 12))
    monkeypatch.setattr(immortality, "_count_at", ctypes.c_uint32)
    assert immortality._immortal() is None  # pyright: ignore[reportPrivateUsage]


def test_where_none_is_immortal_all_are_as_they_were(
    monkeypatch: pytest.MonkeyPatch, module: types.ModuleType
) -> None:
    monkeypatch.setattr(immortality, "_IMMORTAL", None)
    immortalize(of_each_kind(module).values())
    assert all(map(counted, of_each_kind(module).values()))


class Counting(Actor):
    """Says of what references are counted in its process."""

    def receive(self, message: Any) -> list[bool]:
        return [counted(thing) for thing in (type(self), type(self).receive, Actor, sys, self)]


def test_in_an_actors_process_classes_and_functions_are_immortal(system: ActorSystem) -> None:
    mortal = sys.version_info < (3, 12)
    first = system.spawn(Counting).ask("which?")
    assert first == [True, True, mortal, mortal, True]  # its own module it has itself imported
    system.spawn(Counting).ask("which?")
    household.spare(system)  # of a zygote that knows that module
    assert system.spawn(Counting).ask("which?") == [mortal, mortal, mortal, mortal, True]
