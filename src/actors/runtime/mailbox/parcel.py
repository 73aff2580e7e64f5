"""Parcels: messages too large for a frame, each in a file beside the mailbox.

The file is whole before the small frame that names it is written, so the hand-over is as atomic as that
of a frame. A parcel is named ``<pid>.<start time>.<number>`` for its sender; one whose frame was never
written, because its sender was killed, is recognised by that and swept. Layout, little endian::

    u32 number of parts │ u64 length of each part │ the parts, one after the other
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import stat
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from actors.runtime import processes
from actors.runtime.descriptor import scarce
from actors.runtime.mailbox import bulk
from actors.runtime.mailbox.reuse import REUSE

_LABEL: Final = re.compile(rb"([ms])(\d+\.\d+\.\d+)")
_NUMBERS: Final = itertools.count()
_HEAD: Final = struct.Struct("<IQ")  # the number of parts, which is not 0, and the length of the first
_MOST_PARTS: Final = 1 << 20
_IOV_MAX: Final = os.sysconf("SC_IOV_MAX")


class BadParcel(Exception):
    """A frame names a parcel, or a place in a slab, that is not there, not ours or not whole."""


class Places(NamedTuple):
    """The two directories that may hold a mailbox's parcels."""

    main: str
    spill: str


def send(places: Places, parts: Sequence[bytes]) -> bytes:
    """Write the parts of a message to a new parcel and return the label that its frame carries.

    Raises `OSError` (`ENOSPC`, `EDQUOT`, `EMFILE` …) if neither directory takes it; nothing is left.
    """
    name = new_name()
    try:
        _write(f"{places.main}/{name}", parts)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
    else:
        return b"m" + name.encode()
    os.makedirs(places.spill, 0o700, exist_ok=True)
    _write(f"{places.spill}/{name}", parts)
    return b"s" + name.encode()


class Parcel(NamedTuple):
    """A parcel, as its receiver sees it. It stays until it is discarded."""

    path: str

    @classmethod
    def named(cls, places: Places, label: bytes) -> Parcel:
        """The one that a label names. Raises `BadParcel` for what is no label."""
        found = _LABEL.fullmatch(label)
        if not found:
            raise BadParcel(f"no parcel is named {label[:40]!r}")
        place = places.main if found[1] == b"m" else places.spill
        return cls(f"{place}/{found[2].decode()}")

    def read(self) -> list[bytes]:
        """The parts of the message.

        Raises `BadParcel`, and `OSError` or `MemoryError` for want of descriptors or memory.
        """
        descriptor = _open(self.path)
        try:
            return [_read_all(descriptor, size, self.path) for size in _sizes(descriptor, self.path)]
        finally:
            os.close(descriptor)

    def glance(self, size: int) -> bytes:
        """The first bytes of the first part, at most `size`. Raises as `read`."""
        descriptor = _open(self.path)
        try:
            return _read_all(descriptor, min(size, _sizes(descriptor, self.path)[0]), self.path)
        finally:
            os.close(descriptor)

    def discard(self) -> None:
        """The message has been dealt with, perhaps by a killed predecessor."""
        with suppress(OSError):
            os.unlink(self.path)

    def reuse(self) -> None:
        """`discard` it, but keep its file for a moment, for the next parcel that this process sends."""
        if not REUSE.keep(self.path, f"{os.path.dirname(self.path)}/{new_name()}"):
            self.discard()


def new_name() -> str:
    """The name of a file that this process is about to make among the parcels."""
    return f"{processes.identity()}.{next(_NUMBERS)}"


def _write(path: str, parts: Sequence[bytes]) -> None:
    head = struct.pack(f"<I{len(parts)}Q", len(parts), *map(len, parts))
    descriptor = REUSE.take(path, len(head) + sum(map(len, parts)))
    if descriptor is None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        for start in range(0, len(parts) + 1, _IOV_MAX):
            _write_all(descriptor, (head, *parts)[start : start + _IOV_MAX])
    except BaseException:
        os.unlink(path)
        raise
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, parts: Sequence[bytes]) -> None:
    """Write the parts in one call, as a rule; after a short one go on where it stopped."""
    written = os.writev(descriptor, parts)
    for part in parts:
        if written >= len(part):
            written -= len(part)
            continue
        rest = memoryview(part)[written:]
        written = 0
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if scarce(error):
            raise
        raise BadParcel(f"{path}: {error.strerror}") from None


def _sizes(descriptor: int, path: str) -> Sequence[int]:
    """How long the parts are, of which the first follows. Raises `BadParcel` for what is no parcel."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid():
        raise BadParcel(f"{path} is not a file of this user")
    sizes = _read_sizes(descriptor, path)
    if 4 + 8 * len(sizes) + sum(sizes) != status.st_size:
        raise BadParcel(f"{path} is not as long as it says")
    return sizes


def _read_sizes(descriptor: int, path: str) -> Sequence[int]:
    """One read for the usual parcel, which has one part."""
    count, first = _HEAD.unpack(_read_all(descriptor, _HEAD.size, path))
    if count == 1:
        return (first,)
    if not 1 < count <= _MOST_PARTS:
        raise BadParcel(f"{path} claims {count} parts")
    return (first, *struct.unpack(f"<{count - 1}Q", _read_all(descriptor, 8 * (count - 1), path)))


def _read_all(descriptor: int, size: int, path: str) -> bytes:
    try:
        return bulk.read(descriptor, size) if size >= bulk.LARGE else _read_small(descriptor, size)
    except EOFError:
        raise BadParcel(f"{path} ends early") from None
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise
        raise BadParcel(f"{path}: {error.strerror}") from None  # and it would be so again


def _read_small(descriptor: int, size: int) -> bytes:
    data = os.read(descriptor, size)
    while len(data) < size:
        piece = os.read(descriptor, size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data
