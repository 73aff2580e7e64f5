"""Bulk: large ``bytes``, read from a file into huge pages.

A fresh ``bytes`` of many MiB is memory whose pages come one by one, each with a fault, in the midst of the
reading. Huge pages are 512 times fewer: 64 MiB are read in 18 ms where `os.read` takes 50. It cannot
be told to, hence the C API, which allows to fill a ``bytes`` object that has just been made.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
from typing import Any, Final

LARGE: Final = 4 << 20
"""From so many bytes on it pays; what is shorter may hold no huge page."""

_libc: Final = ctypes.CDLL(None, use_errno=True)
_libc.read.restype = ctypes.c_ssize_t
_libc.read.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_new_bytes: Final[Any] = ctypes.pythonapi.PyBytes_FromStringAndSize
_new_bytes.restype = ctypes.py_object
_new_bytes.argtypes = (ctypes.c_char_p, ctypes.c_ssize_t)
_address_of: Final[Any] = ctypes.pythonapi.PyBytes_AsString
_address_of.restype = ctypes.c_void_p
_address_of.argtypes = (ctypes.py_object,)


def read(descriptor: int, size: int) -> bytes:
    """The next `size` bytes of a file. Raises `EOFError` if it ends before, and `OSError`."""
    data: bytes = _new_bytes(None, size)
    position: int = _address_of(data)
    end = position + size
    begin = position & -mmap.PAGESIZE
    _libc.madvise(begin, end - begin, mmap.MADV_HUGEPAGE)  # in vain on a machine without huge pages
    while position < end:
        position += _read(descriptor, position, end - position)
    return data


def _read(descriptor: int, address: int, size: int) -> int:
    count: int = _libc.read(descriptor, address, size)
    if count > 0:
        return count
    if count == 0:
        raise EOFError
    number = ctypes.get_errno()
    if number == errno.EINTR:
        return 0
    raise OSError(number, os.strerror(number))
