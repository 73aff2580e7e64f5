"""The memory of this process: what it may write to, and what it has written to since it was forked."""

from __future__ import annotations

import mmap
import os
from array import array
from collections.abc import Iterator
from typing import Final, NamedTuple

_WORD: Final = 8
"""How many bytes the kernel tells of a page (``Documentation/admin-guide/mm/pagemap.rst``)."""
_PRESENT: Final = 1 << 63
_OF_A_FILE: Final = 1 << 61
_EXCLUSIVE: Final = 1 << 56


class Range(NamedTuple):
    """Addresses, from the first to before the last, in bytes."""

    begin: int
    end: int


def writable() -> list[Range]:
    """The memory that this process may write to and shares with none, but with its forks until it does."""
    with open("/proc/self/maps") as file:
        return list(_writable(file))


def _writable(lines: Iterator[str]) -> Iterator[Range]:
    for line in lines:
        addresses, permissions, _ = line.split(" ", 2)
        if permissions.startswith("rw") and permissions.endswith("p"):
            begin, end = (int(address, 16) for address in addresses.split("-"))
            yield Range(begin, end)


def written(within: list[Range]) -> list[Range]:
    """The pages that this process has to itself, as it or its parent has written to them since the fork."""
    with open("/proc/self/pagemap", "rb", buffering=0) as file:
        told = [_told(file.fileno(), part) for part in within]  # all at once, before more is written to
    found: list[Range] = []
    for part, words in zip(within, told, strict=True):
        for page in _own_pages(part.begin, words):
            if found and found[-1].end == page.begin:
                page = Range(found.pop().begin, page.end)
            found.append(page)
    return found


def _told(pagemap: int, part: Range) -> bytes:
    first, end = part.begin // mmap.PAGESIZE, part.end // mmap.PAGESIZE
    return os.pread(pagemap, (end - first) * _WORD, first * _WORD)


def _own_pages(begin: int, words: bytes) -> Iterator[Range]:
    for number, word in enumerate(array("Q", words)):
        if word & _PRESENT and word & _EXCLUSIVE and not word & _OF_A_FILE:
            page = begin + number * mmap.PAGESIZE
            yield Range(page, page + mmap.PAGESIZE)
