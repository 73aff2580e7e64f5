"""A message that its actor dies of: handed to the successor again, as often as ``retry`` says."""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from actors import (
    Actor,
    ActorCrashed,
    ActorRef,
    ActorStopped,
    ActorSystem,
    Backoff,
    End,
    HandlerError,
    Mailbox,
    MailboxFull,
    Message,
    Request,
    Restart,
    Strategy,
    Supervisor,
    Terminated,
    child,
)
from actors.events import ActorWaits, DeadLetter
from support.cast import Hold, Pid, Player, end, hold

WAYS = ["exception", "kill"]


class Task(Request[int]):
    """Something that the first so many who take it up die of; answered with the size of the data."""

    how: str
    deaths: int
    data: bytes = b""


class Watch(Request[None]):
    ref: ActorRef


class Note(Message):
    text: str


class Fragile(Actor):
    """Writes down what it takes up, so that it survives."""

    def __init__(self, book: Path) -> None:
        self.book = book

    def receive(self, message: Any) -> Any:
        match message:
            case Task(how=how, deaths=deaths, data=data):
                self.note("task")
                if self.book.read_text().split().count("task") <= deaths:
                    end(how)
                return len(data)
            case Note(text=text):
                self.note(text)
            case Hold(taken=taken, release=release):
                return hold(taken, release)
            case Pid():
                return os.getpid()
            case _:
                return self.book.read_text().split()
        return None

    def note(self, text: str) -> None:
        with self.book.open("a") as file:
            file.write(f"{text} ")


def number_that_fit(ref: ActorRef) -> int:
    for number in itertools.count():
        try:
            ref.tell(Note(text="waits"))
        except MailboxFull:
            return number
    raise AssertionError


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book"
    path.touch()
    return path


@pytest.mark.parametrize("how", WAYS)
def test_an_ask_is_answered_by_the_successor_and_the_order_stays(
    system: ActorSystem, book: Path, how: str
) -> None:
    events = system.events()
    fragile = system.spawn(child(Fragile, book).options(retry=2))
    fragile.tell(Note(text="before"))
    answer = fragile.ask_future(Task(how=how, deaths=2, data=b"abc"), timeout=20)
    for number in range(3):
        fragile.tell(Note(text=f"{number}"))
    assert answer.result(20) == 3
    assert fragile.ask("all") == ["before", "task", "task", "task", "0", "1", "2"]
    system.stop()
    assert not [event for event in events if isinstance(event, DeadLetter)]


@pytest.mark.parametrize("how", WAYS)
def test_after_one_death_more_it_is_set_aside_and_the_actor_goes_on(
    system: ActorSystem, book: Path, how: str
) -> None:
    events = system.events()
    fragile = system.spawn(child(Fragile, book).options(retry=1))
    answer = fragile.ask_future(Task(how=how, deaths=99), timeout=20)
    fragile.tell(Note(text="after"))
    error = answer.exception(20)
    assert fragile.ask("all") == ["task", "task", "after"]
    match error:
        case HandlerError():
            assert (how, error.type) == ("exception", "RuntimeError")
            assert "the test said so" in error.traceback
        case ActorCrashed():
            assert (how, error.reason.end) == ("kill", End.SIGNAL)
        case _:
            raise AssertionError(error)
    letter = next(event for event in events if isinstance(event, DeadLetter))
    assert letter.cause.startswith("set aside: the actor has died of it 2 times: ")
    assert isinstance(events.decode(letter.message), Task)


def test_without_retry_it_is_lost_at_the_first_death(system: ActorSystem, book: Path) -> None:
    fragile = system.spawn(child(Fragile, book))
    with pytest.raises(ActorCrashed):
        fragile.ask(Task(how="kill", deaths=1))
    assert fragile.ask("all") == ["task"]


def test_each_message_has_tries_of_its_own(system: ActorSystem, book: Path) -> None:
    fragile = system.spawn(child(Fragile, book).options(retry=1))
    for deaths in (1, 3, 5):
        assert fragile.ask(Task(how="kill", deaths=deaths), timeout=20) == 0
    assert fragile.ask("all") == ["task"] * 6


@pytest.mark.parametrize(("how", "error"), [("exception", HandlerError), ("kill", ActorCrashed)])
def test_who_asked_what_an_actor_has_died_of_for_good_is_told_of_that_death(
    system: ActorSystem, book: Path, how: str, error: type[Exception]
) -> None:
    fragile = system.spawn(child(Fragile, book).options(retry=5, restart=Restart.TEMPORARY))
    with pytest.raises(error):
        fragile.ask(Task(how=how, deaths=1))


def test_who_asked_what_an_actor_had_died_of_before_its_stop_is_told_of_that_death(
    system: ActorSystem, book: Path
) -> None:
    fragile = system.spawn(
        child(Fragile, book).options(retry=5, backoff=Backoff(initial=60.0, maximum=60.0))
    )
    events = system.events()
    answer = fragile.ask_future(Task(how="kill", deaths=1), timeout=60)
    next(event for event in events if isinstance(event, ActorWaits))
    unheard = fragile.ask_future("all", timeout=60)
    fragile.stop()
    assert isinstance(answer.exception(20), ActorCrashed)
    stopped = unheard.exception(20)
    assert isinstance(stopped, ActorStopped)
    assert not stopped.may_have_run


@pytest.mark.parametrize("deaths", [1, 99], ids=["handled", "set aside"])
def test_a_large_message_is_handed_on_whole_and_its_file_removed(
    system: ActorSystem, book: Path, deaths: int
) -> None:
    fragile = system.spawn(child(Fragile, book).options(retry=1))
    answer = fragile.ask_future(Task(how="kill", deaths=deaths, data=b"x" * 300_000), timeout=20)
    if deaths == 1:
        assert answer.result(20) == 300_000
    else:
        assert isinstance(answer.exception(20), ActorCrashed)
    fragile.ask("all")
    while _largest(system.directory / str(fragile.address.id)) > 100_000:  # it is kept for a moment
        os.sched_yield()


def _largest(mailbox: Path) -> int:
    """How large the largest file of a mailbox is, without the journal."""
    sizes = [0]
    for path in mailbox.rglob("*"):
        with suppress(FileNotFoundError):
            if path.is_file() and path.name != "journal":
                sizes.append(path.stat().st_size)
    return max(sizes)


def test_the_places_of_a_bounded_mailbox_are_all_given_back(
    system: ActorSystem, book: Path, tmp_path: Path
) -> None:
    fragile = system.spawn(child(Fragile, book).options(retry=1, mailbox_size=3))
    assert fragile.ask(Task(how="kill", deaths=1), timeout=20) == 0
    with pytest.raises(ActorCrashed):
        fragile.ask(Task(how="kill", deaths=99), timeout=20)
    taken, gate = Mailbox(), Mailbox()
    try:
        held = fragile.ask_future(Hold(taken=taken.address, release=gate.address), timeout=20)
        taken.get(timeout=20)
        assert number_that_fit(fragile) in (2, 3), "the one in hand may have its place or not"
        gate.put("go")
        assert held.result(20) == "go"
        fragile.tell(Note(text="comes in time"), timeout=20)
    finally:
        taken.close()
        gate.close()


class Mourner(Fragile):
    """Watches whom it is told of, and dies of the news of an end as of a task."""

    def __init__(self, book: Path, deaths: int) -> None:
        super().__init__(book)
        self.deaths = deaths

    def receive(self, message: Any) -> Any:
        match message:
            case Watch(ref=ref):
                return self.context.watch(ref)
            case Terminated():
                return super().receive(Task(how="kill", deaths=self.deaths))
            case _:
                return super().receive(message)


@pytest.mark.parametrize("deaths", [1, 99], ids=["handled", "set aside"])
def test_what_came_beyond_the_bound_and_is_tried_again_gives_no_place_back(
    system: ActorSystem, book: Path, mailbox: Mailbox, gate: Mailbox, deaths: int
) -> None:
    player = system.spawn(Player)
    mourner = system.spawn(child(Mourner, book, deaths).options(retry=1, mailbox_size=2))
    mourner.ask(Watch(ref=player))
    held = Hold(taken=mailbox.address, release=gate.address)
    for _ in range(2):  # the first is in hand, the other waits
        mourner.tell(held, timeout=20)
    mailbox.get(timeout=20)
    player.stop()
    player.join(10)
    system.children()  # the news has been sent
    gate.put("go")
    mailbox.get(timeout=20)
    mourner.tell(held)
    gate.put("go")
    mailbox.get(timeout=20)
    assert book.read_text().split() == ["task", "task"]
    assert number_that_fit(mourner) == 1
    gate.put("go")


def test_a_group_restart_does_not_count(system: ActorSystem, book: Path) -> None:
    """The first death is its own. The message waits with it until its group is restarted."""
    family = child(
        Supervisor,
        child(Player).options(name="first"),
        child(Fragile, book).options(
            name="fragile", retry=1, backoff=Backoff(initial=1_000, maximum=1_000)
        ),
        strategy=Strategy.REST_FOR_ONE,
    )
    system.spawn(family, name="family")
    first, fragile, events = system.ref("family/first"), system.ref("family/fragile"), system.events()
    answer = fragile.ask_future(Task(how="kill", deaths=1), timeout=20)
    fragile.tell(Note(text="after"))
    next(event for event in events if isinstance(event, ActorWaits))
    os.kill(first.ask(Pid()), 9)
    assert answer.result(20) == 0
    assert fragile.ask("all") == ["task", "task", "after"]


def test_a_message_that_a_group_restart_cuts_off_is_tried_again_however_often(
    system: ActorSystem, book: Path
) -> None:
    family = child(
        Supervisor,
        child(Player).options(name="first"),
        child(Fragile, book).options(name="fragile", retry=1, shutdown=0.05),
        strategy=Strategy.REST_FOR_ONE,
        max_restarts=10,
    )
    system.spawn(family, name="family")
    first, fragile = system.ref("family/first"), system.ref("family/fragile")
    taken, gate = Mailbox(), Mailbox()
    try:
        held = fragile.ask_future(Hold(taken=taken.address, release=gate.address), timeout=50)
        for _ in range(3):
            taken.get(timeout=20)
            os.kill(first.ask(Pid()), 9)
        taken.get(timeout=20)
        gate.put("go")
        assert held.result(20) == "go"
        assert fragile.ask("all") == []
    finally:
        taken.close()
        gate.close()
