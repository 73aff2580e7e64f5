"""Deadlines: when the waiting that `block` and `timeout` allow is over.

A deadline is a moment of the monotonic clock, or None for never.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Final

from actors.core.demand import no_seconds

LONGEST: Final = 86_400.0
"""How long one wait lasts at most, in seconds: what the kernel and locks can count; then wait again."""


def moment(timeout: float) -> float:
    """When so many seconds will be over; not a number are over at once. Raises `TypeError`."""
    try:
        return time.monotonic() + timeout
    except TypeError:
        raise no_seconds("timeout", timeout) from None
    except OverflowError:  # an int of more digits than a float has
        return math.copysign(math.inf, timeout > 0 or -1)


def deadline(block: bool, timeout: float | None) -> float | None:
    """The deadline of a call with these arguments."""
    if not block:
        return 0.0
    if timeout is None:
        return None
    when = moment(timeout)
    return when if when > 0.0 else 0.0  # in this order, for nan


def left(until: float | None) -> float:
    """How many seconds to wait now: up to `LONGEST`, 0 if it is over."""
    return LONGEST if until is None else min(LONGEST, max(0.0, until - time.monotonic()))


def wait_for(condition: threading.Condition, so: Callable[[], object], timeout: float | None) -> bool:
    """`Condition.wait_for`, for however many seconds: whether it is `so` by then."""
    until = deadline(True, timeout)
    while not condition.wait_for(so, left(until)):
        if over(until):
            return False
    return True


def over(until: float | None) -> bool:
    """Whether the deadline has passed."""
    return until is not None and until <= time.monotonic()
