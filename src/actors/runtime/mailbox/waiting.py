"""Waiting for a pipe: try, spin while spinning has been paying off, then sleep in `poll`.

A process that sleeps costs its partner the waking of an idle core (some 30 µs here); one that spins for
the few microseconds which a prompt answer takes does not. Spinning yields the processor at each turn, so
where there are more busy processes than cores it turns into queueing, and a wait that spinning would not
have shortened makes the next ones spin less: an idle process never spins twice.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterable
from typing import Final

from actors.runtime.mailbox.deadline import LONGEST

SPIN: Final = 150e-6
"""How long a wait spins at most, in seconds."""
_PROMPT: Final = 400e-6
_CONFIDENT: Final = 4
_LOOKS: Final = 4
"""How often a spinning process looks, for half a microsecond, before it yields the processor."""


class Waiter:
    """Waits until one pipe, or any of some other descriptors, is readable."""

    def __init__(
        self,
        pipe: int,
        look: Callable[[], object],
        others: Iterable[int] = (),
        on_other: Callable[[], object] | None = None,
        *,
        spin: bool = True,
    ) -> None:
        """`look` takes what waits in the pipe, and says whether anything did: looking costs no extra call.

        `on_other` is called when something else than the pipe may have become readable.
        """
        self._look = look
        self._on_other = on_other
        self._poll = select.poll()
        for descriptor in (pipe, *others):
            self._poll.register(descriptor, select.POLLIN)
        self._spin = spin
        self._confidence = 1

    def wait(self, timeout: float | None) -> bool:
        """Wait for at most `timeout` seconds (None: for ever), in one go for at most `LONGEST`.

        False if nothing was readable then; else `look` has been called, or `on_other`, or both.
        """
        if timeout is not None and timeout <= 0:
            return bool(self._poll.poll(0)) and self._wake()
        began = time.monotonic()
        if self._spin and self._confidence and self._spins(began):
            self._confidence = _CONFIDENT
            return True
        found = bool(self._poll.poll(None if timeout is None else min(timeout, LONGEST) * 1000))
        prompt = time.monotonic() - began < _PROMPT
        self._confidence = min(self._confidence + 1, _CONFIDENT) if prompt else max(self._confidence - 1, 0)
        return found and self._wake()

    def _wake(self) -> bool:
        if not self._look() and self._on_other is not None:
            self._on_other()
        return True

    def _spins(self, began: float) -> bool:
        look = self._look
        while time.monotonic() - began < SPIN:
            for _ in range(_LOOKS):
                if look():
                    return True
            os.sched_yield()
        return False
