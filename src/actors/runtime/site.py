"""The site: where the parts of one actor system are in its run directory.

::

    names/<path>        a link to the directory of the actor that has this name
    <id>/               an actor's mailbox (see `Layout`), or a supervisor's mark
                        (0 is the guardian, 1 the application)
    <id>/<lane>/        a lane: a pipe and its parcels, for replies or events
    records/<id>        what it takes to make an actor again, should the guardian be killed
"""

from __future__ import annotations

import os
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import attrs

from actors.core.address import Address
from actors.core.demand import TEXT
from actors.core.errors import NoSuchActor
from actors.core.glance import brief
from actors.runtime import processes, rundirectory
from actors.runtime.lane import Lane
from actors.runtime.mailbox.layout import Layout
from actors.runtime.mailbox.status import Status, Word

GUARDIAN: Final = 0
APPLICATION: Final = 1
_LONGEST_FILE_NAME: Final = 255


@attrs.frozen
class Site:
    """The run directory of one system."""

    path: Path
    spill: Path
    system: str
    """The system's part of every address in it."""
    _guardian: Layout  # made once, as every new process needs it

    @classmethod
    def of(cls, run: rundirectory.RunDirectory) -> Site:
        """The site in a run directory that this process holds."""
        return cls.at(run.path, run.spill)

    @classmethod
    def at(cls, path: Path, spill: Path) -> Site:
        """The site in a run directory; what does not fit there goes to `spill`."""
        return cls(path, spill, path.name, _mailbox(path, spill, GUARDIAN))

    def create(self) -> None:
        """Make what every site has."""
        (self.path / "names").mkdir(mode=0o700)
        os.mkdir(self.records, 0o700)

    def other(self, system: str) -> Site:
        """The site of another system of the same user."""
        if system == self.system:
            return self
        path = self.path.parent / Path(system).name
        return Site.at(path, rundirectory.spill_of(path))

    def mailbox(self, number: int) -> Layout:
        """The mailbox of an actor."""
        return self._guardian if number == GUARDIAN else _mailbox(self.path, self.spill, number)

    @property
    def records(self) -> str:
        """Where the records are."""
        return f"{self.path}/records"

    def record(self, number: int) -> str:
        """The record of an actor or supervisor."""
        return f"{self.path}/records/{number}"

    def lane(self, number: int, name: str) -> Lane:
        """A lane of an actor's process."""
        place = f"{number}/{os.path.basename(name)}"
        return Lane.at(f"{self.path}/{place}", f"{self.spill}/{place}")

    def replies(self, number: int, incarnation: int) -> Lane:
        """The lane for the replies to one incarnation of a process."""
        return self.lane(number, f"replies.{incarnation}")

    def sweep_replies(self, number: int) -> None:
        """Remove the lanes for replies that forks of a process have left, which have ended."""
        with suppress(OSError):  # no descriptor: the next one does it
            for lane in os.listdir(f"{self.path}/{number}"):
                kind, _, incarnation = lane.partition(".")
                if kind == "replies" and processes.ended(int(incarnation)):
                    self.lane(number, lane).remove()

    def name(self, path: str, number: int) -> None:
        """Give an actor its name.

        Raises `FileExistsError` if another has it and `ValueError` if it is too long.
        """
        os.symlink(f"../{number}", self._link(path))

    def unname(self, path: str) -> None:
        """Free a name."""
        with suppress(FileNotFoundError):
            os.unlink(self._link(path))

    def find(self, path: str) -> Address:
        """The address of the actor that has a name now. Raises `NoSuchActor`, also for what names none."""
        TEXT.check("path", path)
        try:
            number = int(os.readlink(self._link(path)).removeprefix("../"))
        except (FileNotFoundError, ValueError):
            raise NoSuchActor(path, sorted(self.names())) from None
        return Address(self.system, number, path)

    def names(self) -> list[str]:
        """All names that are taken now."""
        return [_unquote(name) for name in os.listdir(f"{self.path}/names")]

    def is_supervisor(self, number: int) -> bool:
        """Whether a number is a living supervisor's, which has a mark in the place of a mailbox."""
        return os.path.exists(self.supervisor_mark(number))

    def supervisor_mark(self, number: int) -> str:
        """Where that is: the lack of a mailbox could be that of an actor which is just being removed."""
        return f"{self.mailbox(number).directory}/supervisor"

    def process(self, number: int) -> int | None:
        """The pid of an actor's process; None if it has none at present."""
        try:
            status = Status(self.mailbox(number).journal)
        except (FileNotFoundError, ValueError):  # gone, or just being made
            return None
        with closing(status):
            return status.words[Word.PROCESS] or None

    def _link(self, path: str) -> str:
        name = _quote(path)
        size = len(name.encode())
        if name in ("", ".", "..") or "\0" in name:
            raise ValueError(f"the path {brief(path)} is that of no actor")
        if size > _LONGEST_FILE_NAME:
            raise ValueError(
                f"the path {brief(path)} takes {size} bytes, three for each / and %, and at most "
                f"{_LONGEST_FILE_NAME} are possible; use shorter names"
            )
        return f"{self.path}/names/{name}"


def _mailbox(path: Path, spill: Path, number: int) -> Layout:
    return Layout.at(f"{path}/{number}", f"{spill}/{number}")


def guardian_of(system: str) -> Address:
    """Where the guardian of a system is reached."""
    return Address(system, GUARDIAN, "guardian")


def _quote(path: str) -> str:
    return path.replace("%", "%25").replace("/", "%2F")


def _unquote(name: str) -> str:
    return name.replace("%2F", "/").replace("%25", "%")
