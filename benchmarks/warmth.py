"""Warm memory: pages that the machine need not ask its host for.

A virtual machine may tell its host which memory is free, and gets it back page by page, at ten times the
price of a page that has just been in use. Who forks pays for that, or does not, depending on what ran a few
seconds before. The host is told of whole blocks of 2 MiB; so a process of its own touches many pages
and gives back nearly all of them, but no such block.
"""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

FORKING: Final = frozenset({"starts", "scale"})
"""The sections that it is for. Huge pages, in which large messages are read, are in none of its blocks."""
AMPLE: Final = 3 << 30
"""What 500 actors take, and more."""
_SHARE: Final = 4
"""At most this part of what is free is touched."""
_BLOCK: Final = 1 << 20
_PAGE: Final = mmap.PAGESIZE


@contextmanager
def warm_memory(size: int) -> Generator[None]:
    """Have so many bytes of warm memory for the time of a block, as far as the machine has them."""
    line = [sys.executable, "-m", __name__, str(size)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as keeper:
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        keeper.stdout.readline()
        try:
            yield
        finally:
            keeper.stdin.close()


def _keep(size: int) -> mmap.mmap:
    """Touch so much memory, and give back all but one page of each block."""
    memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_NOHUGEPAGE)
    memory[::_PAGE] = bytes(size // _PAGE)
    for start in range(0, size, _BLOCK):
        memory.madvise(mmap.MADV_DONTNEED, start + _PAGE, _BLOCK - _PAGE)
    return memory


def main() -> None:
    """Keep it until nobody needs it any more."""
    free = os.sysconf("SC_AVPHYS_PAGES") * _PAGE
    kept = _keep(min(int(sys.argv[1]), free // _SHARE) // _BLOCK * _BLOCK)
    print("warm", flush=True)
    sys.stdin.read()
    kept.close()


if __name__ == "__main__":
    main()
