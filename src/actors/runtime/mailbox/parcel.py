"""Parcels: messages too large for a frame, each in a file beside the mailbox.

The file is whole before the small frame that names it is written, so the hand-over is as atomic as that
of a frame. A parcel is named ``<pid>.<start time>.<number>`` for its sender; one whose frame was never
written, because its sender was killed, is recognised by that and swept. Layout, little endian::

    u32 number of parts │ u64 length of each part │ the parts, one after the other
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import stat
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from actors.runtime import processes

_LABEL: Final = re.compile(rb"([ms])(\d+\.\d+\.\d+)")
_NUMBERS: Final = itertools.count()
_MOST_PARTS: Final = 1 << 20
_WRITE_AT_MOST: Final = 1 << 30


class BadParcel(Exception):
    """A frame names a parcel that is not there, not ours or not whole."""


class Places(NamedTuple):
    """The two directories that may hold a mailbox's parcels."""

    main: Path
    spill: Path


def send(places: Places, parts: Sequence[bytes]) -> bytes:
    """Write the parts of a message to a new parcel and return the label that its frame carries.

    Raises `OSError` (`ENOSPC`, `EDQUOT`, `EMFILE` …) if neither directory takes it; nothing is left.
    """
    name = f"{processes.identity()}.{next(_NUMBERS)}"
    try:
        _write(places.main / name, parts)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
    else:
        return b"m" + name.encode()
    places.spill.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(places.spill / name, parts)
    return b"s" + name.encode()


def receive(places: Places, label: bytes) -> list[bytes]:
    """Read the parts of a parcel; it stays until `discard`. Raises `BadParcel`."""
    path = _path(places, label)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise
        raise BadParcel(f"parcel {path.name}: {error.strerror}") from None
    try:
        return _read(descriptor, path.name)
    finally:
        os.close(descriptor)


def discard(places: Places, label: bytes) -> None:
    """Remove a parcel that has been dealt with."""
    with contextlib.suppress(OSError, BadParcel):
        os.unlink(_path(places, label))


def sweep(places: Places) -> int:
    """Remove the parcels of dead senders; to be called when no frame is waiting. Returns how many."""
    orphans = [path for path in _listing(places) if not _sender_lives(path.name)]
    for path in orphans:
        path.unlink(missing_ok=True)
    return len(orphans)


def _listing(places: Places) -> Iterable[Path]:
    for place in places:
        with contextlib.suppress(FileNotFoundError):
            yield from place.iterdir()


def _sender_lives(name: str) -> bool:
    return processes.lives(name.rpartition(".")[0])


def _path(places: Places, label: bytes) -> Path:
    found = _LABEL.fullmatch(label)
    if not found:
        raise BadParcel(f"no parcel is named {label[:40]!r}")
    place = places.main if found[1] == b"m" else places.spill
    return place / found[2].decode()


def _write(path: Path, parts: Sequence[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        head = struct.pack(f"<I{len(parts)}Q", len(parts), *map(len, parts))
        for part in (head, *parts):
            _write_all(descriptor, memoryview(part))
    except BaseException:
        os.unlink(path)
        raise
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, part: memoryview) -> None:
    while part:
        part = part[os.write(descriptor, part[:_WRITE_AT_MOST]) :]


def _read(descriptor: int, name: str) -> list[bytes]:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid():
        raise BadParcel(f"parcel {name} is not a file of this user")
    (count,) = struct.unpack("<I", _read_all(descriptor, 4, name))
    if count > _MOST_PARTS:
        raise BadParcel(f"parcel {name} claims {count} parts")
    sizes = struct.unpack(f"<{count}Q", _read_all(descriptor, 8 * count, name))
    if 4 + 8 * count + sum(sizes) != status.st_size:
        raise BadParcel(f"parcel {name} is not as long as it says")
    return [_read_all(descriptor, size, name) for size in sizes]


def _read_all(descriptor: int, size: int, name: str) -> bytes:
    data = os.read(descriptor, size)
    if len(data) == size:
        return data
    pieces = [data]
    missing = size - len(data)
    while missing:
        piece = os.read(descriptor, missing)
        if not piece:
            raise BadParcel(f"parcel {name} ends early")
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
