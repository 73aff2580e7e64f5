"""The files of a mailbox, by name."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

import attrs

from actors.core.terms import LARGEST_BOUND
from actors.runtime.mailbox import journal
from actors.runtime.mailbox.parcel import Places

PIPE_SIZE: Final = 64 << 10
"""How many bytes a mail pipe holds unless the kernel grants an unprivileged user less."""


@attrs.frozen
class Layout:
    """Where a mailbox's files are: everything that a process needs to attach to it."""

    directory: str
    places: Places
    mail: str
    """The pipe that messages come through."""
    control: str
    """The pipe whose messages never wait behind mail."""
    journal: str
    """What the reader has read, how far it has come, and the status page."""
    lease: str
    """The file whose lock says who reads."""
    stack: str
    """Where an actor's process writes down its Python stack when a fault ends it."""
    credits: str
    """The pipe of free places, if the mailbox is bounded."""

    @classmethod
    def at(cls, directory: str | Path, spill: str | Path) -> Layout:
        """The layout of a mailbox in `directory`, whose parcels may overflow to `spill`.

        The names are made here and once, as many a new process uses what its parent has made.
        """
        home = str(directory)
        return cls(
            directory=home,
            places=Places(f"{home}/parcels", str(spill)),
            mail=f"{home}/mail",
            control=f"{home}/control",
            journal=f"{home}/journal",
            lease=f"{home}/reader",
            stack=f"{home}/stack",
            credits=f"{home}/credits",
        )

    def create(self, maxsize: int) -> list[int]:
        """Make the files of an empty mailbox; return descriptors that keep what its pipes hold.

        Raises `ValueError` for a bound over `LARGEST_BOUND` and `OSError` if the disk is full; then the
        directory holds no usable mailbox and is the caller's to remove.
        """
        if maxsize > LARGEST_BOUND:
            raise ValueError(
                f"a mailbox is bounded to at most {LARGEST_BOUND} messages, not {maxsize}; "
                "0 makes it unbounded"
            )
        keepers: list[int] = []
        try:
            self._create(maxsize, keepers)
        except BaseException:
            for keeper in keepers:
                os.close(keeper)
            raise
        return keepers

    def _create(self, maxsize: int, keepers: list[int]) -> None:
        os.mkdir(self.places.main, 0o700)
        os.close(os.open(self.lease, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        unready = f"{self.mail}.new"  # nobody finds a mailbox that is not whole
        keepers.append(make_pipe(unready))
        capacity = max(PIPE_SIZE, fcntl.fcntl(keepers[0], fcntl.F_GETPIPE_SZ))
        journal.create(self.journal, capacity, maxsize)
        if maxsize > 0:
            keepers.append(make_pipe(self.credits))
            os.write(keepers[-1], b"+" * maxsize)
        os.rename(unready, self.mail)


def make_pipe(path: str | Path) -> int:
    """Make a named pipe and open it for reading and writing, so that what it holds stays."""
    os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
