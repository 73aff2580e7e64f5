"""The event log: what happens, as it is written to the log."""

from __future__ import annotations

from actors.core.events import (
    ActorCrashed,
    ActorRecycled,
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


class EventLog:
    """Writes each kind of event with its name and fields. Never waits for whoever reads the log."""

    def __init__(self) -> None:
        self._log = log.impatient_logger()

    def write(self, event: Event, *, stopping: bool) -> None:
        """Write an event down; while the system is `stopping`, dead letters are no warning."""
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
                    "actor_crashed",
                    actor=event.actor.path,
                    pid=event.pid,
                    reason=str(reason),
                    in_hand=reason.in_hand,
                )
                self._log.info("traceback", text=reason.traceback)
            case ActorRecycled():
                self._log.info(
                    "actor_recycled", actor=event.actor.path, pid=event.pid, reason=str(event.reason)
                )
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
                say = self._log.info if stopping else self._log.warning
                say(
                    "unhandled" if isinstance(event, Unhandled) else "dead_letter",
                    receiver=event.receiver,
                    sender=event.sender,
                    cause=event.cause,
                    kind=event.kind,
                    count=event.count,
                )
            case _:
                self._log.info(type(event).__name__)
