"""Declarations: what a supervisor says of itself by its attributes, checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from actors.core.actor import Supervisor
from actors.core.demand import COUNT, LASTING, choice, optional
from actors.core.glance import brief
from actors.core.spec import ChildSpec, spec_of
from actors.core.strategy import AutoShutdown, Strategy

_DEMANDS: Final = {
    "strategy": choice(Strategy),
    "max_restarts": COUNT,
    "within": LASTING,
    "auto_shutdown": choice(AutoShutdown),
    "max_children": optional(COUNT, "any number"),
}


def attributes_of(supervisor: Supervisor) -> dict[str, Any]:
    """How it treats its children.

    Raises `TypeError` and `ValueError`, as `children_of` does: they name the class and the attribute.
    """
    return {name: _checked(supervisor, name) for name in _DEMANDS}


def children_of(supervisor: Supervisor) -> tuple[ChildSpec[Any], ...]:
    """Which children it starts."""
    place = _place(supervisor, "children")
    children = enumerate(_iterable(supervisor.children, place))
    specs = tuple(spec_of(one, f"{place}[{index}]") for index, one in children)
    most = _checked(supervisor, "max_children")
    if most is not None and most < len(specs):
        place = _place(supervisor, "max_children")
        raise ValueError(f"{place} is {most}, but {len(specs)} children are declared")
    return specs


def _checked(supervisor: Supervisor, name: str) -> Any:
    return _DEMANDS[name].check(_place(supervisor, name), getattr(supervisor, name))


def _place(supervisor: Supervisor, name: str) -> str:
    return f"{type(supervisor).__qualname__}.{name}"


def _iterable(children: Any, place: str) -> Iterable[Any]:
    if isinstance(children, ChildSpec):
        raise TypeError(f"{place} is a ChildSpec; it must be a tuple of them: (child(...),)")
    if not isinstance(children, Iterable):
        raise TypeError(f"{place} is {brief(children)}; it must be a tuple: (child(...),)")
    return children  # pyright: ignore[reportUnknownVariableType]
