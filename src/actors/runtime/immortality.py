"""Immortality: objects whose references nobody counts, so that to use them is not to write to them.

A reference count that is written to after a fork costs a copy of the page on which it lies. CPython from
3.12 on does not write to one that has a certain value, as that of None has (PEP 683). No function of Python
gives it to other objects, so it is written down where the count is, at an object's beginning.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterable, Iterator
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any, Final

from actors.runtime.compaction import Names

_KINDS: Final = frozenset(
    {
        BuiltinFunctionType,
        ClassMethodDescriptorType,
        GetSetDescriptorType,
        MemberDescriptorType,
        MethodDescriptorType,
        ModuleType,
        WrapperDescriptorType,
        classmethod,
        property,
        staticmethod,
    }
)
_count_at: Final = ctypes.c_uint32.from_address
_TURNS: Final = 2 if sys.version_info >= (3, 14) else 1
"""CPython from 3.14 on takes a reference that was counted back without looking: that of the first turn."""


def immortalize(objects: Iterable[object]) -> None:
    """Have some objects never end, as far as this interpreter knows of immortality; else do nothing."""
    if _IMMORTAL is None:
        return
    found = list(objects)
    for _ in range(_TURNS):
        for thing in found:
            _count_at(id(thing)).value = _IMMORTAL


def lasting() -> Iterator[object]:
    """What lasts as long as its process as a rule: modules, classes, and functions with their code.

    Of all that the garbage collector knows and has not frozen.
    """
    things: list[Any] = gc.get_objects()
    for kind, thing in zip(map(type, things), things, strict=True):
        if kind is FunctionType:
            yield from (thing, thing.__code__)
        elif kind in _KINDS:
            yield thing
        elif issubclass(kind, type):
            yield from (thing, thing.__bases__, thing.__mro__)


def used_by(code: CodeType, world: Names) -> Iterator[object]:
    """What is used when some code runs: it, its constants, and what its module has by names in it."""
    yield from (code, code.co_consts, *code.co_consts)
    yield from (world[name] for name in code.co_names if name in world)


def _immortal() -> int | None:
    """The count of what is immortal; None where there is none, or it is somewhere else."""
    if sys.implementation.name != "cpython" or sys.version_info < (3, 12) or sys.abiflags:
        return None
    trial, immortal = object(), _count_at(id(None)).value
    count = _count_at(id(trial))
    mortal = count.value
    _references = [trial] * 3
    if count.value != mortal + 3:
        return None
    count.value = immortal
    _references *= 2
    return immortal if count.value == immortal else None


_IMMORTAL: Final = _immortal()
