"""A sibling: a fork of this process whose parent is this process's own.

By `clone3(2)` with `CLONE_PARENT`, between what CPython does before and after a fork, and else just as
glibc's `fork` does it. What `pthread_atfork` has registered is not called: it is for those with threads.
"""

from __future__ import annotations

import ctypes
import errno
import os
import threading
from typing import Final

_CLONE3: Final = 435
"""The number of the system call, the same on every architecture."""
_CLONE_PIDFD: Final = 0x1000
_CLONE_PARENT: Final = 0x8000
_CLONE_CHILD_CLEARTID: Final = 0x0020_0000
_CLONE_CHILD_SETTID: Final = 0x0100_0000
_FLAGS: Final = _CLONE_PIDFD | _CLONE_PARENT | _CLONE_CHILD_CLEARTID | _CLONE_CHILD_SETTID
_PR_GET_TID_ADDRESS: Final = 40

_python = ctypes.pythonapi
_libc = ctypes.PyDLL(None, use_errno=True)  # keeps the interpreter to itself, as `os.fork` does


class _CloneArgs(ctypes.Structure):
    """``struct clone_args``, in its first version."""

    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("pidfd", ctypes.c_uint64),
        ("child_tid", ctypes.c_uint64),
        ("parent_tid", ctypes.c_uint64),
        ("exit_signal", ctypes.c_uint64),
        ("stack", ctypes.c_uint64),
        ("stack_size", ctypes.c_uint64),
        ("tls", ctypes.c_uint64),
    )


def fork_sibling() -> tuple[int, int]:
    """Fork: return the sibling's pid and a pidfd of it, and in the sibling 0 and -1.

    To be called by the only thread of a forked process: in one that was executed, glibc from 2.42 on keeps
    something else where the id is. Raises `OSError` if no process is to be had, with `ENOSYS` if none ever
    will be: there, on a kernel before 5.3, where a sandbox forbids it, or with another libc.
    """
    pidfd = ctypes.c_int(-1)
    arguments = _CloneArgs(flags=_FLAGS, pidfd=ctypes.addressof(pidfd), child_tid=_address_of_tid())
    _python.PyOS_BeforeFork()
    pid = _libc.syscall(_CLONE3, ctypes.byref(arguments), ctypes.c_size_t(ctypes.sizeof(arguments)))
    if pid == 0:
        _python.PyOS_AfterFork_Child()
        return 0, -1
    number = ctypes.get_errno()
    _python.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(errno.ENOSYS if number == errno.EPERM else number, os.strerror(number))
    return pid, pidfd.value


def _address_of_tid() -> int:
    """Where glibc keeps the id of this thread, which is another one in a sibling."""
    address = ctypes.c_uint64(0)
    found = _libc.prctl(_PR_GET_TID_ADDRESS, ctypes.byref(address), 0, 0, 0) == 0 and address.value
    if not found or ctypes.c_int.from_address(address.value).value != threading.get_native_id():
        raise OSError(errno.ENOSYS, "it is not known where the C library keeps the id of a thread")
    return address.value
