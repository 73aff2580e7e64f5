"""Overflow: the messages that wait in a sender, in order, because a pipe is full."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from time import monotonic
from typing import Final

from actors.runtime.mailbox import frame
from actors.runtime.mailbox.backlog import BACKLOG
from actors.runtime.mailbox.stowage import Large

KEEPING: Final = 64
"""What keeping a waiting message costs beside its own bytes, in bytes; it counts towards the limit."""

_LATELY: Final = 0.02
"""How long ago an item may have been removed, in seconds, by which items are seen to be moving."""


Item = bytes | Large
"""What is sent: the frame of a small message, or a large one."""


def opening(item: Item) -> bytes:
    """The message, or the first part of a large one."""
    return item[frame.HEAD.size :] if isinstance(item, bytes) else item.parts[0]


def size_of(item: Item) -> int:
    """How many bytes there are to send."""
    return len(item) if isinstance(item, bytes) else item.size


class Overflow:
    """A queue of items that knows how much memory they take.

    Not thread-safe, but a signal handler may append at any time: so nothing here iterates.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.items: deque[Item] = deque()
        """Read it only to see whether it is empty, which costs less than `len`."""
        self._bytes = 0
        self._moved = 0.0

    def __len__(self) -> int:
        return len(self.items)

    def __str__(self) -> str:
        return f"{self._bytes} bytes wait already (limit {self._limit})"

    def fits(self, size: int) -> bool:
        """Whether a message of this size may wait too; with nothing waiting, any may."""
        return not self.items or self._bytes + KEEPING + size <= self._limit

    @property
    def moving(self) -> bool:
        """Whether items wait, and one has lately been removed, or the first been added."""
        return bool(self.items) and monotonic() - self._moved < _LATELY

    def append(self, item: Item, size: int) -> None:
        """Add an item, of which there are so many bytes to send."""
        if not self.items:
            self._moved = monotonic()
        self.items.append(item)
        self._bytes += KEEPING + size
        BACKLOG.count[0] += 1

    def remove(self, item: Item) -> None:
        """Remove an item that was just added."""
        self.items.remove(item)
        cost = KEEPING + size_of(item)
        self._bytes -= cost
        BACKLOG.count[0] -= 1

    def pop(self, head: Item, count: int) -> None:
        """Remove what has been the `head`."""
        for _ in range(count):
            self.items.popleft()
        cost = KEEPING * count + size_of(head)
        self._bytes -= cost  # no call in here, so no signal handler
        BACKLOG.count[0] -= count
        self._moved = monotonic()

    def head(self) -> tuple[Item, int]:
        """The first item, and how many it stands for: frames that one atomic write takes are joined."""
        first = self.items[0]
        if not isinstance(first, bytes):
            return first, 1
        items, frames, length = self.items, [first], len(first)
        while len(frames) < len(items):
            following = items[len(frames)]
            if not isinstance(following, bytes) or length + len(following) > frame.PIPE_BUF:
                break
            frames.append(following)
            length += len(following)
        return b"".join(frames), len(frames)

    def clear(self) -> Sequence[Item]:
        """Remove everything, and return it."""
        items, self.items, self._bytes = self.items, deque(), 0
        count = len(items)
        BACKLOG.count[0] -= count
        return items
