"""The reception: what it takes before what."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from actors import Actor
from actors.core import envelope, reason
from actors.core.address import Address
from actors.core.codec import Codec
from actors.core.envelope import Kind, Sender
from actors.core.terms import Terms
from actors.runtime.endpoint import Endpoint
from actors.runtime.mailbox import frame
from actors.runtime.mailbox.layout import Layout, make_pipe
from actors.runtime.mailbox.status import Word
from actors.runtime.reception import Reception

TELL = envelope.mail(Kind.TELL, Sender(Address("system", 1, "application"), 1).pack())


class Notes(Actor):
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def receive(self, message: Any) -> None:
        self.seen.append(message)


class Desk:
    """A reception, and the pipes that it reads."""

    def __init__(self, directory: Path) -> None:
        layout = Layout.at(directory, directory / "spill")
        self.keepers = [*layout.create(0), make_pipe(layout.control)]
        endpoint = SimpleNamespace(address=Address("system", 2, "notes"), codec=Codec())
        self.reception = Reception(cast("Endpoint", endpoint), layout, Terms(), fresh=True)

    def tell(self, value: Any) -> None:
        os.write(self.keepers[0], frame.inline(TELL + Codec().encode(value)[0]))

    def command_stop(self) -> None:
        os.write(self.keepers[1], frame.inline(b"stop"))
        self.reception.words[Word.CONTROL] = 1

    def close(self) -> None:
        del self.reception
        for keeper in self.keepers:
            os.close(keeper)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
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
