"""A reply lane as those see it who answer: a pipe, and a cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from actors.runtime.cell import CellWriter
from actors.runtime.deadline import deadline, left, over
from actors.runtime.lane import Lane
from actors.runtime.mailbox.drainer import Carrier
from actors.runtime.mailbox.outbox import Outbox
from actors.runtime.mailbox.pipe import Pipe

_OFTEN: Final = 2
"""After how many replies the cell is opened: before, that would be a part of many an actor's start."""

_MOMENT: Final = 0.25
"""In how many seconds an asker that reads has read something."""


class ReplyLane(Outbox):
    """Sends replies to one asker. Thread-safe."""

    def __init__(self, lane: Lane, name: str, carrier: Carrier) -> None:
        """Raises `MailboxClosed` if the asker, whose `name` it is, is gone."""
        super().__init__(Pipe.open(lane.pipe, name), lane.places, name=name, carrier=carrier)
        self.joined = False
        self._cell: CellWriter | None = None
        self._path = lane.cell
        self._replies = 0
        self._unread = 0
        """How many replies waited when it was last seen that nobody reads them."""

    def reply(self, number: int, message: bytes, segments: Sequence[bytes], *, only: bool) -> None:
        """`put` the reply to a question; or, if it is the `only` one, lay it where its asker looks."""
        cell = self._cell
        if cell is not None and only and not segments and cell.lay(number, message):
            return
        self.put(message, segments)
        if only:
            self._replies += 1
            if self._replies == _OFTEN:
                self._cell = CellWriter.open(self._path)

    def flush(self, timeout: float | None) -> bool:
        """`Outbox.flush`, but only as long as somebody reads: an asker whose asks have ended does not."""
        until = deadline(True, timeout)
        while self.waiting != self._unread and not over(until):
            self._unread = self.waiting
            if super().flush(min(_MOMENT, left(until))):
                self._unread = 0
        return not self.waiting

    def _close(self) -> None:
        super()._close()
        self._cell = None
