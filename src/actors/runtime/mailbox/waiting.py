"""Waiting for a pipe: try, spin while spinning has been paying off, then sleep in `poll`.

A process that sleeps costs its partner the waking of an idle core (some 30 µs here); one that spins for
the few microseconds which a prompt answer takes does not. Spinning yields the processor at each turn, so
where there are more busy processes than cores it turns into queueing: that is seen by a turn that takes
long, and no wait spins for some time then. A wait that spinning would not have shortened makes the next
ones spin less: an idle process never spins twice.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

from actors.runtime.deadline import LONGEST

ENVIRONMENT: Final = "ACTORS_SPIN"
"""The variable that says how long a wait spins at most, in microseconds; 0 for not at all."""
_SPIN: Final = "150"
_PROMPT: Final = 400e-6
_CONFIDENT: Final = 4
_CROWDED: Final = 20e-6
"""A turn that took so long, in seconds, has let another process run: there are more of them than cores."""
_PAUSE: Final = 1e-3
"""For how long no wait spins then, in seconds; twice as long each time, as one such turn says little."""
_LONGEST_PAUSE: Final = 0.256
_LOOKS: Final = 16
"""How often a spinning process looks, for half a microsecond, before it yields the processor: so often that
a prompt answer comes before that."""


@cache
def spin_time() -> float:
    """How long a wait of this process spins at most, in seconds. Raises `ValueError` for a bad setting."""
    setting = os.environ.get(ENVIRONMENT, _SPIN)
    try:
        spin = float(setting) / 1e6
    except ValueError:
        spin = -1.0
    if not 0 <= spin <= 1:
        raise ValueError(
            f"{ENVIRONMENT}={setting!r} is no number of microseconds from 0 to 1000000; "
            "0 turns spinning off, and without the variable it is 150"
        )
    return spin


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
        self._spin = spin_time() if spin else 0.0
        self._confidence = 1
        self.spins_from = 0.0
        """When the next wait may spin, as the cores are taken until then (monotonic)."""
        self._pause = _PAUSE

    def wait(self, timeout: float | None) -> bool:
        """Wait for at most `timeout` seconds (None: for ever), in one go for at most `LONGEST`.

        False if nothing was readable then; else `look` has been called, or `on_other`, or both.
        """
        if timeout is not None and timeout <= 0.0:
            return bool(self._poll.poll(0)) and self._wake()
        began = time.monotonic()
        if self._spin and self._confidence and began >= self.spins_from and self._spins(began):
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
        look, now, end = self._look, began, began + self._spin
        while now < end:
            for _ in range(_LOOKS):
                if look():
                    if self._pause > _PAUSE:
                        self._pause /= 2
                    return True
            before = time.monotonic()
            os.sched_yield()
            now = time.monotonic()
            if now - before > _CROWDED:
                self.spins_from = now + self._pause
                self._pause = min(2 * self._pause, _LONGEST_PAUSE)
                return False
        return False
