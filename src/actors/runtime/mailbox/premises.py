"""The premises of a mailbox that is used alone: its files, opened by one process."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import attrs

from actors.core.errors import MailboxClosed
from actors.runtime import rundirectory
from actors.runtime.descriptor import Descriptor
from actors.runtime.mailbox.credit import Credits
from actors.runtime.mailbox.layout import Layout
from actors.runtime.mailbox.status import Status, Word
from actors.runtime.rundirectory import RunDirectory


@attrs.frozen(eq=False)
class Premises:
    """A mailbox's run directory and what is open of it; the descriptors close with their last user."""

    hold: RunDirectory
    layout: Layout
    pipe: Descriptor
    status: Status
    credits: Credits | None

    @classmethod
    def create(cls, maxsize: int) -> Premises:
        """Make the files of a new, empty mailbox and open them."""
        rundirectory.sweep_once()
        hold = RunDirectory.create()
        try:
            return cls._open(hold, Layout.at(hold.path, hold.spill).create(maxsize))
        except BaseException:
            hold.release()
            raise

    @classmethod
    def attach(cls, address: str) -> Premises:
        """Open the files of an existing mailbox. Raises `MailboxClosed` if it is gone."""
        try:
            return cls.adopt(RunDirectory.hold(Path(address)))
        except (FileNotFoundError, NotADirectoryError):
            raise MailboxClosed(f"mailbox {address}") from None

    @classmethod
    def adopt(cls, hold: RunDirectory, keepers: Iterable[int] = ()) -> Premises:
        """Open the files in a run directory that is held already.

        The keepers are descriptors that have kept what the pipes hold until now; they are closed.
        """
        try:
            return cls._open(hold, keepers)
        except BaseException:
            hold.disown()
            raise

    @classmethod
    def _open(cls, hold: RunDirectory, keepers: Iterable[int]) -> Premises:
        try:
            layout = Layout.at(hold.path, hold.spill)
            pipe = Descriptor(os.open(layout.mail, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
            status = Status(layout.journal)
            bound = status.words[Word.BOUND]
            return cls(hold, layout, pipe, status, Credits(layout.credits, bound) if bound else None)
        finally:
            for keeper in keepers:
                os.close(keeper)

    def keepers(self) -> list[int]:
        """The descriptors that a new process needs so that what the pipes hold reaches it."""
        return [self.pipe.number] + ([] if self.credits is None else [self.credits.fileno()])
