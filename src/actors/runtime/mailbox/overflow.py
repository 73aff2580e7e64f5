"""Overflow: the messages that wait in a sender, in order, because a pipe is full."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import repeat, starmap
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


Entry = tuple[Item, int, int]
"""An item, and where what it costs begins and ends, counted from any point before."""


class Overflow:
    """A queue of items that knows how much memory they take.

    Not thread-safe, but a signal handler may append at any time: so nothing here iterates. One that raises
    leaves nothing wrong for long: all numbers follow from the `items`.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.items: deque[Entry] = deque()
        """Read it only to see whether it is empty, which costs less than `len`."""
        self._counted = 0
        """How many of them the backlog has counted."""
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
        cost, items = KEEPING + size, self.items
        begin = items[-1][2] if items else 0  # no call from here to `append`, so no signal handler
        items.append((item, begin, begin + cost))
        self._count()

    def remove(self, item: Item) -> None:
        """Remove an item that was just added."""
        items = self.items
        at = len(items) - 1
        while items[at][0] is not item:
            at -= 1
        del items[at]
        self._count()

    def take(self, count: int) -> Iterator[Entry]:
        """Remove the first so many entries, once it is iterated; `settle` is to follow."""
        return starmap(self.items.popleft, repeat((), count))

    def put_back(self, taken: Sequence[Entry]) -> None:
        """Have what was taken be the first again."""
        self.items.extendleft(reversed(taken))

    def settle(self) -> None:
        """Take note that some have been taken."""
        self._count()
        self._moved = monotonic()

    def head(self) -> tuple[Item, int]:
        """The first item, and how many it stands for: frames that one atomic write takes are joined."""
        first = self.items[0][0]
        if not isinstance(first, bytes):
            return first, 1
        items, frames, length = self.items, [first], len(first)
        while len(frames) < len(items):
            following = items[len(frames)][0]
            if not isinstance(following, bytes) or length + len(following) > frame.PIPE_BUF:
                break
            frames.append(following)
            length += len(following)
        return b"".join(frames), len(frames)

    def clear(self) -> Sequence[Item]:
        """Remove everything, and return it."""
        items, self.items = self.items, deque()
        self._count()
        return [item for item, _, _ in items]

    @property
    def _bytes(self) -> int:
        try:
            return self.items[-1][2] - self.items[0][1]
        except IndexError:
            return 0

    def _count(self) -> None:
        """Have the backlog count what waits, and what a handler that puts adds meanwhile."""
        while (count := len(self.items)) != self._counted:
            BACKLOG.count[0] += count - self._counted  # no call from here, so no other thread
            self._counted = count
