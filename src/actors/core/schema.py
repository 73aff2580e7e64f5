"""What a message class looks like to the codec: worked out once, when the class first travels."""

from __future__ import annotations

import typing
from typing import Any, TypeGuard

import attrs

from actors.core.annotation import compile_shape
from actors.core.errors import DecodeError, EncodeError
from actors.core.generics import bindings
from actors.core.glance import reason
from actors.core.message import Message, Request, reply_type, siblings
from actors.core.shape import Shape

_SCALARS = frozenset({int, float, bool, str, type(None)})
_FLAT = _SCALARS | {bytes}
_schemas: dict[type[Message], Schema] = {}
_replies: dict[type[Request[Any]], Shape] = {}


class Schema:
    """The fields of a message class which travel, and what fits into them.

    A field that has a default may be missing, so a new field reads old messages. A field that is
    unknown is an error, unless the class says ``ignore_unknown=True``.
    """

    def __init__(self, cls: type[Message]) -> None:
        hints = _hints(cls)
        variables = bindings(cls)
        self.cls = cls
        self.name = cls.__qualname__
        self.header = _header(cls.__tag__)
        self.ignore_unknown = cls.__ignore_unknown__
        self.fields = {
            field.name: compile_shape(
                hints.get(field.name, Any), f"{self.name}.{field.name}", variables.get(owner, {})
            )
            for field, owner in _travelling(cls)
        }
        self.checks = [(name, shape.exact, shape) for name, shape in self.fields.items()]
        self.scalar = all(shape.exact <= _SCALARS and shape.exact for shape in self.fields.values())
        """Whether no field can hold ``bytes`` or a container."""
        self.flat = all(shape.exact <= _FLAT and shape.exact for shape in self.fields.values())
        """Whether no field can hold a container."""
        self.width = len(self.checks)
        self.required = [field.name for field, _ in _travelling(cls) if field.default is attrs.NOTHING]
        self.aliases = {
            field.name: field.alias
            for field, _ in _travelling(cls)
            if field.alias and field.alias != field.name
        }
        if _is_request(cls):
            reply_shape(cls)

    def dismantle(self, message: Message) -> dict[str, Any]:
        """The fields by name, checked; not to be changed. Raises `EncodeError`."""
        fields = vars(message)
        if len(fields) != self.width:
            fields = self.unchecked(message)
        for name, exact, shape in self.checks:
            value = fields[name]
            if type(value) not in exact and not shape.fits(value):
                raise EncodeError(*shape.misfit(value, f"{self.name}.{name}"))
        return fields

    def unchecked(self, message: Message) -> dict[str, Any]:
        """The fields by name, without what else the message keeps, as a ``cached_property`` does."""
        fields = vars(message)
        if len(fields) == self.width:
            return fields
        return {name: fields[name] for name in self.fields}

    def build(self, fields: dict[str, Any]) -> Message:
        """The message made of fields by name, checked. Raises `DecodeError`."""
        if len(fields) != self.width:
            return self._build_from_other(fields)
        try:
            for name, exact, shape in self.checks:
                value = fields[name]
                if type(value) not in exact and not shape.fits(value):
                    raise DecodeError(*shape.misfit(value, f"{self.name}.{name}"))
        except KeyError:
            return self._build_from_other(fields)
        return self.construct(fields)

    def _build_from_other(self, fields: dict[str, Any]) -> Message:
        """From what an earlier or later version of the class sent."""
        unknown = fields.keys() - self.fields.keys()
        if unknown and not self.ignore_unknown:
            raise DecodeError(
                self.name,
                f"unknown field {min(unknown, key=repr)!r}; the sender's version of the class has it: "
                "add it here, or define the class with ignore_unknown=True",
            )
        for name in self.required:
            if name not in fields:
                raise DecodeError(
                    self.name,
                    f"missing field {name!r}; the sender's version of the class lacks it: "
                    "give it a default here",
                )
        known = {name: value for name, value in fields.items() if name in self.fields}
        for name, value in known.items():
            self.fields[name].check(value, f"{self.name}.{name}", DecodeError)
        return self.construct(known)

    def construct(self, fields: dict[str, Any]) -> Message:
        """The message made of fields by name that fit. Raises `DecodeError` if ``__init__`` raises."""
        if self.aliases:
            fields = {self.aliases.get(name, name): value for name, value in fields.items()}
        try:
            return self.cls(**fields)
        except DecodeError:
            raise
        except Exception as error:  # a converter or a validator is the user's, and may raise anything
            raise DecodeError("message", f"not a message: {reason(error)}") from error


def schema_of(cls: type[Message]) -> Schema:
    """The schema of a message class. Raises `EncodeError` if a field's type cannot travel."""
    schema = _schemas.get(cls)
    if schema is None:
        if cls is Message:
            raise EncodeError("Message", "the base class says nothing; send a subclass of it")
        schema = _schemas[cls] = Schema(cls)
    return schema


def reply_shape(request: type[Request[Any]]) -> Shape:
    """What fits as a reply to a request. Raises `EncodeError` if no such value can travel."""
    shape = _replies.get(request)
    if shape is None:
        place = f"reply to {request.__qualname__}"
        annotation = reply_type(request)
        if isinstance(annotation, str | typing.ForwardRef):
            annotation = _resolve(request, annotation)
        shape = _replies[request] = compile_shape(annotation, place)
    return shape


def check_reply(request: type[Request[Any]], reply: Any) -> None:
    """Raise `DecodeError` unless the reply is what ``Request[R]`` promises to the asker."""
    shape = _replies.get(request) or reply_shape(request)
    if type(reply) not in shape.exact and not shape.fits(reply):
        raise DecodeError(*shape.misfit(reply, f"reply to {request.__qualname__}"))


def _is_request(cls: type[Message]) -> TypeGuard[type[Request[Any]]]:
    return issubclass(cls, Request)


def _header(tag: str) -> bytes:
    """The tag as it travels: two bytes of length, then UTF-8."""
    encoded = tag.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def _travelling(cls: type[Message]) -> list[tuple[attrs.Attribute[Any], type]]:
    """The fields that ``__init__`` takes, each with the class which defines it."""
    return [(field, _owner(cls, field)) for field in fields_of(cls) if field.init]


def fields_of(cls: type) -> tuple[attrs.Attribute[Any], ...]:
    """The fields of a message class, those too which do not travel."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(cls)
    return fields


def _owner(cls: type, field: attrs.Attribute[Any]) -> type:
    for base in cls.__mro__:
        for own in vars(base).get("__attrs_attrs__", ()):
            if own.name == field.name and not own.inherited:
                return base
    return cls


def _hints(cls: type[Message]) -> dict[str, Any]:
    """The annotations of a class, with the names in them looked up."""
    try:
        return typing.get_type_hints(cls, include_extras=True)
    except NameError:
        names: dict[str, Any] = dict(siblings(cls))
        for base in reversed(cls.__mro__):
            names.update(vars(base))
    try:
        return typing.get_type_hints(cls, localns=names, include_extras=True)
    except NameError as error:
        raise EncodeError(
            cls.__qualname__,
            f"the name {error.name!r} in its annotations is not defined where the class is; "
            "import it outside `if TYPE_CHECKING:`, or define it at module level",
        ) from error


def _resolve(cls: type[Message], annotation: Any) -> Any:
    carrier = type(cls.__name__, (), {"__annotations__": {"reply": annotation}})
    carrier.__module__ = cls.__module__
    try:
        names: dict[str, Any] = dict(siblings(cls))
        return typing.get_type_hints(carrier, localns=names, include_extras=True)["reply"]
    except NameError as error:
        raise EncodeError(
            f"reply to {cls.__qualname__}", f"the name {error.name!r} is not defined"
        ) from error
