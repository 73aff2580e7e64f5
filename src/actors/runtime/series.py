"""Series: messages from one sender that are of one kind, of which only the first is read in full.

They are alike from their envelope's origin on: the sender, who waits for the reply, and a message's tag or
the head of a list or dict. What stands before that says which question it is, if it is one.
"""

from __future__ import annotations

from typing import Final

from actors.core import envelope
from actors.core.address import Address
from actors.core.codec import Codec, wire
from actors.runtime.hand import Hand

LONGEST: Final = 256 << 10
"""How long a message of a series may be, in bytes: as long as one that travels in a slab."""
_MOST: Final = 1024
"""How many series an actor remembers."""


class Series:
    """What is known of a series. All its messages come into the same hand."""

    __slots__ = ("asking", "asks", "common", "hand", "load", "start")

    def __init__(self, common: bytes, hand: Hand, asking: tuple[Address, ...], codec: Codec) -> None:
        body = hand.body
        self.load, skipped = codec.reader(body, LONGEST)
        self.common = common
        """What stands in all its messages from the origin on."""
        self.hand = hand
        self.asks = hand.owes
        """Whether its messages are questions."""
        self.asking = asking
        """Who waits while one of them is handled, the actor itself the last."""
        self.start = len(hand.data) - len(body) + skipped
        """Where in a message of the series that is which `load` makes a value of."""


class AllSeries:
    """The series that an actor has met."""

    def __init__(self) -> None:
        self._series: dict[bytes, Series] = {}

    def find(self, data: bytes) -> Series | None:
        """That of a message, if it has been met. Any bytes may be given."""
        try:
            return self._series.get(_common(data))
        except IndexError:
            return None

    def add(self, hand: Hand, asking: tuple[Address, ...], codec: Codec) -> Series:
        """That of a message without segments."""
        if len(self._series) >= _MOST:
            self._series.clear()
        common = _common(hand.data)
        series = self._series[common] = Series(common, hand, asking, codec)
        return series


def _common(data: bytes) -> bytes:
    """What the messages of a series have in common. Raises `IndexError` for bytes that are no message."""
    return data[envelope.ORIGIN : wire.kind_end(data, envelope.origin_end(data))]
