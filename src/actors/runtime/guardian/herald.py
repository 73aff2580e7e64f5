"""The herald: tells the log and the subscribers what happens."""

from __future__ import annotations

from contextlib import suppress

from actors.core.errors import MailboxClosed
from actors.core.events import Event
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian.eventlog import EventLog
from actors.runtime.guardian.loop import Loop
from actors.runtime.guardian.subscriber import Subscriber
from actors.runtime.lane import Lane
from actors.runtime.mailbox.outbox import Outbox
from actors.runtime.mailbox.pipe import Pipe


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
