"""A subscriber to events: gets them through a lane as fast as it reads, and is never waited for."""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Callable
from typing import Final

from actors.core.codec import Segments
from actors.core.errors import MailboxClosed, MailboxFull
from actors.core.events import Event, EventsLost
from actors.runtime.guardian.loop import Loop
from actors.runtime.mailbox.outbox import Outbox

KEPT: Final = 4 << 20
"""How many bytes of events wait for a slow subscriber beyond what its pipe holds; the oldest go first."""

Encoded = tuple[bytes, Segments]


class Subscriber:
    """Keeps what one subscriber's pipe has no room for; `send` raises `MailboxClosed` once it is gone."""

    def __init__(
        self, outbox: Outbox, loop: Loop, encode: Callable[[Event], Encoded], *, kept: int = KEPT
    ) -> None:
        self._outbox = outbox
        self._loop = loop
        self._encode = encode
        self._limit = kept
        self._waiting: deque[Encoded] = deque()
        self._bytes = 0
        self._lost = 0
        self._listening = False

    @property
    def waiting(self) -> int:
        """How many events its pipe has no room for yet."""
        return len(self._waiting)

    def send(self, event: Encoded) -> None:
        """Send an event, after those that wait."""
        self._waiting.append(event)
        self._bytes += _size(event)
        while self._bytes > self._limit and len(self._waiting) > 1:
            self._drop()
        self._pump()

    def close(self) -> None:
        """Send no more."""
        self._listen(False)
        self._outbox.close()

    def _drop(self) -> None:
        self._bytes -= _size(self._waiting.popleft())
        self._lost += 1

    def _pump(self) -> None:
        """Send what waits, as far as the pipe has room for it."""
        while self._waiting and self._tell_of_lost() and self._send_first():
            self._bytes -= _size(self._waiting.popleft())
        self._listen(bool(self._waiting))

    def _tell_of_lost(self) -> bool:
        if self._lost and self._outbox.offer(*self._encode(EventsLost(count=self._lost))):
            self._lost = 0
        return not self._lost

    def _send_first(self) -> bool:
        try:
            sent = self._outbox.offer(*self._waiting[0])
        except MailboxFull:  # a large one, for which no disk has room
            self._lost += 1
            return True
        if self._outbox.stalled:  # or no descriptor is left
            self._lost += 1
        return sent or self._outbox.stalled

    def _resume(self) -> None:
        try:
            self._pump()
        except MailboxClosed:  # the next event finds that, too
            self._listen(False)

    def _listen(self, wanted: bool) -> None:
        """Go on as soon as the pipe has room, or stop that."""
        if wanted and not self._listening:
            self._loop.add(self._outbox.pipe.fileno(), self._resume, select.EPOLLOUT)
        elif self._listening and not wanted:
            self._loop.remove(self._outbox.pipe.fileno())
        self._listening = wanted


def _size(event: Encoded) -> int:
    stream, segments = event
    return len(stream) + sum(map(len, segments))
