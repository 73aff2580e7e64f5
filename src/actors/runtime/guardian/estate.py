"""What a dead actor leaves: the message in its hand, its waiting mail, its lanes."""

from __future__ import annotations

import errno
import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Final

from actors.core import envelope
from actors.core.envelope import Kind, Mail
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian.node import Node
from actors.runtime.mailbox import frame, parcel
from actors.runtime.mailbox.credit import Credits
from actors.runtime.mailbox.journal import Entry, Journal, Word, write_word
from actors.runtime.mailbox.layout import Layout, make_pipe
from actors.runtime.mailbox.parcel import Places

_SHOWN: Final = 4096
_PAGE: Final = 64 << 10
"""More than a control lane holds."""
_RESERVE: Final = 64
"""How many descriptors new actors leave to the guardian."""


def found(endpoint: Endpoint, node: Node) -> None:
    """Make an actor's mailbox, or for a supervisor, which takes no messages, a mark in its place.

    Raises `OSError` if the disk is full or descriptors are scarce, and `ValueError` for a bad bound.
    """
    layout = endpoint.site.mailbox(node.address.id)
    layout.directory.mkdir(mode=0o700)
    if node.supervises:
        endpoint.site.supervisor_mark(node.address.id).touch(0o600)
        return
    node.keepers = layout.create(node.blueprint.mailbox_size)
    node.keepers.append(make_pipe(layout.control))
    _refuse_the_last(node.keepers)


def in_hand(endpoint: Endpoint, node: Node) -> Mail | None:
    """Take the message out of a dead actor's hand; None if there was none."""
    layout = endpoint.site.mailbox(node.address.id)
    with closing(Journal(layout.journal)) as journal:
        if not journal.taken:
            return None
        mail = _take(journal, layout)
    _give_place_back(layout, node)
    return mail


def waiting(endpoint: Endpoint, node: Node) -> Iterator[Mail]:
    """Take out all that waits for an actor which is gone for good; nothing can come after it."""
    layout = endpoint.site.mailbox(node.address.id)
    with closing(Journal(layout.journal)) as journal:
        journal.words[Word.GONE] = 1
        while not journal.drained or journal.refill(node.keepers[0]):
            mail = _take(journal, layout)
            if mail is not None and mail.kind != Kind.LAST:
                yield mail


def clear(endpoint: Endpoint, node: Node) -> None:
    """Remove the lanes of an incarnation that has ended."""
    shutil.rmtree(endpoint.site.replies(node.address.id, node.incarnation).directory, ignore_errors=True)


def remove(endpoint: Endpoint, node: Node) -> None:
    """Remove an actor's mailbox."""
    for keeper in node.keepers:
        os.close(keeper)
    node.keepers = []
    layout = endpoint.site.mailbox(node.address.id)
    shutil.rmtree(layout.directory, ignore_errors=True)
    shutil.rmtree(layout.places.spill, ignore_errors=True)


def command_stop(layout: Layout, node: Node, directive: bytes) -> None:
    """Put a directive into an actor's control lane."""
    os.write(node.keepers[-1], frame.inline(directive))
    mark(layout, Word.CONTROL, 1)


def forget_commands(layout: Layout, node: Node) -> None:
    """Take back the directives that a dead incarnation has not heard: they are not for the next."""
    with suppress(BlockingIOError):
        os.read(node.keepers[-1], _PAGE)
    mark(layout, Word.CONTROL, 0)


def mark(layout: Layout, word: Word, value: int) -> None:
    """Write a word of an actor's status page."""
    descriptor = os.open(layout.journal, os.O_WRONLY | os.O_CLOEXEC)
    try:
        write_word(descriptor, word, value)
    finally:
        os.close(descriptor)


def _refuse_the_last(descriptors: list[int]) -> None:
    """Raise `OSError` if few descriptors are left: the guardian needs some to see to those it has."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if max(descriptors) > limit - _RESERVE:
        raise OSError(errno.EMFILE, f"the guardian may have {limit} descriptors (ulimit -n)")


def _take(journal: Journal, layout: Layout) -> Mail | None:
    """The next message of the journal's batch, of a large one the beginning; None for what is none."""
    entry = journal.take()
    data = b""
    if isinstance(entry, Entry):
        data = entry.payload
        if entry.kind == frame.Kind.PARCEL:
            data = _glance(layout.places, entry.payload)
            parcel.discard(layout.places, entry.payload)
    journal.done()
    try:
        mail = envelope.open_mail(data)
    except ValueError:
        return None
    return mail


def _glance(places: Places, label: bytes) -> bytes:
    try:
        return parcel.glance(places, label, _SHOWN)
    except parcel.BadParcel:
        return b""


def _give_place_back(layout: Layout, node: Node) -> None:
    if node.blueprint.mailbox_size:
        places = Credits(layout.credits, node.blueprint.mailbox_size)
        with closing(places):
            places.give()
