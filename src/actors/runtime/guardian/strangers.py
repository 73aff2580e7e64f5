"""Strangers: orphans that the guardian has inherited, and that are nobody's to collect but its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

from actors.runtime.guardian.loop import Loop


class Strangers:
    """Collects the dead children of this process, but for those that are owned and collected elsewhere."""

    def __init__(self, loop: Loop, owns: Callable[[int], bool]) -> None:
        self._loop = loop
        self._owns = owns

    def collect(self) -> None:
        """Collect those that have died; to be called after each SIGCHLD."""
        while True:
            try:
                dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if dead is None:
                return
            if self._owns(dead.si_pid):  # soon collected; others may be behind it
                self._loop.call_later(0.0, self.collect)
                return
            with suppress(ChildProcessError):
                os.waitpid(dead.si_pid, os.WNOHANG)
