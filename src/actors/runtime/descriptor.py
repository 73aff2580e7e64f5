"""File descriptors: closed when nobody uses them any more, and sometimes scarce."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import select
from typing import Final

from actors.runtime.deadline import deadline, left, over

_STDERR: Final = 2


def scarce(error: OSError) -> bool:
    """Whether an error says that no descriptor is to be had, of the process or of the machine."""
    return error.errno in (errno.EMFILE, errno.ENFILE)


def beyond_standard(number: int) -> int:
    """The same file under a number that a child's standard streams do not cover; closes the one given."""
    if number > _STDERR:
        return number
    try:
        return fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, _STDERR + 1)
    finally:
        os.close(number)


class Descriptor:
    """Owns a file descriptor.

    Closed with its last reference: a thread that is writing keeps it from being closed and its number
    from naming another file. In a forked child, whose copy the parent knows nothing of, only the end of
    the process closes it.
    """

    __slots__ = ("_process", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self._process = os.getpid()

    def fileno(self) -> int:
        """The descriptor's number."""
        return self.number

    def wait(self, timeout: float | None) -> bool:
        """Wait until it is readable; False if it is not after `timeout` seconds (None: for ever)."""
        poll, moment = select.poll(), deadline(True, timeout)
        poll.register(self, select.POLLIN)
        while not poll.poll(left(moment) * 1000):
            if over(moment):
                return False
        return True

    async def wait_async(self, timeout: float | None) -> bool:
        """`wait` for asyncio."""
        until, awake, loop = deadline(True, timeout), asyncio.Event(), asyncio.get_running_loop()
        own = Descriptor(os.dup(self.number))  # as an event loop watches a number for one only
        loop.add_reader(own.number, awake.set)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    return await asyncio.wait_for(awake.wait(), left(until))
                if over(until):
                    return False
        finally:
            loop.remove_reader(own.number)

    def __del__(self) -> None:
        if self._process == os.getpid():
            with contextlib.suppress(OSError):
                os.close(self.number)
