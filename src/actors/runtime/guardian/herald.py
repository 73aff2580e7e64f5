"""The herald: tells subscribers, and the log, what happens."""

from __future__ import annotations

from actors.core.errors import MailboxClosed, MailboxFull
from actors.core.events import (
    ActorCrashed,
    ActorRestarted,
    ActorStarted,
    ActorStopped,
    ActorWaits,
    DeadLetter,
    Event,
    EventsLost,
    GuardianRestarted,
    RestartLimitReached,
    Unhandled,
)
from actors.runtime import log
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian.loop import Loop
from actors.runtime.lane import Lane
from actors.runtime.mailbox.outbox import Outbox, open_pipe

_KEPT = 4 << 20
"""How many bytes of events wait for a slow subscriber beyond what its pipe holds."""


class Herald:
    """Publishes events. Never waits for a subscriber: what one is too slow for, it gets as a count."""

    def __init__(self, endpoint: Endpoint, loop: Loop) -> None:
        self._endpoint = endpoint
        self._loop = loop
        self._lanes: dict[Outbox, int] = {}
        self._subscribed: set[Lane] = set()
        self._log = log.impatient_logger()
        self.stopping = False

    def subscribe(self, lane: Lane) -> None:
        """Send events into a lane from now on, until its reader is gone; once, however often it is said."""
        if lane in self._subscribed:
            return
        self._subscribed.add(lane)
        try:
            pipe = open_pipe(lane.pipe, "events")
        except MailboxClosed:
            return
        outbox = Outbox(pipe, lane.places, name="events", carrier=self._loop, limit=_KEPT)
        self._lanes[outbox] = 0

    def publish(self, event: Event) -> None:
        """Log an event and send it to every subscriber."""
        self._write_down(event)
        for outbox in tuple(self._lanes):
            self._send(outbox, event)

    def _send(self, outbox: Outbox, event: Event) -> None:
        lost = self._lanes[outbox]
        try:
            if lost:
                outbox.put(*self._endpoint.codec.encode(EventsLost(count=lost)))
                self._lanes[outbox] = 0
            outbox.put(*self._endpoint.codec.encode(event))
        except MailboxFull:
            self._lanes[outbox] += 1
        except MailboxClosed:
            self._lanes.pop(outbox)
            outbox.close()

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
