"""The reception: what it takes before what."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from actors import Actor, ActorSystem
from actors.core import envelope, reason
from actors.core.address import Address
from actors.core.codec import Codec
from actors.core.envelope import Kind, Outcome, Sender
from actors.core.terms import Terms
from actors.runtime.asking import ASKING
from actors.runtime.endpoint import Endpoint
from actors.runtime.mailbox import frame, parcel
from actors.runtime.mailbox.journal import waiting_bytes
from actors.runtime.mailbox.layout import Layout, make_pipe
from actors.runtime.mailbox.status import TAKEN, Word
from actors.runtime.reception import Reception

SENDER = Sender(Address("system", 1, "application"), 1).pack()
ME = Address("system", 2, "notes")
OTHER = Address("system", 3, "other")
ANOTHER = Address("system", 4, "another")
PAST = 1.0
"""A moment long ago, on the machine's monotonic clock."""
LATER = time.monotonic() + 1_000


class Notes(Actor):
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def receive(self, message: Any) -> None:
        self.seen.append(message)


class Questions(Notes):
    """Answers each with itself, and notes who waits meanwhile; stops with the word."""

    def __init__(self, reception: Reception) -> None:
        super().__init__()
        self.reception = reception

    def receive(self, message: Any) -> Any:
        super().receive((message, ASKING.get()))
        if message == ["stop"]:
            self.reception.stop(reason.NORMAL)
        return message


class Ends:
    """What becomes of messages: an endpoint that writes down what it is given."""

    address = ME

    def __init__(self) -> None:
        self.codec = Codec()
        self.reports = self
        self.answers: list[tuple[int, Any]] = []
        self.dead_letters: list[str] = []

    def answer(
        self,
        _to: bytes,
        number: int,
        _outcome: Outcome,
        value: Any,
        _by: object = None,
        *,
        only: bool = False,
    ) -> None:
        self.answers.append((number, value))

    def make(self, _to: str, _sender: str, cause: str, _body: bytes) -> None:
        self.dead_letters.append(cause)


class Desk:
    """A reception, and the pipes that it reads."""

    def __init__(self, directory: Path, terms: Terms) -> None:
        layout = Layout.at(directory, directory / "spill")
        self.places = layout.places
        self.keepers = [*layout.create(0), make_pipe(layout.control)]
        self.endpoint = Ends()
        self.reception = Reception(cast("Endpoint", self.endpoint), layout, terms, fresh=True)

    def tell(self, value: Any) -> None:
        self._post(envelope.mail(Kind.TELL, SENDER), value)

    def ask(
        self, number: int, value: Any, *, deadline: float = LATER, chain: Sequence[Address] = ()
    ) -> None:
        self._post(envelope.mail(Kind.ASK, SENDER, number, deadline, tuple(chain)), value)

    def _post(self, head: bytes, value: Any) -> None:
        stream, segments = Codec().encode(value)
        message = head + stream
        if segments or len(message) > frame.ROOM:
            os.write(self.keepers[0], frame.parcel(parcel.send(self.places, [message, *segments])))
        else:
            os.write(self.keepers[0], frame.inline(message))

    def command_stop(self) -> None:
        os.write(self.keepers[1], frame.inline(b"stop"))
        self.reception.words[Word.CONTROL] = 1

    def close(self) -> None:
        del self.reception
        for keeper in self.keepers:
            os.close(keeper)


@pytest.fixture
def terms() -> Terms:
    return Terms()


@pytest.fixture
def desk(tmp_path: Path, terms: Terms) -> Iterator[Desk]:
    desk = Desk(tmp_path, terms)
    yield desk
    desk.close()


class Alarmed(Notes):
    """Sets an alarm with its first message, and stops with the third."""

    def __init__(self, reception: Reception) -> None:
        super().__init__()
        self.reception = reception

    def receive(self, message: Any) -> None:
        super().receive(message)
        if message == 1:
            self.reception.alarms.add(0, lambda: self.seen.append("ring"))
        if message == 3:
            self.reception.stop(reason.NORMAL)


def test_an_alarm_that_is_due_comes_before_mail_that_waits(desk: Desk) -> None:
    actor = Alarmed(desk.reception)
    for number in (1, 2, 3):
        desk.tell(number)
    desk.reception.serve(actor)
    assert actor.seen == [1, "ring", 2, 3]


def test_a_command_to_stop_comes_before_mail_that_waits(desk: Desk) -> None:
    actor = Notes()
    desk.tell("too late")
    desk.command_stop()
    assert desk.reception.serve(actor) == reason.SHUTDOWN
    assert not actor.seen


def test_questions_of_one_kind_are_each_answered_as_themselves(desk: Desk) -> None:
    for number in (7, 8, 2**60):
        desk.ask(number, [number])
    desk.tell([9])
    desk.ask(10, [10])
    desk.tell(["stop"])
    desk.reception.serve(Questions(desk.reception))
    assert desk.endpoint.answers == [(number, [number]) for number in (7, 8, 2**60, 10)]


def test_a_message_is_not_kept_while_others_are_served(desk: Desk) -> None:
    large = os.urandom(1_000).hex()
    desk.tell({"text": large})
    desk.tell(["stop"])
    actor = Questions(desk.reception)
    desk.reception.serve(actor)
    assert [message for message, _ in actor.seen] == [{"text": large}, ["stop"]]
    assert not holds(desk.reception, large)
    assert holds(actor, large)


def holds(root: object, text: str) -> bool:
    """Whether an object, or what it holds, has a text in it, as such or encoded."""
    met, waiting = set[int](), [root]
    while waiting:
        thing = waiting.pop()
        if id(thing) in met or isinstance(thing, type | ModuleType):
            continue
        met.add(id(thing))
        if (isinstance(thing, bytes) and text.encode() in thing) or (
            isinstance(thing, str) and text in thing
        ):
            return True
        waiting += gc.get_referents(thing)
    return False


def test_a_question_for_which_nobody_waits_any_more_is_not_handled(desk: Desk) -> None:
    desk.ask(1, ["first"], deadline=PAST)
    desk.ask(2, ["second"])
    desk.ask(3, ["third"], deadline=PAST)
    desk.ask(4, ["fourth"])
    desk.ask(5, ["stop"])
    actor = Questions(desk.reception)
    desk.reception.serve(actor)
    assert [value for [value], _ in actor.seen] == ["second", "fourth", "stop"]
    assert [number for number, _ in desk.endpoint.answers] == [2, 4, 5]
    assert desk.endpoint.dead_letters == ["nobody waits for its reply any more"] * 2


def test_while_a_question_is_handled_those_wait_who_waited_for_it(desk: Desk) -> None:
    waiting: list[tuple[Address, ...]] = [(OTHER,), (), (OTHER,), (), (ANOTHER, OTHER), (OTHER,), ()]
    for number, chain in enumerate(waiting):
        desk.ask(number, [number], chain=chain)
    desk.tell(["stop"])
    actor = Questions(desk.reception)
    desk.reception.serve(actor)
    assert [chain for _, chain in actor.seen] == [(*chain, ME) for chain in (*waiting, ())]


@pytest.mark.parametrize("size", [10_000, 300_000], ids=["long", "in parts"])
def test_a_large_question_between_others_changes_nothing_for_them(desk: Desk, size: int) -> None:
    sizes = [0, size, 0, size, size, 0]
    chains: list[tuple[Address, ...]] = [(), (OTHER,), (), (), (OTHER,), ()]
    for number, (count, chain) in enumerate(zip(sizes, chains, strict=True)):
        desk.ask(number, [number, bytes(count)], chain=chain)
    desk.tell(["stop"])
    actor = Questions(desk.reception)
    desk.reception.serve(actor)
    assert [chain for _, chain in actor.seen] == [(*chain, ME) for chain in (*chains, ())]
    assert desk.endpoint.answers == [(number, [number, bytes(count)]) for number, count in enumerate(sizes)]


class Hasty(Notes):
    """Sets an alarm with each message, and stops with the last."""

    def __init__(self, reception: Reception) -> None:
        super().__init__()
        self.reception = reception

    def receive(self, message: Any) -> None:
        self.reception.alarms.add(1_000 if message == "first" else 0, lambda: self.seen.append("ring"))
        if message == "last":
            self.reception.stop(reason.NORMAL)


@pytest.mark.parametrize("messages", [["last"], ["first", "last"]], ids=["in a run", "after another alarm"])
def test_an_alarm_that_is_due_rings_before_the_end(desk: Desk, messages: list[str]) -> None:
    actor = Hasty(desk.reception)
    for message in messages:
        desk.tell(message)
    desk.reception.serve(actor)
    assert actor.seen == ["ring"]


class Watched(Notes):
    """Notes since when each message is in its hand, and stops with the last."""

    def __init__(self, reception: Reception) -> None:
        super().__init__()
        self.reception = reception

    def receive(self, message: Any) -> None:
        super().receive(self.reception.words[Word.SINCE])
        if message == "last":
            self.reception.stop(reason.NORMAL)


@pytest.mark.parametrize("terms", [Terms(handler_timeout=1), Terms()], ids=["limited", "unlimited"])
@pytest.mark.parametrize("in_a_loop", [False, True])
def test_while_a_message_is_in_hand_it_says_since_when_if_that_is_limited(
    desk: Desk, terms: Terms, in_a_loop: bool
) -> None:
    actor, words, began = Watched(desk.reception), desk.reception.words, time.monotonic_ns()
    for message in ("first", "last"):
        desk.tell(message)
    if in_a_loop:
        asyncio.run(desk.reception.serve_async(actor))
    else:
        desk.reception.serve(actor)
    assert [since >= began for since in actor.seen] == [terms.handler_timeout is not None] * 2
    assert words[Word.SINCE] == 0


class Hoarder(Actor):
    """Leaves itself no descriptor until a task of its own has run."""

    async def receive(self, message: Any) -> Any:
        if message == "hoard":
            resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
            hoard: list[int] = []
            with suppress(OSError):
                while True:
                    hoard.append(os.open(os.devnull, os.O_RDONLY))
            self.task = asyncio.create_task(self.share(hoard))
        return len(message)

    async def share(self, hoard: list[int]) -> None:
        words = self.context._reception.words  # type: ignore[attr-defined]  # pyright: ignore
        while not words[Word.CURSOR] & TAKEN:  # the next message has not been tried
            await asyncio.sleep(0)
        for number in hoard:
            os.close(number)


def test_an_actor_whose_own_tasks_have_its_descriptors_waits_for_them(system: ActorSystem) -> None:
    hoarder = system.spawn(Hoarder)
    hoarder.tell("hoard")
    assert hoarder.ask(bytes(300_000), timeout=20) == 300_000


def test_a_poke_that_brings_nothing_is_heard_before_the_next_wait(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An alarm may ring before its thread pokes, and what stays in the pipe ends every wait at once."""
    reception, left = desk.reception, list[int]()
    poker = threading.Thread(target=reception._look_again)  # pyright: ignore[reportPrivateUsage]
    poker.start()
    poker.join()

    def wait(_timeout: float | None) -> None:
        left.append(waiting_bytes(desk.keepers[1]))
        reception.stop(reason.NORMAL)

    monkeypatch.setattr(reception._inbox, "wait", wait)  # pyright: ignore[reportPrivateUsage]
    assert waiting_bytes(desk.keepers[1]) == 1
    reception.serve(Notes())
    assert left == [0]
