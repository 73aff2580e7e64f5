"""A rehearsal is a life up to the first reply, of which nothing stays."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType

from actors.runtime.rehearsal import rehearse
from support import forks

ACTS = {
    "Worker._start",
    "Worker._announce",
    "Reception.serve",
    "Intake.take_up",
    "Understudy.receive",
    "Hand.answer",
    "Peers.lane",
    "Pipe.write",
}


def played() -> set[str]:
    """The functions that a rehearsal calls."""
    names: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        names.add(frame.f_code.co_qualname)

    sys.setprofile(note)
    try:
        rehearse()
    finally:
        sys.setprofile(None)
    return names


def state() -> list[object]:
    """What a rehearsal could have changed for good."""
    return [
        sorted(os.listdir("/proc/self/fd")),
        signal.getsignal(signal.SIGTERM),
        signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        threading.enumerate(),
    ]


def test_all_acts_are_played() -> None:
    def play() -> None:
        assert played() >= ACTS

    assert forks.wait(forks.fork(play)) == 0


def test_nothing_of_it_stays() -> None:
    def play() -> None:
        rehearse()  # which may import something
        before = state()
        rehearse()
        assert state() == before

    assert forks.wait(forks.fork(play)) == 0
