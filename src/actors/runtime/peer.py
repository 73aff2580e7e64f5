"""A peer: another actor's mailbox, opened to send to it."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from actors.core.errors import MailboxClosed, MailboxFull
from actors.runtime.mailbox.credit import Credits
from actors.runtime.mailbox.drainer import Carrier
from actors.runtime.mailbox.layout import Layout
from actors.runtime.mailbox.outbox import Outbox
from actors.runtime.mailbox.pipe import Pipe
from actors.runtime.mailbox.status import Condition, Status, Word

_GONE: Final = int(Word.GONE)


class Unheard(MailboxClosed):
    """The message was written, and perhaps after the last look into the mailbox, which has ended."""


class Orphaned(MailboxClosed):
    """Nobody can read the mailbox, but it has not been removed: the guardian that kept it has died."""


class Peer:
    """Sends into one mailbox."""

    def __init__(
        self, layout: Layout, name: str, carrier: Carrier, on_lost: Callable[[Sequence[bytes], bool], None]
    ) -> None:
        """Open it. `on_lost` gets what waited here at its end, and whether the actor was gone for good.

        Raises `MailboxClosed` if the actor is gone, and `Orphaned`.
        """
        self.name = name
        try:
            pipe = Pipe.open(layout.mail, name)
            self._status = Status(layout.journal)
            bound = self._status.words[Word.BOUND]
            self._credits = Credits(layout.credits, bound) if bound else None
        except FileNotFoundError:
            raise MailboxClosed(name) from None
        except MailboxClosed:
            if os.path.exists(layout.mail):
                raise Orphaned(name) from None
            raise
        self._words = words = self._status.words
        self.outbox = Outbox(
            pipe,
            layout.places,
            name=name,
            carrier=carrier,
            gone=lambda: bool(words[_GONE]),
            on_lost=lambda messages: on_lost(messages, bool(words[_GONE])),
        )
        self.outbox.joined = False

    def post(self, message: bytes, segments: Sequence[bytes], deadline: float) -> None:
        """Send a message; wait for room in a bounded mailbox until `deadline` (monotonic).

        Raises `MailboxFull`, `MailboxClosed` or `Orphaned` if nobody has read or will ever read the
        message, and `Unheard` if that may be so.
        """
        if self._credits is not None:
            self._take_place(self._credits, deadline)
        try:
            self.outbox.put(message, segments)
        except MailboxFull:
            if self._credits is not None:
                self._credits.give()
            raise
        except MailboxClosed:
            raise self._closed() from None
        if self._words[_GONE]:
            raise Unheard(self.name)

    def force(self, message: bytes, segments: Sequence[bytes]) -> None:
        """Send a message: in a place of a bounded mailbox if one is free, and beyond its bound if not.

        Raises as `post`, but `MailboxFull` only if the message cannot wait here.
        """
        places, put = self._credits, self.outbox.put
        if places is not None and not places.take():
            places, put = None, self.outbox.put_uncounted
        try:
            put(message, segments)
        except MailboxFull:
            if places is not None:
                places.give()
            raise
        except MailboxClosed:
            raise self._closed() from None
        if self._words[_GONE]:
            raise Unheard(self.name)

    @property
    def restarting(self) -> bool:
        """Whether the actor is down, to be started again."""
        return self._words[Word.STATE] == Condition.RESTARTING

    @property
    def ended(self) -> bool:
        """Whether nobody reads the mailbox any more, or it has been closed here."""
        return bool(self._words[_GONE]) or self.outbox.pipe.broken

    def retire(self) -> bool:
        """Close the mailbox here if nothing waits; False if something does."""
        return self.outbox.retire()

    def close(self) -> None:
        """Close the mailbox here; what waits is lost and counted.

        Threads that wait for a place find it closed, and let go of the places with the last of them.
        """
        self.outbox.close()

    def _take_place(self, places: Credits, deadline: float) -> None:
        poll = select.poll()
        poll.register(places, select.POLLIN)
        while not places.take():
            if self._words[_GONE] or self.outbox.pipe.broken:
                raise self._closed()
            remaining = deadline - time.monotonic()
            if not remaining > 0:  # so that nan is over, too
                raise MailboxFull(self.name, places_taken(places.size))
            with suppress(InterruptedError):
                poll.poll(min(remaining, 0.1) * 1000)

    def _closed(self) -> MailboxClosed:
        """Why nobody can read the mailbox any more."""
        return MailboxClosed(self.name) if self._words[_GONE] else Orphaned(self.name)


def places_taken(bound: int) -> str:
    """Why a bounded mailbox has no room."""
    return f"mailbox_size is {bound}, and so many messages are there, the one in hand among them"
