"""Spawning: from a specification to a started actor."""

from __future__ import annotations

from typing import Any, Final

from actors.core.actor import Spawnable
from actors.core.errors import NameTaken, StartError
from actors.core.protocol import Blueprint, NotSpawned, Spawn
from actors.core.ref import ActorRef
from actors.core.spec import ChildSpec
from actors.runtime import blueprint
from actors.runtime.endpoint import Endpoint

_MARGIN: Final = 10.0
"""How much longer than its start may take the guardian is given to answer, in seconds."""


def spawn(
    endpoint: Endpoint, parent: int, spec: ChildSpec[Any] | type[Spawnable], name: str | None
) -> ActorRef:
    """Start an actor below `parent`; return once it has started. Raises `StartError`, `NameTaken`."""
    request, timeout = plan(endpoint, parent, spec, name)
    return started(endpoint, endpoint.ask(endpoint.guardian, request, timeout))


def plan(
    endpoint: Endpoint, parent: int, spec: ChildSpec[Any] | type[Spawnable], name: str | None
) -> tuple[Spawn, float]:
    """What to ask of the guardian, and how long its answer may take."""
    if isinstance(spec, type):
        spec = ChildSpec(actor=spec)
    if name is not None:
        spec = spec.options(name=name)
    drawn = blueprint.draw(spec, endpoint.codec)
    return Spawn(parent=parent, blueprint=drawn), _budget(drawn) + _MARGIN


def started(endpoint: Endpoint, reply: ActorRef | NotSpawned) -> ActorRef:
    """The new actor's reference, or the error that says why there is none."""
    match reply:
        case NotSpawned(name=name, taken=True):
            raise NameTaken(name)
        case NotSpawned(name=name, cause=cause):
            raise StartError(name, cause)
        case _:
            return endpoint.bind(reply.address)


def _budget(drawn: Blueprint) -> float:
    children = () if drawn.supervises is None else drawn.supervises.children
    return drawn.start_timeout + sum(map(_budget, children))
