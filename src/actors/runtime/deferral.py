"""Deferrals: questions whose replies an actor has put off."""

from __future__ import annotations

import threading
import time
import weakref
from contextlib import suppress
from typing import Any

from actors.core.demand import TEXT
from actors.core.envelope import REPLY, Outcome
from actors.core.reason import ExitReason
from actors.runtime.conclusion import by_death
from actors.runtime.endpoint import Endpoint
from actors.runtime.hand import Hand


class Deferral:
    """A reply to come. The `Deferred` of a `Context`."""

    __slots__ = ("__weakref__", "_deadline", "_endpoint", "_number", "_owed", "_sender")

    def __init__(self, endpoint: Endpoint, hand: Hand) -> None:
        """Take the question over from the hand."""
        self._endpoint = endpoint
        self._sender, self._number, self._deadline = hand.question
        self._owed = threading.Lock()
        """Held from the reply on; or from the beginning, if nothing was asked."""
        if hand.owes:
            hand.owes = False
        else:
            self._owed.acquire()

    @property
    def expected(self) -> bool:
        """Whether somebody still waits for the reply, as far as is known here."""
        return not self._owed.locked() and time.monotonic() < self._deadline

    def reply(self, value: Any) -> None:
        """End the ask with a value. Only the first end counts."""
        self.finish(REPLY, value)

    def reject(self, why: str) -> None:
        """End the ask with `Rejected`. Only the first end counts."""
        self.finish(Outcome.REJECTED, TEXT.check("why", why))

    def finish(self, outcome: Outcome, value: Any) -> None:
        """End the ask once. Raises `EncodeError` for a value that cannot travel, and it has not ended."""
        if not self._owed.acquire(blocking=False):
            return
        try:
            self._endpoint.answer(self._sender, self._number, outcome, value)
        except BaseException:
            self._owed.release()
            raise


class Deferrals:
    """Those of one incarnation that are still held by somebody."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._known = weakref.WeakSet[Deferral]()

    def add(self, hand: Hand) -> Deferral:
        """Put off the reply to the message in hand."""
        deferral = Deferral(self._endpoint, hand)
        self._known.add(deferral)
        return deferral

    def end(self, why: ExitReason) -> None:
        """The actor ends: whoever waits for a reply is told so, unless there is no descriptor for that."""
        outcome, value = by_death(why) if why.abnormal else (Outcome.STOPPED, True)
        for deferral in tuple(self._known):
            with suppress(OSError):
                deferral.finish(outcome, value)
