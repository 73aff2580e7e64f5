"""The herald: tells the log and the subscribers what happens."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from actors.core.errors import MailboxClosed
from actors.core.events import Event
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian.eventlog import EventLog
from actors.runtime.guardian.loop import Loop
from actors.runtime.guardian.subscriber import Subscriber
from actors.runtime.lane import Lane
from actors.runtime.mailbox.outbox import Outbox
from actors.runtime.mailbox.pipe import Pipe

_LOOK: Final = 0.01
"""How often to see whether subscribers have read all at the end, in seconds."""
_STILL: Final = 0.5
"""Until when one that reads has read something."""
_PATIENCE: Final = 5.0
"""Until when all is to be read."""


class Herald:
    """Publishes events. Never waits for a subscriber: what one is too slow for, it gets as a count."""

    def __init__(self, endpoint: Endpoint, loop: Loop) -> None:
        self._encode = endpoint.codec.encode
        self._loop = loop
        self._subscribers: dict[Lane, Subscriber] = {}
        self._log = EventLog()
        self.stopping = False

    def subscribe(self, lane: Lane) -> None:
        """Send events into a lane from now on, until its reader is gone; once, however often it is said."""
        if lane in self._subscribers:
            return
        with suppress(MailboxClosed):
            pipe = Pipe.open(lane.pipe, "events")
            outbox = Outbox(pipe, lane.places, name="events", carrier=self._loop)
            self._subscribers[lane] = Subscriber(outbox, self._loop, self._encode)

    def publish(self, event: Event) -> None:
        """Log an event and send it to every subscriber."""
        self._log.write(event, stopping=self.stopping)
        if not self._subscribers:
            return
        encoded = self._encode(event)
        for lane, subscriber in tuple(self._subscribers.items()):
            try:
                subscriber.send(encoded)
            except MailboxClosed:
                self._subscribers.pop(lane)
                subscriber.close()

    def finish(self, then: Callable[[], None]) -> None:
        """Call `then` once those subscribers that read have got all, or after a while; the loop goes on."""
        begun = moved = time.monotonic()
        left = self._waiting()

        def look() -> None:
            nonlocal left, moved
            now, before, left = time.monotonic(), left, self._waiting()
            moved = now if left < before else moved
            if left and now < min(moved + _STILL, begun + _PATIENCE):
                self._loop.call_later(_LOOK, look)
            else:
                then()

        look()

    def _waiting(self) -> int:
        return sum(subscriber.waiting for subscriber in self._subscribers.values())
