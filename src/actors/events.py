"""What happens in a system, as `EventStream` tells it: ``from actors import events``."""

from actors.core.events import (
    ActorCrashed,
    ActorStarted,
    ActorStopped,
    DeadLetter,
    Event,
    EventsLost,
    RestartLimitReached,
)

__all__ = [
    "ActorCrashed",
    "ActorStarted",
    "ActorStopped",
    "DeadLetter",
    "Event",
    "EventsLost",
    "RestartLimitReached",
]
