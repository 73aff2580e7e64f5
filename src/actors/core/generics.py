"""What type variables stand for in the subclasses of generic classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar, cast, get_args, get_origin


def bindings(cls: type) -> dict[type, dict[Any, Any]]:
    """For each generic base of a class, what its type variables stand for in that class."""
    found: dict[type, dict[Any, Any]] = {}
    _bind(cls, {}, found)
    return found


def substitute(annotation: Any, variables: Mapping[Any, Any]) -> Any:
    """The annotation with type variables replaced by what they stand for, or by `Any`."""
    if isinstance(annotation, TypeVar):
        return variables.get(annotation, annotation)
    free: tuple[Any, ...] = getattr(annotation, "__parameters__", ())
    if not free or get_origin(annotation) is None:  # nothing is open in it, or it is the bare class
        return annotation
    return annotation[tuple(variables.get(variable, Any) for variable in free)]


def _bind(cls: type, variables: Mapping[Any, Any], found: dict[type, dict[Any, Any]]) -> None:
    for base in cast("tuple[Any, ...]", vars(cls).get("__orig_bases__", cls.__bases__)):
        origin = get_origin(base) or base
        if origin is Generic or origin is object:
            continue
        parameters: tuple[Any, ...] = getattr(origin, "__parameters__", ())
        arguments = (substitute(argument, variables) for argument in get_args(base))
        bound = dict(zip(parameters, arguments, strict=False))
        found.setdefault(origin, {}).update(bound)
        _bind(origin, bound, found)
