"""The lane for replies is made at the first ask of a process, whoever else asks meanwhile."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from actors.core.address import Address
from actors.core.envelope import Sender
from actors.core.errors import SystemStopped
from actors.runtime.asking import Asking
from actors.runtime.lane import Lane
from support.interrupts import handling_after_call


def asking_from(directory: Path) -> Asking:
    """What asks from a process that has not asked yet."""

    def replies(_number: int, _incarnation: int) -> Lane:
        return Lane.at(directory, directory / "spill")

    site = SimpleNamespace(system="system", replies=replies)
    sender = Sender(Address("system", 7, "asker"), 1).pack()
    endpoint: Any = SimpleNamespace(site=site, sender=sender)
    return Asking(endpoint, (), lambda: None)


def test_a_signal_handler_has_the_same_lane_or_is_refused_with_the_reason(tmp_path: Path) -> None:
    refused = 0
    for number in itertools.count(1):
        asking = asking_from(tmp_path / str(number))
        had: list[Any] = []

        def handle(asking: Asking = asking, had: list[Any] = had) -> None:
            try:
                had.append(asking.replies)
            except RuntimeError as error:
                had.append(str(error))

        with handling_after_call(number, Asking._make_replies.__code__, handle):  # pyright: ignore[reportPrivateUsage]
            made = asking.replies
        asking.close(SystemStopped("system", "the test is over"))
        if not had:
            assert refused
            return
        if had[0] is not made:
            refused += 1
            assert "while its thread makes its first question" in had[0]
