"""Wear: when an actor has worked for long enough and is recycled."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Final

from actors.core.reason import End, ExitReason
from actors.core.terms import Terms
from actors.runtime.descriptor import Descriptor

_SPREAD: Final = 0.1
"""By up to which share a limit is lowered by chance, so that not all reach it together."""
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_LONGEST: Final = 256


class Wear:
    """Counts what the limits in an actor's terms are about."""

    def __init__(self, terms: Terms, chance: Callable[[], float] = random.random) -> None:
        share = 1 - _SPREAD * chance()
        self.max_age = None if terms.max_age is None else terms.max_age * share
        """After how many seconds this process is old."""
        self._max_messages = terms.max_messages and max(1, round(terms.max_messages * share))
        self._max_memory = terms.max_memory
        self._messages = 0
        self._statm: Descriptor | None = None
        if self._max_memory is not None:
            self._statm = Descriptor(os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC))

    def after_message(self) -> ExitReason | None:
        """Why the actor is recycled after the message that it has just handled; None if it is not."""
        self._messages += 1
        if self._max_messages and self._messages >= self._max_messages:
            return _recycled(f"it had handled {self._messages} messages (max_messages)")
        if self._statm is not None and self._max_memory is not None:
            used = int(os.pread(self._statm.number, _LONGEST, 0).split()[1]) * _PAGE
            if used > self._max_memory:
                mib = used / (1 << 20)
                return _recycled(f"its process had come to {mib:.0f} MiB of memory (max_memory)")
        return None

    def when_old(self) -> ExitReason:
        """Why it is recycled at its greatest age."""
        return _recycled(f"its process was {self.max_age:.4g} s old (max_age)")


def _recycled(text: str) -> ExitReason:
    return ExitReason(end=End.RECYCLED, text=text)
