"""Promptness: whether it pays to look for a reply at once, before an event loop sees to other things."""

from __future__ import annotations

from typing import Final

_MOST: Final = 63
_ROW: Final = 16


class Promptness:
    """Each question looks while replies come at once; while they do not, ever fewer of them: one in 64."""

    __slots__ = ("_in_a_row", "_pause", "_skipped", "moment")

    def __init__(self, moment: float) -> None:
        """A reply that comes within a `moment`, in seconds, comes at once; with 0.0 none does."""
        self.moment = moment
        self._pause = self._skipped = 0
        self._in_a_row = 0

    def is_likely(self) -> bool:
        """Whether the next question is to look."""
        if self._skipped < self._pause:
            self._skipped += 1
            return False
        return self.moment > 0.0

    def note(self, came: bool) -> None:
        """A question has looked, and its reply `came`, or not."""
        self._skipped = 0
        self._pause = 0 if came else min(2 * self._pause + 1, _MOST)
        self._in_a_row = self._in_a_row % _ROW + 1 if came else 0

    @property
    def monopolizes(self) -> bool:
        """Whether so many have come in a row that the event loop's other tasks should have their turn."""
        return self._in_a_row == _ROW
