"""What a dead actor leaves: the message in its hand, its waiting mail, its lanes."""

from __future__ import annotations

import errno
import os
import resource
import shutil
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Final

from actors.core import envelope
from actors.core.envelope import Kind, Mail
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian.node import Node
from actors.runtime.mailbox import frame
from actors.runtime.mailbox.credit import Credits
from actors.runtime.mailbox.depot import Depot
from actors.runtime.mailbox.journal import Entry, Garbage, Journal
from actors.runtime.mailbox.layout import Layout, make_pipe
from actors.runtime.mailbox.parcel import BadParcel, Places
from actors.runtime.mailbox.status import TAKEN, Condition, Word, read_word, write_word

_SHOWN: Final = 4096
_PAGE: Final = 64 << 10
"""More than a control lane holds."""
_STACK: Final = 32_000
"""How many characters of a stack are told."""
RESERVE: Final = 64
"""How many descriptors new actors leave to the guardian."""


def found(endpoint: Endpoint, node: Node) -> None:
    """Make an actor's mailbox, or for a supervisor, which takes no messages, a mark in its place.

    Raises `OSError` if the disk is full or descriptors are scarce, and `ValueError` for a bad bound.
    """
    layout = node.layout = endpoint.site.mailbox(node.address.id)
    os.mkdir(layout.directory, 0o700)
    if node.supervises:
        os.close(os.open(endpoint.site.supervisor_mark(node.address.id), os.O_CREAT | os.O_CLOEXEC, 0o600))
        return
    node.keepers = layout.create(node.terms.mailbox_size)
    node.keepers.append(make_pipe(layout.control))
    refuse_the_last(node.keepers)


def refuse_the_last(descriptors: list[int]) -> None:
    """Raise `OSError` if few descriptors are left: the guardian needs some to see to those it has."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if max(descriptors) > limit - RESERVE:
        raise OSError(errno.EMFILE, f"the guardian may have {limit} descriptors (ulimit -n)")


def holds(node: Node) -> bool:
    """Whether a dead actor has a message in hand; cheaper than to open it."""
    return bool(read(node, Word.CURSOR) & TAKEN)


@contextmanager
def hand(node: Node) -> Generator[DeadHand]:
    """Open the hand of a dead actor."""
    with closing(Journal(node.layout.journal, node.keepers[0])) as journal:
        yield DeadHand(journal, node.layout, node)


class DeadHand:
    """What a dead actor has in hand: `empty` it, or `put_back` what is in it."""

    def __init__(self, journal: Journal, layout: Layout, node: Node) -> None:
        self._journal = journal
        self._layout = layout
        self._node = node
        self.mail: Mail | None = None
        """The message, of a large one the beginning; None if there was none."""
        if journal.taken:
            self.mail = _look(journal.take(), layout)
            if self.mail is None:
                self.empty()

    @property
    def deaths(self) -> int:
        """How many times the actor has died of the message, as far as that was written down."""
        return self._journal.deaths

    def blame(self) -> None:
        """Write down that the actor has died of the message once more."""
        self._journal.blame()

    def put_back(self) -> None:
        """Have the next incarnation take the message again."""
        self._journal.put_back()

    def empty(self) -> None:
        """The message has been dealt with."""
        counted = self._journal.counted
        _drop(self._journal, self._layout)
        if counted and self._node.terms.mailbox_size:
            with closing(Credits(self._layout.credits, self._node.terms.mailbox_size)) as places:
                places.give()


def waiting(node: Node) -> Iterator[tuple[Mail, bool]]:
    """Take out all that waits for an actor which is gone for good; nothing can come after it.

    With each message comes whether it has been in hand before, and so may have been handled in part.
    """
    layout = node.layout
    with closing(Journal(layout.journal, node.keepers[0])) as journal:
        journal.words[Word.GONE] = 1
        while not journal.drained() or journal.refill():
            mail, tried = _look(journal.take(), layout), journal.tried
            _drop(journal, layout)
            if mail is not None and mail.kind != Kind.LAST:
                yield mail, tried


def clear(endpoint: Endpoint, node: Node) -> None:
    """Remove the lanes of an incarnation that has ended."""
    endpoint.site.replies(node.address.id, node.incarnation).remove()


def remove(endpoint: Endpoint, node: Node) -> None:
    """Remove an actor's mailbox, and its record."""
    with suppress(FileNotFoundError):
        os.unlink(endpoint.site.record(node.address.id))
    for keeper in node.keepers:
        os.close(keeper)
    node.keepers = []
    shutil.rmtree(node.layout.directory, ignore_errors=True)
    shutil.rmtree(node.layout.places.spill, ignore_errors=True)


def command_stop(node: Node, directive: bytes) -> None:
    """Put a directive into an actor's control lane."""
    with suppress(BlockingIOError):  # what has filled it is no concern of ours: its time runs all the same
        os.write(node.keepers[-1], frame.inline(directive))
    mark(node, Word.CONTROL, 1)


def forget_commands(node: Node) -> None:
    """Take back the directives that a dead incarnation has not heard: they are not for the next."""
    with suppress(BlockingIOError):
        os.read(node.keepers[-1], _PAGE)
    mark(node, Word.CONTROL, 0)


def announce_restart(node: Node) -> None:
    """Let it be seen that a node, and those below it, are down to be started again."""
    for one in node.subtree():
        if not one.supervises:
            with suppress(OSError):
                mark(one, Word.STATE, Condition.RESTARTING)


def mark(node: Node, word: Word, value: int) -> None:
    """Write a word of an actor's status page."""
    with _status_page(node.layout, os.O_WRONLY) as descriptor:
        write_word(descriptor, word, value)


def read(node: Node, word: Word) -> int:
    """Read a word of an actor's status page."""
    with _status_page(node.layout, os.O_RDONLY) as descriptor:
        return read_word(descriptor, word)


def stack(node: Node) -> str:
    """The Python stack that a process wrote down when a fault or a SIGABRT ended it; else empty."""
    try:
        with open(node.layout.stack, errors="replace") as file:
            return file.read()[-_STACK:]
    except OSError:
        return ""


@contextmanager
def _status_page(layout: Layout, flags: int) -> Generator[int]:
    descriptor = os.open(layout.journal, flags | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _look(entry: Entry | Garbage | None, layout: Layout) -> Mail | None:
    """The message of a journal's entry, of a large one the beginning; None for what is none."""
    data = entry.payload if isinstance(entry, Entry) else b""
    if isinstance(entry, Entry) and entry.kind == frame.PARCEL:
        data = _glance(layout.places, data)
    try:
        return envelope.open_mail(data)
    except ValueError:
        return None


def _drop(journal: Journal, layout: Layout) -> None:
    """Step past the message that is taken, and remove its parcel, if it has one."""
    entry = journal.take()
    if isinstance(entry, Entry) and entry.kind == frame.PARCEL:
        with suppress(BadParcel, OSError):
            Depot(layout.places).find(entry.payload).discard()
    journal.done()


def _glance(places: Places, label: bytes) -> bytes:
    try:
        return Depot(places).find(label).glance(_SHOWN)
    except (BadParcel, OSError, MemoryError):  # it cannot be shown
        return b""
