"""What happens in a system, as `EventStream` tells it: ``from actors import events``."""

from actors.core.events import (
    ActorCrashed,
    ActorRecycled,
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

__all__ = [
    "ActorCrashed",
    "ActorRecycled",
    "ActorRestarted",
    "ActorStarted",
    "ActorStopped",
    "ActorWaits",
    "DeadLetter",
    "Event",
    "EventsLost",
    "GuardianRestarted",
    "RestartLimitReached",
    "Unhandled",
]
