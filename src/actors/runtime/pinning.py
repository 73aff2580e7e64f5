"""Pinning: pages that the kernel copies while a process forks, and not when they are first written to.

A device may write to a pinned page, and must not find that it has become another process's meanwhile. So
the kernel copies it for the child within the fork (``copy_present_page`` in Linux's ``mm/memory.c``, since
5.9), at half the price of a page fault. It pins what is registered as a buffer of an io_uring, and that is
all that the ring is for: nothing is ever read or written with it.
"""

from __future__ import annotations

import ctypes
import os
from typing import Final

from actors.runtime.descriptor import Descriptor
from actors.runtime.memory import Ranges

_IO_URING_SETUP: Final = 425
_IO_URING_REGISTER: Final = 427
"""The numbers of the system calls, the same on every architecture."""
_REGISTER_BUFFERS: Final = 0
_PARAMETERS: Final = 120
"""How many bytes ``struct io_uring_params`` has."""

_libc = ctypes.CDLL(None, use_errno=True)


def ring() -> Descriptor:
    """What pages can be pinned with, for as long as it is open here or in a child.

    Raises `OSError` where it is not to be had: on an old kernel, or where a sandbox forbids it.
    """
    return Descriptor(_called(_IO_URING_SETUP, 1, ctypes.create_string_buffer(_PARAMETERS)))


def pin(ring: Descriptor, ranges: Ranges[int]) -> None:
    """Have the kernel copy some pages within each fork of this process from now on.

    Raises `OSError`, and pins none, if there are more than this user may lock (`RLIMIT_MEMLOCK`), or more
    ranges than the kernel takes, or nothing is there.
    """
    address, numbers = ranges.buffer_info()
    _called(_IO_URING_REGISTER, ring.number, _REGISTER_BUFFERS, ctypes.c_void_p(address), numbers // 2)


def _called(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result
