"""The lane for replies is made at the first ask of a process, whoever else asks meanwhile."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from actors import ActorSystem
from actors.core.address import Address
from actors.core.envelope import Sender
from actors.core.errors import SystemStopped
from actors.runtime.asking import Asking
from actors.runtime.lane import Lane
from actors.runtime.site import APPLICATION
from support import forks
from support.cast import Pid, Player
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


def test_what_forked_children_have_left_is_removed_by_the_next(system: ActorSystem) -> None:
    player = system.spawn(Player)
    player.ask(Pid())
    own = lanes(system)

    def ask() -> None:
        player.ask(Pid())
        others = lanes(system) - own
        assert len(others) == 1, others

    for _ in range(3):
        assert forks.wait(forks.fork(ask)) == 0
    assert own < lanes(system)
    player.ask(Pid())


def lanes(system: ActorSystem) -> set[str]:
    """The lanes for replies to the application and its forked children."""
    return {name for name in os.listdir(system.directory / str(APPLICATION)) if name.startswith("replies.")}
