"""Compaction: code that runs together lies together in memory.

CPython writes to a function's code whenever it runs, if only to count references and calls, and after a
fork each page that is written to is copied. What a life executes lies scattered among what it does not, as
modules are loaded one after the other. Copies that are made one after the other lie on a third as many
pages.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from operator import attrgetter
from types import CodeType, FrameType, FunctionType
from typing import Any, Final

_inner = attrgetter("__func__")
_LEFT: Final[list[CodeType]] = []
"""What was there before: given back, it would leave holes for new objects, which would lie as scattered."""


def compact(life: Callable[[], None]) -> None:
    """Have the code of the functions that a life calls share pages with little else.

    Each stays the function that it is, and gets a copy of its code. Those that neither a module nor a class
    has by name, as closures, are left alone.
    """
    executed = _executed(life)
    copies = {key: code.replace() for key, (code, _) in executed.items()}
    for world in {id(world): world for _, world in executed.values()}.values():
        for function in _functions(world):
            function.__code__ = copies.get(id(function.__code__), function.__code__)
    _LEFT.extend(code for code, _ in executed.values())


def _executed(life: Callable[[], None]) -> dict[int, tuple[CodeType, dict[str, Any]]]:
    """What code runs in a life, by identity, and the names of the module that it sees."""
    found: dict[int, tuple[CodeType, dict[str, Any]]] = {}

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            found[id(frame.f_code)] = frame.f_code, frame.f_globals

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        life()
    finally:
        sys.setprofile(before)
    return found


def _functions(world: dict[str, Any]) -> Iterator[FunctionType]:
    """The functions of a module and those of its classes."""
    for thing in tuple(world.values()):
        if isinstance(thing, type) and thing.__module__ == world.get("__name__"):
            for attribute in tuple(vars(thing).values()):
                yield from _functions_in(attribute)
        else:
            yield from _functions_in(thing)


def _functions_in(thing: object) -> Iterator[FunctionType]:
    match thing:
        case FunctionType():
            yield thing
            yield from _functions_in(vars(thing).get("__wrapped__"))
        case staticmethod() | classmethod():
            yield from _functions_in(_inner(thing))
        case property():
            yield from _functions_in(thing.fget)
        case _:
            pass
