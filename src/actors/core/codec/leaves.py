"""Values without parts that msgpack does not know: how each becomes bytes and comes back."""

from __future__ import annotations

import re
import struct
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import Enum, Flag
from pathlib import PosixPath, PurePath, PurePosixPath, PureWindowsPath
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from actors.core.codec import wire
from actors.core.message import default_tag

Dump = Callable[[Any], bytes]
Load = Callable[[bytes], Any]

_MOMENT = re.compile(r"([01])([^[]*)(?:\[(.*)\])?")
_OFFSET = re.compile(r"-?[0-9]{1,12}")
_PATHS: dict[bytes, type[PurePath]] = {
    b"P": PosixPath,
    b"p": PurePosixPath,
    b"w": PureWindowsPath,
}
_PATH_MARKS = {kind: mark for mark, kind in _PATHS.items()}


def _dump_int(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def _load_int(payload: bytes) -> int:
    return int.from_bytes(payload, "big", signed=True)


def _dump_moment(value: datetime | time) -> bytes:
    """The fold, ISO 8601 without the zone, and the zone in brackets: a name or microseconds."""
    zone = value.tzinfo
    if zone is None:
        return f"{value.fold}{value.isoformat()}".encode()
    return f"{value.fold}{value.replace(tzinfo=None).isoformat()}[{_zone_text(zone)}]".encode()


def _zone_text(zone: tzinfo) -> str:
    if isinstance(zone, ZoneInfo):
        if not zone.key:
            raise ValueError("its ZoneInfo has no key; make it by ZoneInfo(key)")
        return zone.key
    if type(zone) is timezone:
        # Not as part of the ISO text: ``fromisoformat`` takes an offset below a second for UTC.
        return str(zone.utcoffset(None) // timedelta(microseconds=1))
    raise ValueError(
        f"its time zone is a {type(zone).__name__}; use datetime.timezone or zoneinfo.ZoneInfo"
    )


def _load_moment(kind: type[datetime] | type[time], payload: bytes) -> datetime | time:
    match = _MOMENT.fullmatch(payload.decode())
    if match is None:
        raise ValueError("a malformed datetime or time")
    fold, moment, zone = match.groups()
    return kind.fromisoformat(moment).replace(fold=int(fold), tzinfo=_load_zone(zone))


def _load_zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if not _OFFSET.fullmatch(text):
        return _load_zone_info(text)
    offset = timedelta(microseconds=int(text))
    return timezone(offset) if offset else UTC


def _load_zone_info(key: str) -> ZoneInfo:
    try:
        return ZoneInfo(key)
    except OSError as error:  # the name of a directory, or one that is too long
        raise ValueError(f"no time zone is named {key!r}") from error


def _load_datetime(payload: bytes) -> Any:
    return _load_moment(datetime, payload)


def _load_time(payload: bytes) -> Any:
    return _load_moment(time, payload)


def _dump_timedelta(value: timedelta) -> bytes:
    return struct.pack(">iii", value.days, value.seconds, value.microseconds)


def _load_timedelta(payload: bytes) -> timedelta:
    days, seconds, microseconds = struct.unpack(">iii", payload)
    return timedelta(days, seconds, microseconds)


def _dump_path(value: PurePath) -> bytes:
    return _PATH_MARKS[type(value)] + str(value).encode(errors="surrogatepass")


def _load_path(payload: bytes) -> PurePath:
    return _PATHS[payload[:1]](payload[1:].decode(errors="surrogatepass"))


def dump_enum(member: Enum) -> bytes:
    """``module:qualname``, then the name; a combination of flags has none, so its value."""
    cls = type(member)
    tag = default_tag(cls)
    if _find_enum(tag) is not cls:
        raise ValueError(f"the enum {tag} cannot be found by that name; define it at module level")
    if cls.__members__.get(member.name) is member:
        return f"{tag}\0{member.name}".encode(errors="surrogatepass")
    return f"{tag}\0\0{member.value}".encode()


def _load_enum(payload: bytes) -> Enum:
    tag, _, name = payload.decode(errors="surrogatepass").partition("\0")
    cls = _find_enum(tag)
    if cls is None:
        raise ValueError(
            f"unknown enum {tag!r}; import the module which defines it in the receiving process"
        )
    if name.startswith("\0") and issubclass(cls, Flag):
        return cls(int(name[1:]))
    member = cls.__members__.get(name)
    if member is None:
        raise ValueError(f"the enum {tag} has no member {name!r}")
    return member


def _find_enum(tag: str) -> type[Enum] | None:
    """Look an enum up among what is imported already.

    Only through namespaces: ``getattr`` could run a module's ``__getattr__``, and nothing named by a
    message may run.
    """
    module_name, _, qualname = tag.partition(":")
    module = sys.modules.get(module_name)
    if module_name == "__main__":
        module = sys.modules.get("__mp_main__", module)
    found: Any = module
    for part in qualname.split("."):
        if (not isinstance(found, type) and found is not module) or found is None:
            return None
        found = found.__dict__.get(part)
    is_enum = isinstance(found, type) and issubclass(found, Enum)
    return cast("type[Enum]", found) if is_enum else None


def _dump_complex(value: complex) -> bytes:
    return struct.pack(">dd", value.real, value.imag)


def _load_complex(payload: bytes) -> complex:
    return complex(*struct.unpack(">dd", payload))


def _dump_text(value: Any) -> bytes:
    return str(value).encode()


def _dump_uuid(value: UUID) -> bytes:
    return value.bytes


DUMPS: dict[type, tuple[int, Dump]] = {
    int: (wire.INT, _dump_int),
    datetime: (wire.DATETIME, _dump_moment),
    date: (wire.DATE, _dump_text),
    time: (wire.TIME, _dump_moment),
    timedelta: (wire.TIMEDELTA, _dump_timedelta),
    UUID: (wire.UUID, _dump_uuid),
    Decimal: (wire.DECIMAL, _dump_text),
    complex: (wire.COMPLEX, _dump_complex),
    **dict.fromkeys(_PATHS.values(), (wire.PATH, _dump_path)),
}
"""By exact type: a subclass would come back as its base."""

LOADS: dict[int, Load] = {
    wire.INT: _load_int,
    wire.ENUM: _load_enum,
    wire.DATETIME: _load_datetime,
    wire.DATE: lambda payload: date.fromisoformat(payload.decode()),
    wire.TIME: _load_time,
    wire.TIMEDELTA: _load_timedelta,
    wire.UUID: lambda payload: UUID(bytes=payload),
    wire.DECIMAL: lambda payload: Decimal(payload.decode()),
    wire.COMPLEX: _load_complex,
    wire.PATH: _load_path,
}
