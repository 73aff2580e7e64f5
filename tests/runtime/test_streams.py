"""Tells that follow one another: each is taken for itself, whoever sent the one before."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from actors import Actor, ActorRef, ActorSystem, ExitReason, Mailbox, Message, child
from actors.events import DeadLetter, Unhandled

LARGE = 300_000
"""More bytes than travel in one piece with their message."""


class Note(Message):
    number: int
    data: bytes = b""


class Notes(Actor):
    """Writes down what comes, and from whom."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def receive(self, message: Any) -> Any:
        match message:
            case Note():
                sender = self.context.sender
                self.seen.append((message.number, len(message.data), sender and sender.path))
            case "refuse":
                self.context.unhandled()
            case _:
                return self.seen
        return None


class Relay(Actor):
    """Passes on what comes, or asks another one."""

    def __init__(self, to: ActorRef) -> None:
        self.to = to
        self.answers: list[Any] = []

    def receive(self, message: Any) -> Any:
        match message:
            case Note():
                self.context.forward(self.to)
            case ("ask", ActorRef() as other, question):
                self.answers.append(other.ask(question))
            case _:
                return self.answers
        return None


class Perpetual(Actor):
    """Always has mail, as each number is followed by another that it tells itself."""

    def __init__(self, box: str) -> None:
        self.box = Mailbox.attach(box)
        self.stopping = False

    def receive(self, message: Any) -> Any:
        if self.stopping:
            self.box.put("too late")
        match message:
            case int():
                self.context.ref.tell(message + 1)
                if message == 100:
                    self.box.put("well under way")
            case "stop":
                self.stopping = True
                self.context.stop()
            case "set an alarm":
                self.context.send_after(0, "ring")
            case text:
                self.box.put(text)
        return None

    def on_stop(self, reason: ExitReason) -> None:
        self.box.put("stopped")


class AsyncNotes(Notes):
    async def on_start(self) -> None:
        """Make the actor asynchronous."""


class Writer(Actor):
    def __init__(self, to: ActorRef) -> None:
        self.to = to

    def receive(self, message: Any) -> None:
        for number in message:
            self.to.tell(Note(number=number))


class Forgetful(Actor):
    """Says in a mailbox when a message is no more."""

    def __init__(self, box: str) -> None:
        self.box = Mailbox.attach(box)

    def receive(self, message: Note) -> None:
        weakref.finalize(message, self.box.put, message.number)


class Page(Message):
    notes: list[Note]


class Keeper(Actor):
    def __init__(self) -> None:
        self.kept: list[Any] = []

    def receive(self, message: Any) -> Any:
        if message == "kept":
            return self.kept
        self.kept.append(message)
        return None


class AsyncKeeper(Keeper):
    async def on_start(self) -> None:
        """Make the actor asynchronous."""


def define(later: bool) -> type[Message]:
    """One class or another, under the same tag."""

    class Defined(Message, tag="defined"):
        number: int

        @property
        def later(self) -> bool:
            return later

    return Defined


class Definer(Actor):
    """Says of each message of the class above by which of its definitions it was made."""

    def __init__(self) -> None:
        self.seen: list[bool] = []
        define(later=False)

    def receive(self, message: Any) -> Any:
        match message:
            case "seen":
                return self.seen
            case _:
                self.seen.append(message.later)
                if message.number == 2:
                    define(later=True)
        return None


either = pytest.mark.parametrize("kind", [Notes, AsyncNotes])


def numbers(seen: Sequence[Sequence[Any]]) -> list[int]:
    return [note[0] for note in seen]


@either
def test_the_sender_is_that_of_each(system: ActorSystem, kind: type[Notes]) -> None:
    notes = system.spawn(kind, name="notes")
    ada, bob = (system.spawn(child(Writer, notes), name=name) for name in ("ada", "bob"))
    sent = [(ada, "ada"), (ada, "ada"), (bob, "bob"), (ada, "ada"), (notes, None), (bob, "bob")]
    expected: list[Any] = []
    for round_, (sender, name) in enumerate(sent):
        first = 3 * round_
        if name is None:
            for number in range(first, first + 3):
                notes.tell(Note(number=number))
        else:
            sender.tell([first, first + 1, first + 2])
        expected += [(number, 0, name) for number in range(first, first + 3)]
        while len(notes.ask("seen")) < len(expected):
            pass
    assert notes.ask("seen") == expected


@either
def test_large_and_small_ones_may_alternate(system: ActorSystem, kind: type[Notes]) -> None:
    notes = system.spawn(kind)
    sizes = [0, 0, LARGE, 0, 10_000, 10_000, 0, LARGE, LARGE, 0]
    for number, size in enumerate(sizes):
        notes.tell(Note(number=number, data=bytes(size)))
    assert notes.ask("seen") == [(number, size, None) for number, size in enumerate(sizes)]


@either
def test_one_that_cannot_be_decoded_is_a_dead_letter_between_the_others(
    system: ActorSystem, kind: type[Notes]
) -> None:
    notes = system.spawn(kind)

    class Unheard(Message):
        """Known to the sender alone."""

    events = system.events()
    for number in range(3):
        notes.tell(Note(number=number))
        notes.tell(Unheard())
    assert numbers(notes.ask("seen")) == [0, 1, 2]
    system.stop()
    assert sum("cannot be decoded" in event.cause for event in events if isinstance(event, DeadLetter)) == 3


@either
def test_each_is_refused_as_itself(system: ActorSystem, kind: type[Notes]) -> None:
    notes = system.spawn(kind)
    events = system.events()
    for number in range(3):
        notes.tell(Note(number=number))
        notes.tell("refuse")
    notes.ask("seen")
    system.stop()
    assert sum(isinstance(event, Unhandled) for event in events) == 3


def test_each_is_forwarded_as_itself(system: ActorSystem) -> None:
    notes = system.spawn(Notes)
    relay = system.spawn(child(Relay, notes))
    sizes = [0, LARGE, 0, 10_000, LARGE + 1, 0]
    for number, size in enumerate(sizes):
        relay.tell(Note(number=number, data=bytes(size)))
    relay.ask("done?")
    assert notes.ask("seen") == [(number, size, None) for number, size in enumerate(sizes)]


def test_who_waited_for_a_question_between_them_does_not_wait_for_the_next(system: ActorSystem) -> None:
    notes = system.spawn(Notes)
    first, second = (system.spawn(child(Relay, notes)) for _ in range(2))
    first.tell(("ask", notes, "seen"))
    second.tell(("ask", first, "who?"))
    assert second.ask("answers") == [[[]]]
    first.tell(("ask", second, "who?"))
    assert first.ask("answers") == [[], [[[]]]]


def test_who_waited_for_one_question_does_not_wait_for_the_next(system: ActorSystem) -> None:
    notes = system.spawn(Notes)
    first, second, third = (system.spawn(child(Relay, notes)) for _ in range(3))
    first.ask(("ask", second, ("ask", notes, "seen")))
    second.ask(("ask", third, ("ask", first, "answers")))
    assert third.ask("answers") == [[None]]


def test_one_of_a_class_that_is_defined_anew_is_of_the_new_class(system: ActorSystem) -> None:
    definer = system.spawn(Definer)
    defined: Any = define(later=False)
    for number in range(1, 5):
        definer.tell(defined(number=number))
    assert definer.ask("seen") == [False, False, True, True]


@pytest.mark.parametrize("kind", [Keeper, AsyncKeeper])
def test_kinds_may_alternate(system: ActorSystem, kind: type[Keeper]) -> None:
    values: list[Any] = [
        Note(number=1),
        {"a": [1, {"b": None}]},
        "text",
        Page(notes=[Note(number=2), Note(number=3)]),
        [(3, "c")],
        Note(number=4, data=b"four"),
        {"a": 2**70, "at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"long": list(range(1000))},
        None,
        Note(number=2**70),
    ]
    keeper = system.spawn(kind)
    for value in 3 * values:
        keeper.tell(value)
    assert keeper.ask("kept") == 3 * values


def test_in_the_midst_of_them_an_actor_can_be_told_to_stop(system: ActorSystem, mailbox: Mailbox) -> None:
    perpetual = under_way(system, mailbox)
    perpetual.stop()
    assert mailbox.get(timeout=20) == "stopped"


def test_in_the_midst_of_them_an_actor_can_stop_itself(system: ActorSystem, mailbox: Mailbox) -> None:
    perpetual = under_way(system, mailbox)
    perpetual.tell("stop")
    assert mailbox.get(timeout=20) == "stopped"


def test_in_the_midst_of_them_an_alarm_rings(system: ActorSystem, mailbox: Mailbox) -> None:
    perpetual = under_way(system, mailbox)
    perpetual.tell("set an alarm")
    assert mailbox.get(timeout=20) == "ring"
    perpetual.tell("still there")
    assert mailbox.get(timeout=20) == "still there"


def under_way(system: ActorSystem, mailbox: Mailbox) -> ActorRef:
    perpetual = system.spawn(child(Perpetual, mailbox.address))
    perpetual.tell(0)
    assert mailbox.get(timeout=20) == "well under way"
    return perpetual


def test_none_is_kept_once_it_has_been_handled(system: ActorSystem, mailbox: Mailbox) -> None:
    forgetful = system.spawn(child(Forgetful, mailbox.address))
    for number in range(3):
        forgetful.tell(Note(number=number))
        assert mailbox.get(timeout=20) == number
