"""The depot: where the large messages to one receiver lie, in parcels and slabs, as it sees them."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from actors.runtime import processes
from actors.runtime.mailbox import slab
from actors.runtime.mailbox.parcel import Parcel, Places
from actors.runtime.mailbox.slabs import Place, Slabs

_NAME: Final = re.compile(r"\d+\.\d+\.\d+")
_SELDOM: Final = 1.0
"""How often it is looked at most for what the dead have left, in seconds."""


class Depot:
    """Opens what frames name, and removes what dead senders have left. Not thread-safe, but for `close`."""

    def __init__(self, places: Places, *, fresh: bool = False) -> None:
        """In a `fresh` one nobody has left anything."""
        self._places = places
        self._slabs = Slabs(places.main)
        self._looked = -_SELDOM
        self._orphans: list[str] = []
        """What the dead had left when it was last looked; frames that wait may name it."""
        self.doubtful = not fresh
        """Whether the dead may have left something: so since the last message that came, or who says so."""

    def find(self, label: bytes) -> Parcel | Place:
        """What a label names: the message lies there until it is discarded.

        Raises `BadParcel`, and `OSError` for want of descriptors or memory.
        """
        self.doubtful = True
        return self._slabs.find(label) if label.startswith(slab.KIND) else Parcel.named(self._places, label)

    def tidy(self, unclaimed: Callable[[], bool]) -> None:
        """Remove what the dead have left, if it is doubtful whether they have, and `unclaimed`.

        That says that no frame waits, neither in the pipe nor among what has been read. It is asked when
        the senders are known to be dead, as one might have handed over its frame before. They are looked
        for once a second at most; what then is not `unclaimed` may be so the next time.
        """
        if self.doubtful and time.monotonic() >= self._looked + _SELDOM:
            self._look()
        if self._orphans and unclaimed():
            self._remove()
            self._look()

    def _look(self) -> None:
        """Without a descriptor with which to look who lives, it stays as doubtful as it was."""
        self._looked = time.monotonic()
        self.doubtful = False  # not in the end: another thread may say so meanwhile
        anything = True
        try:
            with suppress(OSError):
                anything, self._orphans = survey(self._places)
        finally:
            if anything:
                self.doubtful = True

    def _remove(self) -> None:
        orphans, self._orphans = self._orphans, []
        for path in orphans:
            with suppress(FileNotFoundError):
                os.unlink(path)
        self._slabs.close()  # some may have been among them; whoever is met again is opened again

    def close(self) -> None:
        """Keep no slab open, for any thread; what another one is just reading is closed after that."""
        self._slabs.close()


def survey(places: Places) -> tuple[bool, list[str]]:
    """Whether there are any parcels and slabs, and those of dead senders.

    Raises `OSError` for want of descriptors.
    """
    found = list(_listing(places))
    return bool(found), [path for path in found if not _sender_lives(os.path.basename(path))]


def _listing(places: Places) -> Iterator[str]:
    for place in places:
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            yield from (f"{place}/{name}" for name in os.listdir(place) if _NAME.fullmatch(name))


def _sender_lives(name: str) -> bool:
    return processes.lives(name.rpartition(".")[0])
