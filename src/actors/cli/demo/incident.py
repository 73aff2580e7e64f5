"""Incidents: who died of what, and how soon it was back."""

from __future__ import annotations

import signal
from collections import Counter

import attrs

from actors import ActorRef, End, ExitReason, Message
from actors.events import ActorCrashed, ActorStarted


@attrs.frozen
class Incident:
    """A death and the restart that followed it."""

    worker: str
    pid: int
    cause: str
    successor: int
    after: float
    """Seconds from the death to the end of the successor's ``on_start``."""

    def __str__(self) -> str:
        return (
            f"{self.worker} (pid {self.pid}) died of {self.cause}; "
            f"back as pid {self.successor} after {self.after * 1000:.1f} ms"
        )


class Incidents:
    """All of a run, put together from the system's events."""

    def __init__(self) -> None:
        self.deaths: Counter[str] = Counter()
        self.survived: list[Incident] = []
        self._open: dict[ActorRef, ActorCrashed] = {}

    def hear(self, event: Message) -> Incident | None:
        """Note an event; return the incident that it completes."""
        match event:
            case ActorCrashed(actor=actor, reason=reason):
                self._open[actor] = event
                self.deaths[cause_of(reason)] += 1
            case ActorStarted(actor=actor) if actor in self._open:
                self.survived.append(_completed(self._open.pop(actor), event))
                return self.survived[-1]
            case _:
                pass
        return None


def cause_of(reason: ExitReason) -> str:
    """A reason in a word, if it is a signal; its line otherwise."""
    return signal.Signals(reason.code).name if reason.end is End.SIGNAL else str(reason)


def _completed(crash: ActorCrashed, start: ActorStarted) -> Incident:
    name = crash.actor.path.rpartition("/")[2]
    return Incident(name, crash.pid, cause_of(crash.reason), start.pid, start.after)
