"""Promptness: whether it pays to look for a reply at once, before an event loop sees to other things."""

from __future__ import annotations

from typing import Final

_MOST: Final = 63
_ROW: Final = 16


class Promptness:
    """Each question looks while replies come at once; while they do not, ever fewer of them: one in 64."""

    __slots__ = ("_in_a_row", "_patience", "_skipped", "missed", "moment", "pauses")

    def __init__(self, moment: float, patience: int = 1) -> None:
        """A reply that comes within a `moment`, in seconds, comes at once; with 0.0 none does.

        `patience` is how many in a row must not have come at once before fewer questions look.
        """
        self.moment = moment
        self._patience = patience
        self.missed = 0
        """How many in a row have not come at once."""
        self.pauses = 0
        """How many questions do not look before one does again."""
        self._skipped = 0
        self._in_a_row = 0

    def is_likely(self) -> bool:
        """Whether the next question is to look."""
        if self._skipped < self.pauses:
            self._skipped += 1
            return False
        return self.moment > 0.0

    def note(self, came: bool) -> None:
        """A question has looked, and its reply `came`, or not."""
        self._skipped = 0
        self.missed = 0 if came else self.missed + 1
        self.pauses = min(2 * self.pauses + 1, _MOST) if self.missed >= self._patience else 0
        self._in_a_row = self._in_a_row % _ROW + 1 if came else 0

    @property
    def monopolizes(self) -> bool:
        """Whether so many have come in a row that the event loop's other tasks should have their turn."""
        return self._in_a_row == _ROW
