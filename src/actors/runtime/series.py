"""Series: tells from one sender that are of one kind, of which only the first is read in full.

They begin with the same bytes: their envelope, and then a message's tag, or the head of a list or dict.
"""

from __future__ import annotations

from typing import Final

from actors.core import envelope
from actors.core.codec import Codec, wire
from actors.core.envelope import Kind
from actors.runtime.hand import Hand

_TELL: Final = int(Kind.TELL)
_MOST: Final = 1024
"""How many series an actor remembers."""


class Series:
    """What is known of a series. All its messages come into the same hand."""

    __slots__ = ("beginning", "hand", "load", "longest", "start")

    def __init__(self, beginning: bytes, hand: Hand, codec: Codec) -> None:
        body = hand.body
        self.load, skipped, longest = codec.reader(body)
        self.beginning = beginning
        self.hand = hand
        head = len(hand.data) - len(body)
        self.start = head + skipped
        """Where in a message of the series that is which `load` makes a value of."""
        self.longest = head + longest
        """How long a message may be for `load`."""
        hand.forget()


class AllSeries:
    """The series that an actor has met."""

    def __init__(self) -> None:
        self._series: dict[bytes, Series] = {}

    def find(self, data: bytes) -> Series | None:
        """That of a message, if it has been met. Any bytes may be given."""
        try:
            return self._series.get(_beginning(data)) if data[0] == _TELL else None
        except IndexError:
            return None

    def add(self, hand: Hand, codec: Codec) -> Series:
        """That of a tell without a chain or segments."""
        if len(self._series) >= _MOST:
            self._series.clear()
        beginning = _beginning(hand.data)
        series = self._series[beginning] = Series(beginning, hand, codec)
        return series


def _beginning(data: bytes) -> bytes:
    """What a tell begins with that the others of its series do, too. Raises `IndexError` if it is none."""
    return data[: wire.kind_end(data, envelope.head_length(data))]
