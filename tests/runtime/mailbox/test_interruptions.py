"""Signal handlers that raise, as Ctrl-C does, in the midst of a put."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from actors.core.errors import MailboxFull
from actors.runtime.mailbox import frame
from actors.runtime.mailbox.backlog import BACKLOG
from actors.runtime.mailbox.drainer import Carrier, Drainer
from actors.runtime.mailbox.layout import Layout, make_pipe
from actors.runtime.mailbox.mailbox import Mailbox
from actors.runtime.mailbox.outbox import Outbox
from actors.runtime.mailbox.parcel import Places
from actors.runtime.mailbox.pipe import Pipe

PAGE = b"." * frame.ROOM
LIMIT = 20_000


class Interrupt(BaseException):
    """What the handler raises."""


def interrupt(*_: object) -> None:
    raise Interrupt


class Nobody:
    """Carries nothing: the test drains."""

    threaded = False

    def watch(self, outbox: Outbox) -> None:
        """Do nothing."""

    def forget(self, outbox: Outbox) -> None:
        """Likewise."""


def make_outbox(directory: Path, carrier: Carrier) -> tuple[Outbox, int]:
    """An outbox, and the reading end of its pipe."""
    directory.mkdir(exist_ok=True)
    reader = make_pipe(directory / "mail")
    places = Places(str(directory), str(directory / "spill"))
    pipe = Pipe.open(directory / "mail", "the mailbox")
    return Outbox(pipe, places, name="the mailbox", carrier=carrier, limit=LIMIT), reader


def fill(outbox: Outbox) -> int:
    """Put pages until no more may wait; how many do."""
    with suppress(MailboxFull):
        while True:
            outbox.put(PAGE)
    return outbox.waiting


@contextmanager
def interrupted_by_a_write(reader: int) -> Generator[None]:
    """Have the kernel send a signal with each write into a pipe, so that its handler is next to run."""
    flags = fcntl.fcntl(reader, fcntl.F_GETFL)
    before = signal.signal(signal.SIGIO, interrupt)
    fcntl.fcntl(reader, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(reader, fcntl.F_SETFL, flags | os.O_ASYNC)
    try:
        with pytest.raises(Interrupt):
            yield
    finally:
        fcntl.fcntl(reader, fcntl.F_SETFL, flags)
        signal.signal(signal.SIGIO, before)


def test_what_waits_goes_out_once_though_a_handler_raises_after_its_write(tmp_path: Path) -> None:
    outbox, reader = make_outbox(tmp_path, Nobody())
    counted = BACKLOG.count[0]
    waiting = fill(outbox)
    os.read(reader, 1 << 20)
    with interrupted_by_a_write(reader):
        outbox.drain()
    outbox.drain()
    assert len(os.read(reader, 1 << 20)) == waiting * frame.PIPE_BUF
    assert BACKLOG.count[0] == counted
    assert fill(outbox) == waiting, "as much may wait as before"
    outbox.close()
    os.close(reader)


def test_joined_messages_go_out_once_though_a_handler_raises_after_their_write(tmp_path: Path) -> None:
    outbox, reader = make_outbox(tmp_path, Nobody())
    while not outbox.waiting:
        outbox.put(PAGE)
    small = [b"%d" % number for number in range(10)]
    for message in small:
        outbox.put(message)
    outbox.put(PAGE)
    os.read(reader, 1 << 20)
    for left in (11, 1, 0):
        with interrupted_by_a_write(reader):
            outbox.drain()
        assert outbox.waiting == left
    sent = os.read(reader, 1 << 20)
    assert sent == b"".join(map(frame.inline, (PAGE, *small, PAGE)))
    outbox.close()
    os.close(reader)


def test_a_message_keeps_its_place_though_a_handler_raises_after_its_write() -> None:
    mailbox = Mailbox(2)
    pipe = os.open(Layout.at(mailbox.address, mailbox.address).mail, os.O_RDONLY | os.O_NONBLOCK)
    with interrupted_by_a_write(pipe):
        mailbox.put("first")
    assert mailbox.qsize() == 1
    mailbox.put_nowait("second")
    with pytest.raises(MailboxFull):
        mailbox.put_nowait("third")
    assert [mailbox.get(), mailbox.get()] == ["first", "second"]
    assert mailbox.qsize() == 0
    os.close(pipe)
    mailbox.close()


def test_a_message_that_was_not_put_keeps_no_place_though_a_handler_raises(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mailbox = Mailbox(1_000, overflow=0)
    monkeypatch.setattr(Outbox, "wait_for_room", interrupt)
    put = 0
    with suppress(Interrupt):
        while True:
            mailbox.put(PAGE[:3_000])
            put += 1
    assert mailbox.qsize() == put
    for _ in range(put):
        mailbox.get()
    mailbox.close()
    mailbox.join_thread()


def interrupted_once(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
    """Have a call raise, as a handler does, when it has done its work."""
    call = getattr(owner, name)

    def do_and_raise(*args: object, **options: object) -> None:
        monkeypatch.setattr(owner, name, call)
        call(*args, **options)
        raise Interrupt

    monkeypatch.setattr(owner, name, do_and_raise)


@pytest.mark.parametrize("cut", ["ring", "start", "forget"])
def test_what_others_put_is_carried_though_a_handler_raises_as_the_drainer_is_told(
    cut: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drainer = Drainer()
    first, first_reader = make_outbox(tmp_path / "first", drainer)
    second, second_reader = make_outbox(tmp_path / "second", drainer)
    if cut != "start":
        while not first.waiting:
            first.put(PAGE)
    while second.offer(PAGE):
        pass
    if cut == "start":
        interrupted_once(monkeypatch, threading.Thread, "start")
    else:
        interrupted_once(monkeypatch, os, "eventfd_write")
    if cut == "forget":
        monkeypatch.setattr(drainer, "forget", interrupt)
    with pytest.raises(Interrupt):
        second.put(PAGE)
    monkeypatch.undo()
    os.read(second_reader, 1 << 20)
    second.close()
    while not first.waiting:
        first.put(PAGE)
    os.read(first_reader, 1 << 20)
    assert first.flush(10)
    for outbox, reader in ((first, first_reader), (second, second_reader)):
        outbox.close()
        os.close(reader)
