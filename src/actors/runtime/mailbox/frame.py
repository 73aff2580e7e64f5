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
from mmap import mmap
from typing import Final

PIPE_BUF: Final = 4096
"""The longest write that Linux keeps whole, in bytes."""

HEAD: Final = struct.Struct("<HBxI")
_HEAD_SIZE: Final = HEAD.size
_unpack_head: Final = HEAD.unpack_from
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


GARBAGE: Final = 0
"""No kind of frame: bytes that are none."""
INLINE: Final = 1
"""The kind of a frame whose payload is the message itself."""
PARCEL: Final = 2
"""The kind of one whose payload is the label of a parcel, or of a place in a slab."""


OPENING: Final = struct.Struct("<II")
"""A head as two numbers: what is before the length, and the length."""
INLINE_OPENING: Final = MAGIC | INLINE << 16
"""How the head of an untouched inline frame begins, as a number."""


HEADS: Final = [OPENING.pack(INLINE_OPENING, HEAD.size + size) for size in range(ROOM + 1)]
"""The heads of inline frames, by the size of their message."""


def inline(message: bytes) -> bytes:
    """The frame of a message of at most `ROOM` bytes."""
    return HEADS[len(message)] + message


def parcel(label: bytes) -> bytes:
    """The frame that names a parcel."""
    return HEAD.pack(MAGIC, PARCEL, _HEAD_SIZE + len(label)) + label


def uncounted(data: bytes) -> bytes:
    """The same frame, with the note that its message has taken no place."""
    return data[:NOTE] + bytes([data[NOTE] | UNCOUNTED]) + data[NOTE + 1 :]


def look(memory: mmap, at: int, end: int) -> tuple[int, int]:
    """The kind of what is at a place before an end, and its length.

    What is no frame is `GARBAGE`, up to the next thing that looks like one.
    """
    if end - at >= _HEAD_SIZE:
        magic, kind, length = _unpack_head(memory, at)
        fits = _HEAD_SIZE <= length <= PIPE_BUF and at + length <= end
        if fits and magic == MAGIC and 0 < kind <= PARCEL:
            return kind, length
    found = memory.find(MAGIC_BYTES, at + 1, end)
    return GARBAGE, (end if found < 0 else found) - at
