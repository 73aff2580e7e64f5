"""Patience: how a coroutine waits for what no descriptor tells."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final, TypeVar

from actors.core.errors import MailboxFull
from actors.runtime.interregnum import Interregnum

T = TypeVar("T")

_RETRY: Final = 0.005


async def patiently(attempt: Callable[[], T], deadline: float) -> T:
    """What `attempt` returns, which is made again while there is no room in a mailbox, or no guardian.

    From the `deadline` (monotonic) on its error is raised.
    """
    while True:
        late = not time.monotonic() < deadline  # so that nan is, too
        try:
            return attempt()
        except (MailboxFull, Interregnum):
            if late:
                raise
        await asyncio.sleep(min(_RETRY, max(0.0, deadline - time.monotonic())))
