"""Bulk: large ``bytes``, read from a file into huge pages, and by two threads.

A fresh ``bytes`` of many MiB is memory whose pages come one by one, each with a fault, in the midst of the
reading. Huge pages are 512 times fewer: 64 MiB are read in 27 ms where `os.read` takes 41, and in 14 if
two threads read half of them each. `os.read` cannot be told to, hence the C API, which allows to fill a
``bytes`` object that has just been made.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import threading
from typing import Any, Final

LARGE: Final = 4 << 20
"""From so many bytes on it pays; what is shorter may hold no huge page."""
_SHARED: Final = 16 << 20
"""From so many bytes on a second thread reads half of them; before that it is hardly worth its start."""

_libc: Final = ctypes.CDLL(None, use_errno=True)
_libc.pread.restype = ctypes.c_ssize_t
_libc.pread.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_ssize_t)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_new_bytes: Final[Any] = ctypes.pythonapi.PyBytes_FromStringAndSize
_new_bytes.restype = ctypes.py_object
_new_bytes.argtypes = (ctypes.c_char_p, ctypes.c_ssize_t)
_address_of: Final[Any] = ctypes.pythonapi.PyBytes_AsString
_address_of.restype = ctypes.c_void_p
_address_of.argtypes = (ctypes.py_object,)


def read(descriptor: int, size: int) -> bytes:
    """The next `size` bytes of a file. Raises `EOFError` if it ends before, and `OSError`."""
    offset = os.lseek(descriptor, 0, os.SEEK_CUR)
    data: bytes = _new_bytes(None, size)
    address: int = _address_of(data)
    begin = address & -mmap.PAGESIZE
    _libc.madvise(begin, address + size - begin, mmap.MADV_HUGEPAGE)  # in vain on some machines
    (_fill if size < _SHARED else _fill_by_two)(data, descriptor, offset, 0, size)
    os.lseek(descriptor, offset + size, os.SEEK_SET)
    return data


def _fill_by_two(data: bytes, descriptor: int, offset: int, begin: int, end: int) -> None:
    middle = (begin + end) // 2
    failures: list[BaseException] = []

    def fill_rest() -> None:
        try:
            _fill(data, descriptor, offset, middle, end)
        except BaseException as error:  # noqa: BLE001 - raised below, in the thread that asked
            failures.append(error)

    helper = threading.Thread(target=fill_rest, daemon=True)
    try:
        helper.start()
    except RuntimeError:  # no thread is to be had
        _fill(data, descriptor, offset, begin, end)
        return
    try:
        _fill(data, descriptor, offset, begin, middle)
    finally:
        helper.join()
    for error in failures:
        raise error


def _fill(data: bytes, descriptor: int, offset: int, begin: int, end: int) -> None:
    """Fill a part of what has just been made with what stands in a file, which begins at the offset."""
    address: int = _address_of(data)
    while begin < end:
        begin += _read(descriptor, address + begin, end - begin, offset + begin)


def _read(descriptor: int, address: int, size: int, offset: int) -> int:
    count: int = _libc.pread(descriptor, address, size, offset)
    if count > 0:
        return count
    if count == 0:
        raise EOFError
    number = ctypes.get_errno()
    if number == errno.EINTR:
        return 0
    raise OSError(number, os.strerror(number))
