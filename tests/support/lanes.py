"""Lanes: what waits in one."""

from __future__ import annotations

from collections.abc import Sequence

from actors.runtime.lane import LaneReader
from actors.runtime.mailbox.frame import Parts


def read(reader: LaneReader) -> list[Parts]:
    """Take every message that waits."""
    messages: list[Parts] = []

    def take(data: bytes, segments: Sequence[bytes]) -> None:
        messages.append((data, segments))

    assert reader.read(take) is bool(messages)
    return messages
