"""Messages: frozen values which travel between actors, made by subclassing.

A message class is known by its *tag*, which travels in its place, so a receiver can only build what
it has itself imported.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar, dataclass_transform

import attrs

from actors.core.generics import bindings

R = TypeVar("R", covariant=True)
M = TypeVar("M", bound="Message")

_classes: dict[str, type[Message]] = {}
_packed: dict[bytes | memoryview, type[Message]] = {}


def default_tag(cls: type) -> str:
    """``module:qualname``; the main module is ``__main__`` under whatever name a process runs it."""
    module = "__main__" if cls.__module__ == "__mp_main__" else cls.__module__
    return f"{module}:{cls.__qualname__}"


def _define(cls: type[Any]) -> None:
    try:
        attrs.define(cls, frozen=True, slots=False, auto_attribs=True, field_transformer=_plain_aliases)
    except ValueError as error:
        late = _LATE_FIELD.search(str(error))
        if late is None:
            raise
        raise TypeError(
            f"{cls.__qualname__}.{late[1]} has no default, and comes after a field which has one; "
            "give it a default, or write attrs.field(kw_only=True)"
        ) from None


_LATE_FIELD = re.compile(r"^No mandatory attributes allowed .*?Attribute\(name='(\w+)'")


def _plain_aliases(_cls: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """Type checkers give ``_field`` a parameter of that name; attrs alone would strip the underscore."""
    return [field if _has_alias(field) else field.evolve(alias=field.name) for field in fields]


def _has_alias(field: attrs.Attribute[Any]) -> bool:
    # Older versions of attrs fill the default in later, newer ones say that it is one.
    return bool(field.alias) and not getattr(field, "alias_is_default", False)


def _refuse_own_init(cls: type[Any]) -> None:
    if "__init__" in vars(cls):
        raise TypeError(
            f"{cls.__qualname__} writes its own __init__, which receiving could not call; "
            "give fields defaults or validators, or add a classmethod that builds it"
        )
    if "__post_init__" in vars(cls):
        raise TypeError(
            f"{cls.__qualname__} defines __post_init__, which only a dataclass calls; "
            "name it __attrs_post_init__"
        )


def _refuse_wrong_defaults(cls: type[Any]) -> None:
    for field in attrs.fields(cls):
        if isinstance(field.default, dataclasses.Field):
            raise TypeError(
                f"the default of {cls.__qualname__}.{field.name} is a field of dataclasses; "
                "write attrs.field(factory=…) or attrs.field(default=…)"
            )
        if isinstance(field.default, list | dict | set | bytearray):
            kind = type(field.default).__name__  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
            raise TypeError(
                f"all messages would share the default of {cls.__qualname__}.{field.name}; "
                f"write attrs.field(factory={kind})"
            )


def _register(cls: type[Message]) -> None:
    other = _classes.get(cls.__tag__)
    if other is not None and default_tag(other) != default_tag(cls):
        raise TypeError(
            f"the tag {cls.__tag__!r} of {default_tag(cls)} belongs to {default_tag(other)}; "
            "give one of them another tag="
        )
    _classes[cls.__tag__] = cls
    _packed[cls.__tag__.encode()] = cls


@dataclass_transform(frozen_default=True, field_specifiers=(attrs.field,))
class Message:
    """The base of messages: subclass it, annotate fields, and it is a frozen attrs class.

    ::

        class Deposit(Message):
            amount: int
            note: str = ""

    A subclass has the fields of its base, then its own. If a field of the base has a default, those of the
    subclass need one, too, or are ``attrs.field(kw_only=True)``, to be given by name.

    Instances compare by value, and hash if their fields do. Fields which ``__init__`` does not take
    (``init=False``) do not travel; receiving calls ``__init__`` with the others, so defaults and
    validators hold there too. A converter sees its own result again then, and must leave it alone.

    Class keywords:

    - ``tag``: the name by which the class travels. The default, ``module:qualname``, ties it to
      where it is defined; name it to move or rename the class later.
    - ``ignore_unknown``: drop fields which this version of the class does not know, instead of
      refusing the message. Says so for this class only, not for its subclasses.

    Raises `TypeError` when a class is defined whose tag another class holds, which shares a mutable
    default among its instances, which has a field of ``dataclasses`` or one without a default after one
    with a default, or which writes its own ``__init__`` or a ``__post_init__``; attrs calls
    ``__attrs_post_init__``.
    """

    __tag__: ClassVar[str]
    __ignore_unknown__: ClassVar[bool]

    def __init_subclass__(
        cls, *, tag: str | None = None, ignore_unknown: bool = False, **keywords: Any
    ) -> None:
        super().__init_subclass__(**keywords)
        _refuse_own_init(cls)
        cls.__tag__ = default_tag(cls) if tag is None else tag
        cls.__ignore_unknown__ = ignore_unknown
        _define(cls)
        _refuse_wrong_defaults(cls)
        _register(cls)


class Request(Message, Generic[R]):
    """A message which asks for a reply of type `R`.

    ``class Balance(Request[int])`` makes ``ref.ask(Balance())`` an ``int`` for type checkers, and the
    reply is checked against ``int`` where it is asked for.
    """


def changed(message: M, **changes: Any) -> M:
    """A copy of a message with some fields changed."""
    return attrs.evolve(message, **changes)  # type: ignore[misc]


def lookup(tag: str) -> type[Message] | None:
    """The class which this process has defined under the tag."""
    return _classes.get(tag)


lookup_packed: Callable[[bytes | memoryview], type[Message] | None] = _packed.get
"""`lookup` by the tag as it travels, which spares its decoding."""


def defined() -> tuple[type[Message], ...]:
    """The classes which this process has defined, each once: of those with one tag the latest."""
    return tuple(_classes.values())


def siblings(cls: type) -> dict[str, type[Message]]:
    """Message classes defined in the same scope, by name: what its annotations may refer to."""
    scope = (cls.__module__, cls.__qualname__.rpartition(".")[0])
    return {
        other.__name__: other
        for other in defined()
        if (other.__module__, other.__qualname__.rpartition(".")[0]) == scope
    }


def reply_type(request: type[Request[Any]]) -> Any:
    """The annotation `R` of a `Request` subclass; `Any` where it is left open."""
    return bindings(request).get(Request, {}).get(R, Any)
