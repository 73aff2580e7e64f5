"""The intake: it makes of bytes that have come for an actor the message in its hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from actors.core import envelope
from actors.core.codec.wire import FAULTS
from actors.core.envelope import SENDERS, Kind
from actors.core.errors import DecodeError
from actors.runtime.asking import ASKING
from actors.runtime.endpoint import Endpoint
from actors.runtime.hand import Hand
from actors.runtime.series import LONGEST, AllSeries, Series

_LAST: Final = int(Kind.LAST)
_ORIGIN: Final = envelope.ORIGIN
_read_number: Final = envelope.read_number


class Intake:
    """Takes up one message after another.

    Refuses bytes that are none, and questions nobody waits for.
    """

    def __init__(self, endpoint: Endpoint, *, on_last: Callable[[], None], once: bool) -> None:
        """`on_last` is called when the message after which the actor is to stop has come.

        `once` says that no message comes again, as one does that is retried.
        """
        self.hand: Hand | None = None
        """The message that is being handled."""
        self._series: Series | None = None
        """That of the message before; mostly the next one is of it, too."""
        self._all_series = AllSeries()
        self._endpoint = endpoint
        self._alone = (endpoint.address,)
        self._on_last = on_last
        self._once = once

    def take_up_parts(self, data: bytes, segments: Sequence[bytes]) -> Hand | None:
        """`take_up` a message of any size, with its segments."""
        return self._open(data, segments) if segments or len(data) > LONGEST else self.take_up(data)

    def take_up(self, data: bytes) -> Hand | None:
        """The message in hand, or None if it is not one to be handled. It may be of a series."""
        series = self._series
        if series is None or not data.startswith(series.common, _ORIGIN):
            series = self._series = self._all_series.find(data)
            if series is None:
                return self._open(data, ())
            ASKING.set(series.asking)
        hand = series.hand
        if series.asks:
            hand.number, deadline = _read_number(data)
            hand.deadline = deadline
            if deadline < time.monotonic():
                return self._open(data, ())
            hand.owes = True
        load = series.load  # looked up in half the time, as it is no method
        try:
            hand.message = load(data[series.start :])
        except FAULTS:  # the general way finds it again, or another way
            return self._open(data, ())
        hand.data = data
        self.hand = hand
        return hand

    def refuse(self, cause: str, data: bytes, sender: str = "") -> None:
        """Make a dead letter of what cannot be handled."""
        self._endpoint.reports.make(self._endpoint.address.path, sender, cause, data)

    def _open(self, data: bytes, segments: Sequence[bytes]) -> Hand | None:
        try:
            mail = envelope.open_mail(data)
            SENDERS[mail.sender]
        except ValueError as error:
            self.refuse(str(error), data)
            return None
        if mail.kind == _LAST:
            self._on_last()
            return None
        if mail.deadline and mail.deadline < time.monotonic():
            self.refuse("nobody waits for its reply any more", mail.body, envelope.path_of(mail.sender))
            return None
        try:
            message = self._endpoint.codec.decode(mail.body, segments)
        except DecodeError as error:
            Hand(self._endpoint, mail, data, segments, None).reject(f"cannot be decoded: {error}")
            return None
        asking = (*mail.chain, self._endpoint.address) if mail.chain else self._alone
        ASKING.set(asking)
        self.hand = hand = Hand(self._endpoint, mail, data, segments, message, once=self._once)
        if segments or len(data) > LONGEST:
            self._series = None
        else:
            self._series = self._all_series.add(hand, asking, self._endpoint.codec)
        return hand
