"""Chaos: kills a worker every now and then."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from typing import Final

from actors import Message
from actors.events import ActorCrashed, ActorStarted, ActorStopped

_MOST: Final = 240
"""So many kills and no more: a run ends even if a file takes longer than a tokenizer is let live."""


class Chaos:
    """Sends SIGKILL to one of the actors below a path, at random, every so many seconds."""

    def __init__(self, below: str, every: float) -> None:
        """Prepare; `every` may be infinite, for peace."""
        self.kills = 0
        self._below = f"{below}/"
        self._every = every
        self._due = time.monotonic() + every
        self._victims: dict[str, int] = {}

    def hear(self, event: Message) -> None:
        """Know who lives."""
        match event:
            case ActorStarted(actor=actor, pid=pid) if actor.path.startswith(self._below):
                self._victims[actor.path] = pid
            case ActorCrashed(actor=actor) | ActorStopped(actor=actor):
                self._victims.pop(actor.path, None)
            case _:
                pass

    def strike(self) -> None:
        """Kill somebody, if it is time to."""
        now = time.monotonic()
        if now < self._due or not self._victims or self.kills >= _MOST:
            return
        self._due = now + self._every
        pid = self._victims.pop(random.choice(list(self._victims)))
        with suppress(ProcessLookupError):  # it has died of something else in this instant
            os.kill(pid, signal.SIGKILL)
            self.kills += 1
