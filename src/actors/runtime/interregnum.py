"""The interregnum: the time between the death of one guardian and the next one's first word."""

from __future__ import annotations

from actors.core.errors import ActorsError


class Interregnum(ActorsError):
    """The guardian was killed, and another one does not serve yet."""

    def __str__(self) -> str:
        return "the guardian was killed, and another one does not serve yet; try again"
