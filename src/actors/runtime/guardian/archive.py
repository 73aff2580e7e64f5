"""The archive: why those who had a name have ended, kept after they are gone."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

from actors.core.address import Address
from actors.core.reason import End, ExitReason

_EXITS: Final = 20
"""How many exits are kept of each name."""
_NAMES: Final = 1000
"""Of how many names; those whose last exit is longest ago are forgotten first."""
_TEXT: Final = 4000
"""How many characters of a traceback are kept."""


class Archive:
    """The last exits of each name."""

    def __init__(self) -> None:
        self._exits: OrderedDict[str, deque[tuple[int, ExitReason]]] = OrderedDict()

    def add(self, actor: Address, why: ExitReason) -> None:
        """Keep why an incarnation of an actor ended; of recyclings in a row, the latest."""
        kept = self._exits.setdefault(actor.path, deque(maxlen=_EXITS))
        if why.end is End.RECYCLED and kept and kept[-1][1].end is End.RECYCLED:
            kept.pop()
        kept.append((actor.id, why.shortened(_TEXT)))
        self._exits.move_to_end(actor.path)
        if len(self._exits) > _NAMES:
            self._exits.popitem(last=False)

    def of(self, path: str) -> list[ExitReason]:
        """The exits of a name, whoever had it, the latest last."""
        return [why for _, why in self._exits.get(path, ())]

    def last(self, actor: Address) -> ExitReason | None:
        """The latest exit of an actor, and of no other that had its name; None if it is not kept."""
        own = [why for number, why in self._exits.get(actor.path, ()) if number == actor.id]
        return own[-1] if own else None
