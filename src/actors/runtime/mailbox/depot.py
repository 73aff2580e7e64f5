"""The depot: where the large messages to one receiver lie, in parcels and slabs, as it sees them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from actors.runtime.mailbox import parcel
from actors.runtime.mailbox.parcel import Places
from actors.runtime.mailbox.slab import Slabs

_SELDOM: Final = 1.0
"""How often it is looked at most for what the dead have left, in seconds."""


class Depot:
    """Opens what frames name, and removes what dead senders have left. Not thread-safe, but for `close`."""

    def __init__(self, places: Places, *, fresh: bool = False) -> None:
        """In a `fresh` one nobody has left anything."""
        self._places = places
        self._slabs = Slabs(places.main)
        self._looked = -_SELDOM
        self.doubtful = not fresh
        """Whether the dead may have left something: so since the last message that came, or who says so."""

    def receive(self, label: bytes) -> list[bytes]:
        """The parts of the message that a label names; it stays until `discard`.

        Raises `BadParcel`, and `OSError` or `MemoryError` for want of descriptors or memory.
        """
        self.doubtful = True
        return parcel.receive(self._places, label, self._slabs)

    def discard(self, label: bytes) -> None:
        """The message has been dealt with."""
        parcel.discard(self._places, label, self._slabs)

    def tidy(self, unclaimed: Callable[[], bool]) -> None:
        """Remove what the dead have left, if it is doubtful whether they have, and `unclaimed`.

        That says that no frame waits, neither in the pipe nor among what has been read. Done once a second
        at most.
        """
        if self.doubtful and time.monotonic() >= self._looked + _SELDOM and unclaimed():
            self._sweep(unclaimed)

    def _sweep(self, unclaimed: Callable[[], bool]) -> None:
        """Without a descriptor with which to look who lives, it stays as doubtful as it was."""
        self._looked = time.monotonic()
        self.doubtful = False  # not in the end: another thread may say so meanwhile
        left = 1
        try:
            with suppress(OSError):
                left = parcel.sweep(self._places, unclaimed)
        finally:
            if left:
                self.doubtful = True
            self._slabs.close()  # some may have been swept; whoever is met again is opened again

    def close(self) -> None:
        """Keep no slab open, for any thread; what another one is just reading is closed after that."""
        self._slabs.close()
