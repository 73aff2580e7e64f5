"""Reports: how a process tells the guardian of messages that came to nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from actors.core.protocol import Undelivered
from actors.runtime.flood import Flood
from actors.runtime.interregnum import Interregnum

_SHOWN: Final = 1024
"""How many bytes of a message a dead letter shows."""


class Reports:
    """Makes dead letters; of a flood, and while there is no guardian, only the count is kept."""

    def __init__(self, reporter: str, tell_guardian: Callable[[Undelivered], object]) -> None:
        """`reporter` is the path of whoever reports. `tell_guardian` may raise `Interregnum`."""
        self._reporter = reporter
        self._tell_guardian = tell_guardian
        self._flood = Flood()

    def make(
        self,
        receiver: str,
        sender: str,
        cause: str,
        message: bytes,
        count: int = 1,
        *,
        unhandled: bool = False,
    ) -> None:
        """Make a dead letter, after one of those that have merely been counted."""
        if self._flood.admit(count, time.monotonic()):
            self.tell_of_flood()
            self._tell(
                Undelivered(
                    receiver=receiver,
                    sender=sender,
                    cause=cause,
                    message=message[:_SHOWN],
                    count=count,
                    unhandled=unhandled,
                )
            )

    def hold(self, count: int) -> None:
        """Merely count messages that nobody can be told of now."""
        self._flood.hold(count)

    def tell_of_flood(self) -> None:
        """Make a dead letter of those that have merely been counted."""
        count = self._flood.release()
        if count:
            cause = "more than were told one by one"
            self._tell(
                Undelivered(receiver="", sender=self._reporter, cause=cause, message=b"", count=count)
            )

    def _tell(self, said: Undelivered) -> None:
        try:
            self._tell_guardian(said)
        except Interregnum:
            self.hold(said.count)
