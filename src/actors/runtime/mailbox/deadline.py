"""Deadlines: when the waiting that `block` and `timeout` allow is over.

A deadline is a moment of the monotonic clock, or None for never.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from actors.core.demand import no_seconds

LONGEST: Final = 86_400.0
"""How long one wait lasts at most, in seconds: what the kernel and locks can count; then wait again."""


def deadline(block: bool, timeout: float | None) -> float | None:
    """The deadline of a call with these arguments; not a number of seconds are none."""
    if not block:
        return 0.0
    try:
        return None if timeout is None else time.monotonic() + max(0.0, timeout)  # in this order, for nan
    except TypeError:
        raise no_seconds("timeout", timeout) from None


def left(moment: float | None) -> float:
    """How many seconds to wait now: up to `LONGEST`, 0 if it is over."""
    return LONGEST if moment is None else min(LONGEST, max(0.0, moment - time.monotonic()))


def wait_for(condition: threading.Condition, so: Callable[[], object], timeout: float | None) -> bool:
    """`Condition.wait_for`, for however many seconds: whether it is `so` by then."""
    moment = deadline(True, timeout)
    while not condition.wait_for(so, left(moment)):
        if over(moment):
            return False
    return True


def over(moment: float | None) -> bool:
    """Whether the deadline has passed."""
    return moment is not None and moment <= time.monotonic()
