"""Spawning: from a specification to what is asked of the guardian, and what its answer means."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from actors.core.address import Address
from actors.core.codec import Codec
from actors.core.errors import ActorCrashed, NameTaken, StartError
from actors.core.protocol import Blueprint, NotSpawned, Spawn
from actors.core.ref import ActorRef
from actors.core.spawnable import Spawnable
from actors.core.spec import ChildSpec, spec_of
from actors.runtime import blueprint

_MARGIN: Final = 10.0
"""How much longer than its start may take the guardian is given to answer, in seconds."""


class Plan(NamedTuple):
    """What is asked of a guardian."""

    request: Spawn
    timeout: float
    """How long its answer may take, in seconds."""
    name: str
    """The actor's, or its class's."""


def plan(codec: Codec, parent: Address, spec: ChildSpec[Any] | type[Spawnable], name: str | None) -> Plan:
    """How to have an actor spawned.

    Raises `TypeError` for what cannot be spawned, and `NotImportable` for what another process could not
    find again.
    """
    spec = spec_of(spec, "spawn")
    if name is not None:
        spec = spec.options(name=name)
    drawn = blueprint.draw(spec, codec)
    stream, segments = drawn.packed
    request = Spawn(parent=parent.id, blueprint=(stream, *segments))
    return Plan(request, _budget(drawn) + _MARGIN, drawn.name or drawn.target)


def started(reply: ActorRef | NotSpawned) -> Address:
    """The new actor's address. Raises `StartError` or `NameTaken`, which say why there is none."""
    match reply:
        case NotSpawned(name=name, taken=True):
            raise NameTaken(name)
        case NotSpawned(name=name, cause=cause):
            raise StartError(name, cause)
        case ActorRef(address=address):
            return address


@contextmanager
def unless_guardian_dies(name: str) -> Generator[None]:
    """Have the death of the guardian in the middle of a spawn be an error of it."""
    try:
        yield
    except ActorCrashed as crash:
        raise StartError(name, f"{crash.reason}; spawn it again") from None


def _budget(drawn: Blueprint) -> float:
    children = () if drawn.supervises is None else drawn.supervises.children
    return drawn.terms.start_timeout + sum(map(_budget, children))
