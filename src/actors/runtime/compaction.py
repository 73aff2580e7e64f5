"""Compaction: code that runs together lies together in memory.

CPython writes to a function's code whenever it runs, if only to count references and calls, and after a
fork each page that is written to is copied. What a life executes lies scattered among what it does not, as
modules are loaded one after the other. Copies that are made one after the other lie on a third as many
pages.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from types import CodeType, FrameType, FunctionType
from typing import Any, Final

Names = Mapping[str, Any]
_inner = attrgetter("__func__")
_LEFT: Final[list[CodeType]] = []
"""What was there before: given back, it would leave holes for new objects, which would lie as scattered."""


def compact(life: Callable[[], None]) -> list[tuple[CodeType, Names]]:
    """Have the code of the functions that a life calls share pages with little else.

    Each stays the function that it is, and gets a copy of its code. Those that neither a module nor a class
    has by name, as closures, are left alone. Returns the copies, each with the names of the module that it
    sees.
    """
    executed = _executed(life)
    copies = [code.replace() for code, _ in executed]  # one after the other, with nothing in between
    for (code, world), copy in zip(executed, copies, strict=True):
        for function in _functions(code, world):
            function.__code__ = copy
    _LEFT.extend(code for code, _ in executed)
    return [(copy, world) for (_, world), copy in zip(executed, copies, strict=True)]


def _executed(life: Callable[[], None]) -> list[tuple[CodeType, Names]]:
    """The code that runs in a life, each with the names of the module that it sees, the largest first.

    Copying needs memory for a moment. What the next copy needs fits where that was, and leaves no gap.
    """
    found: dict[int, tuple[CodeType, Names]] = {}

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            found[id(frame.f_code)] = frame.f_code, frame.f_globals

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        life()
    finally:
        sys.setprofile(before)
    return sorted(found.values(), key=lambda entry: len(entry[0].co_code), reverse=True)


def _functions(code: CodeType, world: Names) -> Iterator[FunctionType]:
    """The functions that have this code and are found by its name."""
    *owners, name = code.co_qualname.split(".")
    names: Names = world
    for owner in owners:
        thing: object = names.get(owner)
        names = vars(thing) if isinstance(thing, type) else {}
    for function in _functions_in(names.get(name)):
        if function.__code__ is code:
            yield function


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
