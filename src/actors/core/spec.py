"""Child specifications: what to start, and how to treat it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypedDict, TypeVar, Unpack

import attrs

if TYPE_CHECKING:
    from actors.core.actor import Spawnable

P = ParamSpec("P")
A = TypeVar("A", bound="Spawnable", covariant=True)

_NAME = re.compile(r"[^\s/\0][^/\0\n]*")
_LONGEST_NAME = 200


class Restart(StrEnum):
    """Which ends of a child are followed by a restart."""

    PERMANENT = "permanent"
    """Any that nobody commanded."""
    TRANSIENT = "transient"
    """Abnormal ones: an exception, an exit code, a signal."""
    TEMPORARY = "temporary"
    """None."""


class Strategy(StrEnum):
    """Which children of a supervisor are restarted when one of them ends."""

    ONE_FOR_ONE = "one_for_one"
    """That one."""
    ONE_FOR_ALL = "one_for_all"
    """All of them."""
    REST_FOR_ONE = "rest_for_one"
    """That one and those started after it."""


class StartMethod(StrEnum):
    """How an actor's process comes into being."""

    FORK = "fork"
    """A fork of the guardian, which has one thread and has imported the actor's module already."""
    SPAWN = "spawn"
    """A new interpreter: slower, and free of anything the guardian has loaded."""


class Options(TypedDict, total=False):
    """What `ChildSpec.options` takes."""

    name: str | None
    restart: Restart
    shutdown: float
    start_timeout: float
    mailbox_size: int
    start_method: StartMethod


def check_name(name: str) -> str:
    """Raises `ValueError` unless `name` can name an actor below its parent."""
    if not _NAME.fullmatch(name) or len(name.encode()) > _LONGEST_NAME or name in (".", ".."):
        raise ValueError(
            f"{name!r} cannot name an actor: a name has 1 to {_LONGEST_NAME} bytes, "
            "no slash or line break, and does not begin with a space"
        )
    return name


def _valid_name(_spec: Any, _field: Any, name: str | None) -> None:
    if name is not None:
        check_name(name)


def _at_least_zero(_spec: Any, field: attrs.Attribute[Any], value: float) -> None:
    if not value >= 0:
        raise ValueError(f"{field.name} is {value!r}; it must be at least 0")


@attrs.frozen(kw_only=True)
class ChildSpec(Generic[A]):
    """What to start and how to treat it; made by `child`, changed by `options`, used again and again."""

    actor: type[A]
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    name: str | None = attrs.field(default=None, validator=_valid_name)
    """The name below the parent; made from the class if there is none."""
    restart: Restart = attrs.field(default=Restart.TRANSIENT, converter=Restart)
    shutdown: float = attrs.field(default=5.0, validator=_at_least_zero)
    """How many seconds ``on_stop`` may take before SIGTERM and then SIGKILL follow."""
    start_timeout: float = attrs.field(default=30.0, validator=_at_least_zero)
    """How many seconds the constructor and ``on_start`` may take."""
    mailbox_size: int = attrs.field(default=0, validator=_at_least_zero)
    """How many messages may wait, at most 4,096; 0 for any number."""
    start_method: StartMethod = attrs.field(default=StartMethod.FORK, converter=StartMethod)

    def options(self, **changes: Unpack[Options]) -> ChildSpec[A]:
        """A copy with these options changed. Raises `ValueError` or `TypeError` for what is no option."""
        return attrs.evolve(self, **changes)


def child(actor: Callable[P, A], *args: P.args, **kwargs: P.kwargs) -> ChildSpec[A]:
    """Specify an actor of a class with the arguments of its constructor, which type checkers check."""
    if not isinstance(actor, type):
        raise TypeError(f"child() takes a class, not {actor!r}")
    cls: type[A] = actor  # a callable that is a class, of what it makes
    return ChildSpec(actor=cls, args=args, kwargs=kwargs)
