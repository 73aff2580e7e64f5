"""Child specifications: what to start, and how to treat it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from functools import lru_cache
from inspect import Signature, signature
from typing import Any, Final, Generic, ParamSpec, TypeVar, Unpack

import attrs

from actors.core.demand import TEXT
from actors.core.glance import brief
from actors.core.message import changed
from actors.core.spawnable import Spawnable
from actors.core.terms import Options, Terms, checked

P = ParamSpec("P")
A = TypeVar("A", bound=Spawnable, covariant=True)

_LONGEST_NAME: Final = 200


def check_name(name: str) -> str:
    """Raises `ValueError` unless `name` can name an actor below its parent, `TypeError` if it is no str."""
    TEXT.check("name", name)
    flaw = _flaw(name)
    if flaw:
        raise ValueError(f"{brief(name)} cannot name an actor: {flaw}")
    return name


def _flaw(name: str) -> str:
    """Which rule for names it breaks; empty if none."""
    size = len(name.encode(errors="replace"))
    rules = (
        (not 0 < size <= _LONGEST_NAME, f"a name has 1 to {_LONGEST_NAME} bytes, and it has {size}"),
        (name in (".", ".."), "that is a directory to the file system"),
        (name[:1].isspace(), "it begins with a space"),
        ("/" in name, "it contains a slash, which separates the names in a path"),
        ("\n" in name, "it contains a line break"),
        ("\0" in name, "it contains a zero byte"),
        (any("\ud800" <= letter <= "\udfff" for letter in name), "it contains a lone surrogate"),
    )
    return next((flaw for broken, flaw in rules if broken), "")


def _valid_name(_spec: Any, _field: Any, name: str | None) -> None:
    if name is not None:
        check_name(name)


def _valid_class(_spec: Any, _field: Any, actor: Any) -> None:
    if not (isinstance(actor, type) and issubclass(actor, Spawnable)):
        raise TypeError(f"{brief(actor)} is no subclass of Actor or Supervisor; make it one")


@attrs.frozen(kw_only=True)
class ChildSpec(Generic[A]):
    """What to start and how to treat it; made by `child`, changed by `options`, used again and again."""

    actor: type[A] = attrs.field(validator=_valid_class)
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    name: str | None = attrs.field(default=None, validator=_valid_name)
    terms: Terms = attrs.field(factory=Terms)

    def options(self, **changes: Unpack[Options]) -> ChildSpec[A]:
        """A copy with these options changed; durations are in seconds.

        - ``name``: the name below the parent; made from the class if there is none.
        - ``restart``: after which ends it is restarted, a `Restart`; transient by default.
        - ``backoff``: how long restarts wait, a `Backoff`; None (the default) for not at all.
        - ``shutdown``: how long ``on_stop`` may take before SIGTERM and then SIGKILL follow; 5.
        - ``start_timeout``: how long the constructor and ``on_start`` may take; 30.
        - ``start_method``: how its process comes into being, a `StartMethod`; a fork of the guardian.
        - ``significant``: whether its supervisor may end with it, see `AutoShutdown`.
        - ``mailbox_size``: how many messages may be there, the one in hand among them: with 1 none waits.
          At most 4,096; 0 (the default) for any number. Timers' messages and `Terminated` come even if
          there are so many.
        - ``retry``: how many times more a message is handed to the actor after it died of it. Then, or
          at once with 0 (the default), the message is set aside as a dead letter.
        - ``handler_timeout``: how long one message may be in hand; then the process is stuck: it is
          aborted, with its Python stack in the `ExitReason`. None (the default) for any time.
        - ``max_memory``: of how many bytes of resident memory the actor is recycled, that is started
          anew, after the message in hand; uncounted, and no waiting mail is lost.
        - ``max_messages``, ``max_age``: the same after so many messages, and so many seconds; up to a
          tenth earlier by chance, so that those started together are not recycled together.
        - ``nice``, ``cpu_affinity``: its process's priority (``os.nice``) and the processors it may use.

        Raises `ValueError` for a value out of its range, and `TypeError` for one of another type and for
        what is no option.
        """
        _refuse_unknown(changes)
        name = changes.pop("name", self.name)
        terms = changed(self.terms, **checked(changes)) if changes else self.terms
        return attrs.evolve(self, name=name, terms=terms)


def child(actor: Callable[P, A], *args: P.args, **kwargs: P.kwargs) -> ChildSpec[A]:
    """Specify an actor or supervisor of a class with the arguments of its constructor.

    Type checkers check the arguments. Raises `TypeError` for what is no such class, and for arguments that
    its constructor does not take.
    """
    if not isinstance(actor, type):
        raise TypeError(f"child() takes a class, not {brief(actor)}")
    cls: type[A] = actor  # a callable that is a class, of what it makes
    _check_arguments(cls, args, kwargs)
    return ChildSpec(actor=cls, args=args, kwargs=kwargs)


def spec_of(value: ChildSpec[Any] | type[Spawnable], taker: str) -> ChildSpec[Any]:
    """A specification, or that of a class that needs no arguments.

    Raises `TypeError` for anything else, and says who takes it.
    """
    if isinstance(value, type):
        return child(value)
    if not isinstance(value, ChildSpec):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{taker} takes a class or child(...), not {brief(value)}")
    return value


def _check_arguments(cls: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Raises `TypeError` unless a class can be called with these arguments, as far as it says so."""
    call = _signature(cls)
    if call is None:
        return
    try:
        call.bind(*args, **kwargs)
    except TypeError as error:
        options = [name for name in kwargs if name in Options.__annotations__]
        hint = f"; options are given so: child(...).options({options[0]}=...)" if options else ""
        raise TypeError(f"{cls.__qualname__}: {error}{hint}") from None


@lru_cache(maxsize=256)
def _signature(cls: type) -> Signature | None:
    """How a class is called; None if it does not say so."""
    try:
        return signature(cls)
    except (TypeError, ValueError):
        return None


def _refuse_unknown(changes: Mapping[str, Any]) -> None:
    options = list(Options.__annotations__)
    for name in changes:
        if name not in options:
            near = difflib.get_close_matches(name, options)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(options)}"
            raise TypeError(f"{name} is no option; {hint}")
