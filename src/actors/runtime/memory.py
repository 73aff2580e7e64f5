"""The memory of this process: what it may write to, and what it has written to since it was forked."""

from __future__ import annotations

import mmap
import os
import re
import sys
from array import array
from collections.abc import Iterator
from typing import Final

Ranges = array
"""Of memory, each as two numbers: the address where it begins, and its length in bytes (`struct iovec`)."""
_WORD: Final = 8
"""How many bytes the kernel tells of a page (``Documentation/admin-guide/mm/pagemap.rst``)."""
_HIGHEST: Final = 7 if sys.byteorder == "little" else 0
"""Which of them has the flags."""
_OWN: Final = re.compile(b"\x81+")
"""Of pages that are there (bit 7) and mapped by this process alone (bit 0)."""


def writable() -> Ranges[int]:
    """The memory that this process may write to and shares with none, but with its forks until it does.

    Not what it has of files that are mapped privately: such a page cannot be pinned before Linux 6.5.
    """
    with open("/proc/self/maps") as file:
        return Ranges("L", [number for line in file for number in _writable(line)])


def _writable(line: str) -> Iterator[int]:
    addresses, permissions, _offset, _device, inode, *_ = line.split()
    if permissions == "rw-p" and inode == "0":
        begin, end = (int(address, 16) for address in addresses.split("-"))
        yield from (begin, end - begin)


def written(within: Ranges[int]) -> Ranges[int]:
    """The pages that this process has to itself, as it or its parent has written to them since the fork."""
    parts = [*zip(within[::2], within[1::2], strict=True)]
    with open("/proc/self/pagemap", "rb", buffering=0) as file:
        told = [_told(file.fileno(), *part) for part in parts]  # all at once, before more is written to
    found = Ranges("L")
    for (begin, _), words in zip(parts, told, strict=True):
        for run in _OWN.finditer(words[_HIGHEST::_WORD]):
            first, end = run.span()
            found.extend((begin + first * mmap.PAGESIZE, (end - first) * mmap.PAGESIZE))
    return found


def _told(pagemap: int, begin: int, length: int) -> bytes:
    return os.pread(pagemap, length // mmap.PAGESIZE * _WORD, begin // mmap.PAGESIZE * _WORD)
