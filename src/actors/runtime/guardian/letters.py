"""Dead letters, as the guardian tells of them: a flood one by one only at its beginning."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from actors.core.events import DeadLetter, Event
from actors.runtime.flood import WINDOW, Flood
from actors.runtime.guardian.loop import Loop, Timer

_SHOWN: Final = 1024
"""How many bytes of a message a dead letter shows."""


class Letters:
    """Publishes the dead letters that arise in the guardian."""

    def __init__(self, loop: Loop, publish: Callable[[Event], None]) -> None:
        self._loop = loop
        self._publish = publish
        self._flood = Flood()
        self._telling: Timer | None = None

    def post(self, receiver: str, sender: str, cause: str, message: bytes, count: int = 1) -> None:
        """Tell of messages that were not handled to their end, or count them."""
        if self._flood.admit(count, time.monotonic()):
            shown = message[:_SHOWN]
            self._publish(
                DeadLetter(receiver=receiver, sender=sender, cause=cause, message=shown, count=count)
            )
        elif self._telling is None:
            self._telling = self._loop.call_later(WINDOW, self.tell_of_flood)

    def tell_of_flood(self) -> None:
        """Publish those that have merely been counted, as a count."""
        self._telling = None
        count = self._flood.release()
        if count:
            cause = "more than were told one by one"
            self._publish(DeadLetter(receiver="", sender="", cause=cause, message=b"", count=count))
