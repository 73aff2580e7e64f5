"""The pipe of a mailbox or a lane, as those see it who write into it."""

from __future__ import annotations

import errno
import os
import select
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from actors.core.errors import MailboxClosed
from actors.runtime.descriptor import Descriptor

T = TypeVar("T")


class Pipe:
    """The writing end of a pipe. Never waits. Thread-safe."""

    def __init__(self, descriptor: Descriptor, name: str) -> None:
        """`name` is whose pipe it is."""
        self._descriptor: Descriptor | None = descriptor
        self._name = name

    @classmethod
    def open(cls, path: str | Path, name: str) -> Pipe:
        """Open it for writing only, so that the end of its last reader ends it.

        Raises `MailboxClosed` if nobody can read it any more.
        """
        try:
            return cls(Descriptor(os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)), name)
        except OSError as error:
            if error.errno in (errno.ENXIO, errno.ENOENT):
                raise MailboxClosed(name) from None
            raise

    def fileno(self) -> int:
        """The descriptor's number. Raises `MailboxClosed` if it has been closed here."""
        return self._held().number

    @property
    def closed(self) -> bool:
        """Whether it has been closed here."""
        return self._descriptor is None

    @property
    def broken(self) -> bool:
        """Whether nobody can read it any more, or it has been closed here."""
        descriptor = self._descriptor
        return descriptor is None or _is_ready(descriptor, 0)  # errors are reported all the same

    def has_room(self) -> bool:
        """Whether there is room for a frame. Raises `MailboxClosed` if it has been closed here."""
        return _is_ready(self._held(), select.POLLOUT)

    def write(self, data: bytes) -> bool:
        """Write a frame or some, one page at most; False if there is no room.

        Raises `MailboxClosed` if nobody can ever read it.
        """
        descriptor = self._descriptor  # open until the end of this
        if descriptor is None:
            raise MailboxClosed(self._name)
        try:
            os.write(descriptor.number, data)
        except BlockingIOError:
            return False
        except BrokenPipeError:
            raise MailboxClosed(self._name) from None
        return True

    def write_and(self, data: bytes, then: Iterable[T]) -> list[T]:
        """`write`, then do what makes the elements of `then`, and return them; none if there is no room.

        That is one call without bytecode: a signal handler, which may raise, finds all done or nothing.
        """
        descriptor = self._descriptor
        if descriptor is None:
            raise MailboxClosed(self._name)
        steps: Iterable[Any] = chain(map(os.write, (descriptor.number,), (data,)), then)
        try:
            return list(steps)[1:]
        except BlockingIOError:
            return []
        except BrokenPipeError:
            raise MailboxClosed(self._name) from None

    def close(self) -> None:
        """Close it here, once nobody writes."""
        self._descriptor = None

    def _held(self) -> Descriptor:
        """The descriptor, which stays open for who holds it."""
        descriptor = self._descriptor
        if descriptor is None:
            raise MailboxClosed(self._name)
        return descriptor


def _is_ready(descriptor: Descriptor, events: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, events)
    return bool(poll.poll(0))
