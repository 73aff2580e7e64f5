"""The backlog: how many messages wait in this process, kept where it is found when the process is dead."""

from __future__ import annotations

from typing import Final


class Backlog:
    """Counts what waits in all overflows of a process."""

    def __init__(self) -> None:
        self.count: memoryview[int] | list[int] = [0]
        """One number. What adds to it makes no call meanwhile, so that no thread comes in between."""

    def keep_in(self, word: memoryview[int]) -> None:
        """From now on, count in the one word of some memory, beginning with 0."""
        word[0] = 0
        self.count = word

    def keep_private(self) -> None:
        """From now on, count where nobody sees it, as in a forked child, whose parent's memory it was."""
        self.count = [0]


BACKLOG: Final = Backlog()
"""That of this process."""
