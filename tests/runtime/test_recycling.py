"""An actor that has worked for long enough is started anew, and nothing is lost by that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from actors import Actor, ActorSystem, End, Supervisor, child
from actors.events import ActorCrashed, ActorRecycled, ActorRestarted, DeadLetter
from support.cast import Pid


class Worker(Actor):
    """Writes numbers into a book, and grows when it is told to."""

    def __init__(self, book: Path) -> None:
        self.book = book.open("a")
        self.held: list[bytes] = []

    def receive(self, message: Any) -> Any:
        match message:
            case int():
                self.book.write(f"{message} ")
                self.book.flush()
            case "grow":
                self.held.append(b"x" * (150 << 20))
            case Pid():
                return os.getpid()
            case _:
                return message
        return None


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book"


def test_after_so_many_messages_it_is_another_and_the_waiting_mail_is_handled_once(
    system: ActorSystem, book: Path
) -> None:
    events = system.events()
    family = child(Supervisor, child(Worker, book).options(name="worker", max_messages=10), max_restarts=0)
    system.spawn(family, name="family")
    worker = system.ref("family/worker")
    for number in range(60):
        worker.tell(number)
    assert worker.ask("done", timeout=20) == "done"
    assert book.read_text().split() == [str(number) for number in range(60)]
    exits = system.exits("family/worker")
    assert [why.end for why in exits] == [End.RECYCLED], "of those in a row the latest"
    assert exits[0].restarts >= 5
    system.stop()
    told = list(events)
    assert not [event for event in told if isinstance(event, ActorCrashed | DeadLetter)]
    recycled = [event for event in told if isinstance(event, ActorRecycled)]
    assert len(recycled) >= 5
    assert len([event for event in told if isinstance(event, ActorRestarted)]) == len(recycled)
    assert str(recycled[0].reason).endswith("messages (max_messages)")


def test_with_too_much_memory_it_is_another_after_the_message_in_hand(
    system: ActorSystem, book: Path
) -> None:
    worker = system.spawn(child(Worker, book).options(max_memory=130 << 20), name="worker")
    pid = worker.ask(Pid())
    assert worker.ask("stays") == "stays"
    assert worker.ask(Pid()) == pid
    worker.tell("grow")
    assert worker.ask(Pid(), timeout=20) != pid
    (why,) = system.exits("worker")
    assert why.end is End.RECYCLED
    assert "MiB of memory (max_memory)" in str(why)


def test_at_a_great_age_an_idle_actor_is_another(system: ActorSystem, book: Path) -> None:
    events = system.events()
    worker = system.spawn(child(Worker, book).options(max_age=0.2), name="worker")
    next(event for event in events if isinstance(event, ActorRestarted))
    assert worker.ask("there") == "there"
    assert system.exits("worker")[0].end is End.RECYCLED
