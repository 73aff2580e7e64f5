"""The stowage: where a sender puts its large messages to one receiver, so that a frame can name them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from actors.runtime.mailbox import frame, parcel
from actors.runtime.mailbox.depot import Depot
from actors.runtime.mailbox.parcel import BadParcel, Places
from actors.runtime.mailbox.slab import LARGEST, Slab


class Large:
    """A message that goes as a parcel or in a slab, written when the pipe has room for its frame."""

    __slots__ = ("frame", "parts", "size", "uncounted")

    def __init__(self, parts: Sequence[bytes], *, uncounted: bool = False) -> None:
        self.parts = parts
        """What it is made of; once it is stowed, only the first, which has its envelope."""
        self.size = sum(map(len, parts))
        """How many bytes they are."""
        self.uncounted = uncounted
        """Whether it has taken no place in a bounded mailbox."""
        self.frame: bytes | None = None
        """What names it, once it is stowed."""


class Stowage:
    """Stows messages in a slab, from the second one on that fits, or else as a parcel each.

    Not thread-safe, but a signal handler may stow a message in the midst of another.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._slab: Slab | None = None
        self._rare = True
        """Whether a message that a slab could hold is the first, or follows one that found no slab."""

    def stow(self, item: Large) -> None:
        """Write a message down. Raises `OSError` if that is not possible."""
        label = None
        if item.size <= LARGEST:
            slab = self._slab or self._make_slab()
            label = None if slab is None else slab.put(item.parts, item.size)
        named = frame.parcel(label or parcel.send(self._places, item.parts))
        item.frame = frame.uncounted(named) if item.uncounted else named
        item.parts = item.parts[:1]

    def withdraw(self, item: Large) -> None:
        """Remove what has been written, if anything, as its frame will never be."""
        if item.frame is not None:
            with suppress(BadParcel, OSError):
                Depot(self._places).find(item.frame[frame.HEAD.size :]).discard()

    def close(self) -> None:
        """Let go of the slab. The next message is a first one."""
        self._slab, self._rare = None, True

    def _make_slab(self) -> Slab | None:
        """Make one for the second message that fits into it; after a failure the next tries again."""
        if not self._rare:
            with suppress(OSError):
                self._slab = Slab(f"{self._places.main}/{parcel.new_name()}")
        self._rare = self._slab is None and not self._rare
        return self._slab
