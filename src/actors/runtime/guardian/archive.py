"""The archive: why those who had a name have ended, kept after they are gone."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

from actors.core.reason import ExitReason

_EXITS: Final = 20
"""How many exits are kept of each name."""
_NAMES: Final = 1000
"""Of how many names; those whose last exit is longest ago are forgotten first."""
_TEXT: Final = 4000
"""How many characters of a traceback are kept."""


class Archive:
    """The last exits of each name."""

    def __init__(self) -> None:
        self._exits: OrderedDict[str, deque[ExitReason]] = OrderedDict()

    def add(self, path: str, why: ExitReason) -> None:
        """Keep why an incarnation of the actor with this name ended."""
        kept = self._exits.setdefault(path, deque(maxlen=_EXITS))
        kept.append(why.shortened(_TEXT))
        self._exits.move_to_end(path)
        if len(self._exits) > _NAMES:
            self._exits.popitem(last=False)

    def of(self, path: str) -> list[ExitReason]:
        """The exits of a name, the latest last."""
        return list(self._exits.get(path, ()))
