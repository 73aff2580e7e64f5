"""The herald: tells subscribers, and the log, what happens."""

from __future__ import annotations

from contextlib import suppress

from actors.core.errors import MailboxClosed
from actors.core.events import (
    ActorCrashed,
    ActorRestarted,
    ActorStarted,
    ActorStopped,
    ActorWaits,
    DeadLetter,
    Event,
    GuardianRestarted,
    RestartLimitReached,
    Unhandled,
)
from actors.runtime import log
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian.loop import Loop
from actors.runtime.guardian.subscriber import Subscriber
from actors.runtime.lane import Lane
from actors.runtime.mailbox.outbox import Outbox, open_pipe


class Herald:
    """Publishes events. Never waits for a subscriber: what one is too slow for, it gets as a count."""

    def __init__(self, endpoint: Endpoint, loop: Loop) -> None:
        self._encode = endpoint.codec.encode
        self._loop = loop
        self._subscribers: dict[Lane, Subscriber] = {}
        self._log = log.impatient_logger()
        self.stopping = False

    def subscribe(self, lane: Lane) -> None:
        """Send events into a lane from now on, until its reader is gone; once, however often it is said."""
        if lane in self._subscribers:
            return
        with suppress(MailboxClosed):
            pipe = open_pipe(lane.pipe, "events")
            outbox = Outbox(pipe, lane.places, name="events", carrier=self._loop)
            self._subscribers[lane] = Subscriber(outbox, self._loop, self._encode)

    def publish(self, event: Event) -> None:
        """Log an event and send it to every subscriber."""
        self._write_down(event)
        if not self._subscribers:
            return
        encoded = self._encode(event)
        for lane, subscriber in tuple(self._subscribers.items()):
            try:
                subscriber.send(encoded)
            except MailboxClosed:
                self._subscribers.pop(lane)
                subscriber.close()

    def _write_down(self, event: Event) -> None:
        match event:
            case ActorRestarted():
                self._log.warning(
                    "actor_restarted",
                    actor=event.actor.path,
                    pid=event.pid,
                    restarts=event.incarnation,
                    after=f"{event.after * 1000:.1f} ms",
                )
            case ActorStarted():
                self._log.info("actor_started", actor=event.actor.path, pid=event.pid)
            case ActorCrashed(reason=reason):
                self._log.warning(
                    "actor_crashed", actor=event.actor.path, pid=event.pid, reason=str(reason)
                )
                self._log.info("traceback", text=reason.traceback)
            case ActorStopped():
                self._log.info("actor_stopped", actor=event.actor.path, reason=str(event.reason))
            case RestartLimitReached():
                self._log.error(
                    "restart_limit_reached",
                    actor=event.actor.path,
                    max_restarts=event.max_restarts,
                    within=event.within,
                )
            case ActorWaits():
                self._log.warning(
                    "actor_waits",
                    actor=event.actor.path,
                    delay=f"{event.delay:.3g} s",
                    attempt=event.attempt,
                )
            case GuardianRestarted():
                self._log.error("guardian_restarted", cause=event.cause)
            case DeadLetter():
                say = self._log.info if self.stopping else self._log.warning
                say(
                    "unhandled" if isinstance(event, Unhandled) else "dead_letter",
                    receiver=event.receiver,
                    sender=event.sender,
                    cause=event.cause,
                    count=event.count,
                )
            case _:
                self._log.info(type(event).__name__)
