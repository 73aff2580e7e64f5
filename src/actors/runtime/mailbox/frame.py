"""Frames: what goes through a mailbox's pipe, each by one atomic write.

A frame is a head of eight bytes and a payload; whole, it is at most `PIPE_BUF` bytes long, so that POSIX
makes its `write` atomic: no lock for a killed writer to hold, no half message for it to leave. Little
endian::

    0      2     3     4        8
    magic  kind  note  length   payload …
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import Final

PIPE_BUF: Final = 4096
"""The longest write that Linux keeps whole, in bytes."""

HEAD: Final = struct.Struct("<HBxI")
MAGIC: Final = 0x7AC7
MAGIC_BYTES: Final = MAGIC.to_bytes(2, "little")
NOTE: Final = 3
"""Where in a frame the byte is for notes; all but `UNCOUNTED` are its receiver's, and 0 when it is sent."""
UNCOUNTED: Final = 0x80
"""The sender's note that a message has taken no place in a bounded mailbox."""
ROOM: Final = PIPE_BUF - HEAD.size
"""The largest payload of one frame, in bytes; what is larger travels as a parcel."""


Parts = tuple[bytes, Sequence[bytes]]
"""A message as it travels: its bytes, then its segments."""


class Kind(IntEnum):
    """What a frame's payload is."""

    INLINE = 1
    """The message itself."""
    PARCEL = 2
    """The name of the file that holds it."""


_INLINE: Final = int(Kind.INLINE)
_PARCEL: Final = int(Kind.PARCEL)


OPENING: Final = struct.Struct("<II")
"""A head as two numbers: what is before the length, and the length."""
INLINE_OPENING: Final = MAGIC | _INLINE << 16
"""How the head of an untouched inline frame begins, as a number."""


HEADS: Final = [OPENING.pack(INLINE_OPENING, HEAD.size + size) for size in range(ROOM + 1)]
"""The heads of inline frames, by the size of their message."""


def inline(message: bytes) -> bytes:
    """The frame of a message of at most `ROOM` bytes."""
    return HEADS[len(message)] + message


def parcel(label: bytes) -> bytes:
    """The frame that names a parcel."""
    return HEAD.pack(MAGIC, _PARCEL, HEAD.size + len(label)) + label


def uncounted(data: bytes) -> bytes:
    """The same frame, with the note that its message has taken no place."""
    return data[:NOTE] + bytes([data[NOTE] | UNCOUNTED]) + data[NOTE + 1 :]


def valid(magic: int, kind: int, length: int, remaining: int) -> bool:
    """Whether a head read before `remaining` bytes can be true."""
    return magic == MAGIC and 0 < kind <= _PARCEL and 8 <= length <= remaining and length <= PIPE_BUF
