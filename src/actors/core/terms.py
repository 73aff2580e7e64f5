"""Terms: how a child is to be treated."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final, TypedDict

from actors.core.backoff import Backoff
from actors.core.demand import FLAG, LASTING, SECONDS, Demand, choice, instance, option, optional, whole
from actors.core.message import Message

LARGEST_BOUND: Final = 4096
"""The largest ``mailbox_size``: how many free places a pipe of one page can count."""
_MOST_RETRIES: Final = 100


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


def _sorted(cpus: Any) -> Any:
    if not isinstance(cpus, Iterable) or isinstance(cpus, str):
        return cpus
    numbers = tuple(map(_CPU.convert, cpus))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return tuple(sorted(set(numbers))) if all(map(_CPU.kind, numbers)) else numbers


def _are_numbers(cpus: Any) -> bool:
    return isinstance(cpus, tuple) and all(map(_CPU.kind, cpus))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


_CPU: Final = whole(0)
_CPUS: Final = Demand(
    "the numbers of one processor or more, from 0 on",
    _are_numbers,
    lambda cpus: bool(cpus) and all(map(_CPU.fits, cpus)),
    _sorted,
)
_LIMIT: Final = optional(LASTING, "no limit")
_AMOUNT: Final = optional(whole(1), "no limit")


class Terms(Message):
    """How an actor or a supervisor is started, restarted, bounded and stopped.

    Made and changed by `ChildSpec.options`, which documents each of them. Durations are in seconds.
    """

    restart: Restart = option(Restart.TRANSIENT, choice(Restart))
    backoff: Backoff | None = option(None, optional(instance(Backoff), "no delay"))
    shutdown: float = option(5.0, SECONDS)
    start_timeout: float = option(30.0, SECONDS)
    start_method: StartMethod = option(StartMethod.FORK, choice(StartMethod))
    significant: bool = option(False, FLAG)
    mailbox_size: int = option(0, whole(0, LARGEST_BOUND))
    retry: int = option(0, whole(0, _MOST_RETRIES))
    handler_timeout: float | None = option(None, _LIMIT)
    max_memory: int | None = option(None, _AMOUNT)
    max_messages: int | None = option(None, _AMOUNT)
    max_age: float | None = option(None, _LIMIT)
    nice: int = option(0, whole(-20, 19))
    cpu_affinity: tuple[int, ...] | None = option(None, optional(_CPUS, "any"))

    def __attrs_post_init__(self) -> None:
        if self.significant and self.restart is Restart.PERMANENT:
            raise ValueError(
                "a permanent child never ends for good by itself, so it cannot be significant; "
                "make it transient or temporary"
            )
