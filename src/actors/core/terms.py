"""Terms: how a child is to be treated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, TypedDict

from actors.core.backoff import Backoff
from actors.core.demand import FLAG, LASTING, SECONDS, Demand, choice, instance, optional, whole
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
_DEMANDS: Final = {
    "restart": choice(Restart),
    "backoff": optional(instance(Backoff), "no delay"),
    "shutdown": SECONDS,
    "start_timeout": SECONDS,
    "start_method": choice(StartMethod),
    "significant": FLAG,
    "mailbox_size": whole(0, LARGEST_BOUND),
    "retry": whole(0, _MOST_RETRIES),
    "handler_timeout": _LIMIT,
    "max_memory": _AMOUNT,
    "max_messages": _AMOUNT,
    "max_age": _LIMIT,
    "nice": whole(-20, 19),
    "cpu_affinity": optional(_CPUS, "any"),
}


class Terms(Message):
    """How an actor or a supervisor is started, restarted, bounded and stopped.

    Made and changed by `ChildSpec.options`, which documents each of them and has them `checked`: once, and
    not again in each process that they come to. Durations are in seconds.
    """

    restart: Restart = Restart.TRANSIENT
    backoff: Backoff | None = None
    shutdown: float = 5.0
    start_timeout: float = 30.0
    start_method: StartMethod = StartMethod.FORK
    significant: bool = False
    mailbox_size: int = 0
    retry: int = 0
    handler_timeout: float | None = None
    max_memory: int | None = None
    max_messages: int | None = None
    max_age: float | None = None
    nice: int = 0
    cpu_affinity: tuple[int, ...] | None = None

    def __attrs_post_init__(self) -> None:
        if self.significant and self.restart is Restart.PERMANENT:
            raise ValueError(
                "a permanent child never ends for good by itself, so it cannot be significant; "
                "make it transient or temporary"
            )


def checked(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Terms by their names, each as it has to be. Raises `TypeError` and `ValueError`, and `KeyError`."""
    return {name: _DEMANDS[name].check(name, value) for name, value in terms.items()}
