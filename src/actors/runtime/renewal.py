"""Renewal: what a forked child has to make anew, such as locks that threads of its parent have held.

There is one hook for all of it, and none before there is something to renew. The guardian has nothing: its
forks, each a new actor, would otherwise do so for every mailbox that it has open.
"""

from __future__ import annotations

import os
import weakref
from typing import Final, Protocol


class Renewable(Protocol):
    """What a fork leaves in an unknown state."""

    def renew(self) -> None:
        """Be fit for use in the child, which has only the forking thread."""
        ...


_known: Final[weakref.WeakSet[Renewable]] = weakref.WeakSet()
_hooks: Final[list[object]] = []


def renew_after_fork(thing: Renewable) -> None:
    """From now on, renew a thing in every forked child, for as long as it lives."""
    if not _hooks:
        _hooks.append(_renew_all)
        os.register_at_fork(after_in_child=_renew_all)
    _known.add(thing)


def _renew_all() -> None:
    for thing in _known:
        thing.renew()
