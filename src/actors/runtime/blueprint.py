"""Blueprints: how a child specification gets to the process that runs it.

The class travels as a name and the arguments as bytes, which only the new actor's own process opens: as
codec values if they are such, else pickled, as the arguments of any `multiprocessing.Process`.
"""

from __future__ import annotations

import importlib
import io
import os
import pickle
import sys
from functools import reduce
from types import ModuleType
from typing import Any, Final

from actors.core import declaration
from actors.core.actor import Supervisor
from actors.core.address import Address
from actors.core.codec import Codec
from actors.core.errors import EncodeError, NotImportable
from actors.core.message import default_tag
from actors.core.protocol import Blueprint, Supervises
from actors.core.ref import ActorRef
from actors.core.spawnable import Spawnable
from actors.core.spec import ChildSpec

_VALUES: Final = b"v"
_PICKLE: Final = b"p"


def draw(spec: ChildSpec[Any], codec: Codec) -> Blueprint:
    """The blueprint of a specification; a supervisor's contains those of its children.

    Raises `NotImportable` for a class or argument that another process could not find again.
    """
    if issubclass(spec.actor, Supervisor):
        return _draw_supervisor(spec, codec)
    return Blueprint(
        target=target_of(spec.actor),
        name=spec.name,
        arguments=_pack(spec, codec),
        terms=spec.terms,
    )


def target_of(cls: type[Spawnable]) -> str:
    """A class as ``module:qualname``. Raises `NotImportable` if no import would find it there."""
    name = f"{cls.__module__}.{cls.__qualname__}"
    if "<locals>" in cls.__qualname__:
        raise NotImportable(name, "it is defined inside a function; define it at the top of a module")
    module = "__main__" if cls.__module__ == "__mp_main__" else cls.__module__
    if module == "__main__" and not main_is_importable():
        raise NotImportable(
            name,
            "it is defined in __main__, which no other process can import here (a package's __main__.py, "
            "python -c, a prompt or a notebook); put the class into a module and import it",
        )
    if find(sys.modules.get(cls.__module__), cls.__qualname__) is not cls:
        if module == "__main__":
            raise NotImportable(
                name,
                "it is defined in a __main__ that is not the program's: a profiler, a debugger or a prompt "
                "runs it; put the class into a module and import it",
            )
        raise NotImportable(name, "another object has its name in its module; rename one of them")
    return f"{module}:{cls.__qualname__}"


def main_is_importable() -> bool:
    """Whether a new process can import what is ``__main__`` here."""
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)
    if spec is not None:  # `multiprocessing` never imports a package's or a directory's __main__.py
        return str(spec.name).rpartition(".")[2] != "__main__"
    return os.path.isfile(getattr(main, "__file__", None) or "")


def build(blueprint: Blueprint, codec: Codec) -> Any:
    """Import the class and construct the object; whatever either raises is the caller's."""
    module, _, qualname = blueprint.target.partition(":")
    cls = find(sys.modules.get(module) or importlib.import_module(module), qualname)
    if cls is None:
        raise NotImportable(
            f"{module}.{qualname}",
            "its module has nothing of this name where another process imports it; define the class "
            'at the top of the module, and not below `if __name__ == "__main__":`',
        )
    args, kwargs = _unpack(blueprint.arguments, codec)
    return cls(*args, **kwargs)


def find(module: ModuleType | None, qualname: str) -> Any:
    """What a dotted name means in a module; None if nothing."""
    return reduce(lambda found, name: getattr(found, name, None), qualname.split("."), module)


def _draw_supervisor(spec: ChildSpec[Any], codec: Codec) -> Blueprint:
    """Construct the supervisor here and now, to see what it declares."""
    declared: Supervisor = spec.actor(*spec.args, **spec.kwargs)
    return Blueprint(
        target=default_tag(spec.actor),
        name=spec.name,
        terms=spec.terms,
        supervises=Supervises(
            children=tuple(draw(child, codec) for child in declaration.children_of(declared)),
            **declaration.attributes_of(declared),
        ),
    )


def _pack(spec: ChildSpec[Any], codec: Codec) -> tuple[bytes, ...]:
    arguments = (spec.args, dict(spec.kwargs))
    try:
        stream, segments = codec.encode(arguments)
    except EncodeError:
        return (_PICKLE, _pickled(arguments, spec.actor))
    return (_VALUES, stream, *segments)


def _unpack(packed: tuple[bytes, ...], codec: Codec) -> tuple[tuple[Any, ...], dict[str, Any]]:
    kind, stream, *segments = packed
    if kind == _VALUES:
        values: tuple[tuple[Any, ...], dict[str, Any]] = codec.decode(stream, segments)
        return values
    return _Unpickler(stream, codec).load()  # type: ignore[no-any-return]


def _pickled(arguments: Any, cls: type) -> bytes:
    buffer = io.BytesIO()
    try:
        _Pickler(buffer, pickle.HIGHEST_PROTOCOL).dump(arguments)
    except Exception as error:
        raise NotImportable(
            f"{cls.__module__}.{cls.__qualname__}",
            f"its arguments can be neither encoded nor pickled ({type(error).__name__}: {error})",
        ) from error
    return buffer.getvalue()


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> Address | None:
        return obj.address if isinstance(obj, ActorRef) else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, codec: Codec) -> None:
        super().__init__(io.BytesIO(data))
        self._bind = codec.bind

    def persistent_load(self, pid: Any) -> ActorRef:
        return self._bind(pid)
