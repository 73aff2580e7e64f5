"""The inbox: the reading end of one mailbox."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from actors.core.errors import DecodeError
from actors.runtime.deadline import deadline, left, over
from actors.runtime.descriptor import Descriptor
from actors.runtime.mailbox import frame
from actors.runtime.mailbox.credit import Credits
from actors.runtime.mailbox.depot import Depot
from actors.runtime.mailbox.frame import Parts
from actors.runtime.mailbox.journal import Entry, Garbage, Journal, waiting_bytes
from actors.runtime.mailbox.layout import Layout
from actors.runtime.mailbox.parcel import BadParcel, Parcel
from actors.runtime.mailbox.slabs import Place
from actors.runtime.mailbox.waiting import Waiter

IDLE: Final = 1.0
"""How long a bounded mailbox is empty before places that killed senders took are given back, seconds."""


class Inbox:
    """Takes messages out of a mailbox, one at a time. Not thread-safe; its owner holds the lease."""

    def __init__(
        self,
        layout: Layout,
        pipe: Descriptor,
        credits: Credits | None = None,
        *,
        wake: Iterable[int] = (),
        spin: bool = True,
        fresh: bool = False,
        reuses: bool = True,
    ) -> None:
        """Of a `fresh` mailbox nobody has read before, so that nothing has been left there.

        The file of a large message is removed when that has been dealt with, or first kept for a moment if
        this process `reuses` it.
        """
        self._depot = Depot(layout.places, fresh=fresh)
        self._credits = credits
        self._reuses = reuses
        self._pipe = pipe
        self.journal = Journal(layout.journal, pipe.number, fresh=fresh)
        self._waiter = Waiter(pipe.number, self.journal.refill, wake, spin=spin)
        self._stored: Parcel | Place | None = None
        """Where the message in hand lies, if it is a large one."""
        self._counted = True
        """Whether the message in hand has a place in a bounded mailbox to be given back."""
        self._scarce_since: float | None = None

    def fileno(self) -> int:
        """The pipe: readable while messages wait in it (none that the journal holds already)."""
        return self._pipe.number

    def settle(self) -> None:
        """Give up what a killed predecessor had in hand, and the parcels that no frame will claim."""
        if self.journal.taken:
            entry = self.journal.take()
            self._counted = self.journal.counted
            if isinstance(entry, Entry) and entry.kind == frame.PARCEL:
                with suppress(BadParcel, OSError):
                    self._depot.find(entry.payload).discard()
            self.done()
        self.tidy()

    def run(self) -> Iterator[bytes]:
        """Take messages one after another until none waits, or one that did not come in one piece.

        Only for an unbounded mailbox. Each is in hand until the next is asked for, or until `done`.
        """
        return self.journal.run()

    def take(self) -> Parts | None:
        """Take the next message in hand; None if none waits.

        Raises `DecodeError` for bytes that are no message, which are then what is in hand. Any other
        error (`OSError` for want of descriptors, `MemoryError`) leaves the message for the next `take`.
        """
        message = self.journal.take_inline()
        return self._unusual(self.journal.take()) if message is None else (message, ())

    def drained(self) -> bool:
        """Whether every message that has been read from the pipe has been dealt with."""
        return self.journal.drained()

    def done(self) -> None:
        """The message in hand has been dealt with."""
        if self._stored is not None:  # before the journal knows, so that a kill leaves no parcel
            if self._reuses:
                self._stored.reuse()
            else:
                self._stored.discard()
            self._stored = None
        self.journal.done()
        if self._credits is not None:
            if self._counted:
                self._credits.give()
            else:
                self._counted = True
            self._scarce_since = None

    def hand_on(self) -> None:
        """The message in hand has been dealt with, though `done` will be called for it once more."""
        self.done()
        self._counted = False  # its place has been given back

    def wait(self, timeout: float | None) -> bool:
        """Wait for a message, or for one of the `wake` descriptors; False when the time is up."""
        self.tidy()
        if self._credits is None:
            return self._waiter.wait(timeout)
        end = deadline(True, timeout)
        while True:
            self.mend()
            if self._waiter.wait(min(IDLE, left(end))):
                self._scarce_since = None
                return True
            if over(end):
                return False

    def tidy(self) -> None:
        """Remove what killed senders have left; to be called when no message waits."""
        self._depot.tidy(self.empty)

    def mend(self) -> None:
        """Give back places that have been missing for `IDLE` seconds while no message waited.

        To be called when none waits, and again after `IDLE` seconds.
        """
        if self._credits is None or self._credits.free == self._credits.size:
            self._scarce_since = None
        elif self._scarce_since is None:
            self._scarce_since = time.monotonic()
        elif time.monotonic() - self._scarce_since >= IDLE:
            self._credits.mend()
            self._scarce_since = None

    def count(self) -> int:
        """How many messages wait. Counts what is in the pipe exactly if the journal has room for it."""
        self.journal.refill()
        left = waiting_bytes(self._pipe.number)
        count, size = self.journal.count()
        return count + (left * count // size if size else bool(left))

    def empty(self) -> bool:
        """Whether no message waits."""
        return self.drained() and not waiting_bytes(self._pipe.number)

    def _unusual(self, entry: Entry | Garbage | None) -> Parts | None:
        if self._credits is not None and entry is not None:
            self._counted = self.journal.counted
        if entry is None:
            return None
        if isinstance(entry, Garbage):
            raise DecodeError("mailbox", f"{entry.size} bytes that are no message")
        kind, payload = entry
        if kind == frame.INLINE:  # with a note in its head
            return payload, ()
        try:
            self._stored = stored = self._depot.find(payload)
            first, *others = stored.read()
        except BadParcel as error:
            if self._stored is not None:  # whatever it is, it is not for us to write over
                self._stored.discard()
                self._stored = None
            raise DecodeError("mailbox", str(error)) from None
        return first, others
