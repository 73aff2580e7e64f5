"""What an actor's start does must not grow with the number of actors that there are."""

from __future__ import annotations

import multiprocessing.process
import os
from typing import Any

import pytest

from actors import Actor, ActorSystem
from actors.runtime import linux, renewal
from support import forks


class Inside(Actor):
    """Tells what there was when its process was forked."""

    def receive(self, message: Any) -> Any:
        """How much the guardian had for its forks to renew, and for `multiprocessing` to look after."""
        return _seen


_seen: list[int] = []


def _look() -> None:
    renewed = renewal._known  # pyright: ignore[reportPrivateUsage]
    module: Any = multiprocessing.process
    _seen[:] = len(renewed), len(module._children)


os.register_at_fork(before=_look)


@pytest.mark.parametrize("kernel", ["new", "old"])
def test_all_descriptors_are_closed_but_those_to_be_kept(
    kernel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kernel == "old":
        monkeypatch.setattr(linux, "_CLOSE_RANGE", -1)  # no such system call
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]
    kept = {0, 1, 2, opened[3], opened[10]}

    def work() -> None:
        linux.close_all_but(kept)
        left = {number for number in range(200) if os.path.lexists(f"/proc/self/fd/{number}")}
        assert left == kept

    try:
        assert forks.wait(forks.fork(work)) == 0
    finally:
        for number in opened:
            os.close(number)


def test_a_start_finds_nothing_that_grows_with_the_number_of_actors(system: ActorSystem) -> None:
    for number in range(5):
        system.spawn(Inside, name=f"inside-{number}")
    assert system.ref("inside-4").ask("what was there?") == [0, 0]
