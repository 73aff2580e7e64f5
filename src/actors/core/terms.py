"""Terms: how a child is to be treated."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypedDict

import attrs

from actors.core.backoff import Backoff
from actors.core.message import Message

_MOST_RETRIES = 100


class Restart(StrEnum):
    """Which ends of a child are followed by a restart."""

    PERMANENT = "permanent"
    """Any that nobody commanded."""
    TRANSIENT = "transient"
    """Abnormal ones: an exception, an exit code, a signal, a handler that is stuck."""
    TEMPORARY = "temporary"
    """None."""


class StartMethod(StrEnum):
    """How an actor's process comes into being."""

    FORK = "fork"
    """A fork of the guardian, which has one thread and has imported the actor's module already."""
    SPAWN = "spawn"
    """A new interpreter: slower, and free of anything the guardian has loaded."""


class Options(TypedDict, total=False):
    """What `ChildSpec.options` takes: the name, and the `Terms`."""

    name: str | None
    restart: Restart
    backoff: Backoff | None
    shutdown: float
    start_timeout: float
    start_method: StartMethod
    significant: bool
    mailbox_size: int
    retry: int
    handler_timeout: float | None
    max_memory: int | None
    max_messages: int | None
    max_age: float | None
    nice: int
    cpu_affinity: Iterable[int] | None


def _at_least_zero(_terms: Any, field: attrs.Attribute[Any], value: float) -> None:
    if not value >= 0:
        raise ValueError(f"{field.name} is {value!r}; it must be at least 0")


def _positive(_terms: Any, field: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not value > 0:
        raise ValueError(f"{field.name} is {value!r}; it must be greater than 0, or None for no limit")


def _retry(_terms: Any, _field: Any, value: int) -> None:
    if not 0 <= value <= _MOST_RETRIES:
        raise ValueError(f"retry is {value!r}; it must be between 0 and {_MOST_RETRIES}")


def _nice(_terms: Any, _field: Any, value: int) -> None:
    if not -20 <= value <= 19:
        raise ValueError(f"nice is {value!r}; it must be between -20 and 19")


def _cpus(cpus: Iterable[int] | None) -> tuple[int, ...] | None:
    return None if cpus is None else tuple(sorted(set(cpus)))


def _some(_terms: Any, _field: Any, cpus: tuple[int, ...] | None) -> None:
    if cpus is not None and (not cpus or cpus[0] < 0):
        raise ValueError(f"cpu_affinity is {cpus!r}; it must name at least one processor, from 0 on")


_seconds = attrs.converters.optional(float)
_whole = attrs.converters.optional(int)


class Terms(Message):
    """How an actor or a supervisor is started, restarted, bounded and stopped.

    Made and changed by `ChildSpec.options`, which documents each of them. Durations are in seconds.
    """

    restart: Restart = attrs.field(default=Restart.TRANSIENT, converter=Restart)
    backoff: Backoff | None = None
    shutdown: float = attrs.field(default=5.0, converter=float, validator=_at_least_zero)
    start_timeout: float = attrs.field(default=30.0, converter=float, validator=_at_least_zero)
    start_method: StartMethod = attrs.field(default=StartMethod.FORK, converter=StartMethod)
    significant: bool = False
    mailbox_size: int = attrs.field(default=0, validator=_at_least_zero)
    retry: int = attrs.field(default=0, validator=_retry)
    handler_timeout: float | None = attrs.field(default=None, converter=_seconds, validator=_positive)
    max_memory: int | None = attrs.field(default=None, converter=_whole, validator=_positive)
    max_messages: int | None = attrs.field(default=None, validator=_positive)
    max_age: float | None = attrs.field(default=None, converter=_seconds, validator=_positive)
    nice: int = attrs.field(default=0, validator=_nice)
    cpu_affinity: tuple[int, ...] | None = attrs.field(default=None, converter=_cpus, validator=_some)

    def __attrs_post_init__(self) -> None:
        if self.significant and self.restart is Restart.PERMANENT:
            raise ValueError(
                "a permanent child never ends for good by itself, so it cannot be significant; "
                "make it transient or temporary"
            )
