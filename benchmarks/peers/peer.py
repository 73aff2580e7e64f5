"""What each peer is made to do, alike."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

import attrs

from benchmarks.measure import Figure

WAITING: Final = 10
PATIENCE: Final = 10.0


class Peer(Protocol):
    """A running system of a peer, with one actor that echoes; the caller is the system's main process."""

    def ask(self, count: int) -> Figure:
        """The time of a question and its answer, one after another."""
        ...

    def tell(self, count: int) -> Figure:
        """The time of each of so many messages until all have been handled."""
        ...

    def spawn(self, count: int) -> Figure:
        """The time from the start of an actor to its first answer."""
        ...

    def victim(self) -> Victim:
        """An actor to be killed."""
        ...

    def stop(self) -> None:
        """End the system."""
        ...


class Victim(Protocol):
    """An actor that shall be killed with a question in hand and mail waiting."""

    pid: int

    def hold(self, path: str) -> Callable[[float], object]:
        """Ask it to touch a file and then never to answer; what is returned waits for the end of that."""
        ...

    def mark(self, path: str) -> None:
        """Send it a message, upon which it appends a byte to a file."""
        ...

    def answers(self) -> object:
        """Ask it for its pid; raises whatever it does if there is no answer."""
        ...


@attrs.frozen
class Fate:
    """What became of an actor that was killed by SIGKILL with a question in hand and messages waiting."""

    sent: int
    """How many messages it could be sent while it was busy."""
    handled: int
    """How many of them were handled after all."""
    asker: str
    """How the question in hand ended."""
    took: float
    """After how many seconds."""
    restarted: bool


def meet(victim: Victim) -> Fate:
    """Kill an actor and see."""
    with tempfile.TemporaryDirectory() as directory:
        held, marks = Path(directory, "held"), Path(directory, "marks")
        ended = victim.hold(str(held))
        _within(PATIENCE, held.exists)
        sent: list[None] = []
        sender = threading.Thread(target=lambda: _send(victim, str(marks), sent), daemon=True)
        sender.start()
        sender.join(PATIENCE)
        time.sleep(0.5)  # whatever carries mail there has carried it
        accepted, began = len(sent), time.monotonic()
        os.kill(victim.pid, signal.SIGKILL)
        sender.join(PATIENCE)
        asker = _outcome(lambda: ended(PATIENCE))
        took = time.monotonic() - began
        restarted = _within(PATIENCE, lambda: _outcome(victim.answers) == "a reply")
        _within(1.0, lambda: _size(marks) == accepted)
        return Fate(accepted, _size(marks), asker, took, restarted)


def _send(victim: Victim, path: str, sent: list[None]) -> None:
    with suppress(Exception):  # a peer may find in the end that nobody is there
        for _ in range(WAITING):
            victim.mark(path)
            sent.append(None)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def hold(path: str) -> None:
    """What the actor does with the question: it stays in hand."""
    Path(path).touch()
    time.sleep(3600)


def mark(path: str) -> None:
    """What the actor does with a message that waited."""
    with Path(path).open("ab") as file:
        file.write(b".")


def _outcome(once: Callable[[], Any]) -> str:
    try:
        answer = once()
    except Exception as error:  # noqa: BLE001 (whatever a peer raises is what is to be told)
        return f"`{type(error).__name__}`"
    return "nothing" if answer is None else "a reply"


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.01)
    return held
