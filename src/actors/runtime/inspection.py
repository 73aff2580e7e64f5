"""Inspection: an actor as its mailbox shows it, whatever the actor is doing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Final

from actors.core.errors import MailboxClosed, NoSuchActor
from actors.core.status import ActorState, ActorStatus
from actors.runtime import rundirectory
from actors.runtime.mailbox.credit import Credits
from actors.runtime.mailbox.journal import waiting_bytes
from actors.runtime.mailbox.layout import Layout
from actors.runtime.mailbox.pipe import Pipe
from actors.runtime.mailbox.status import TAKEN, Condition, Status, Word, unpack_cursor
from actors.runtime.site import Site

_STATES: Final = {
    Condition.STARTING: ActorState.STARTING,
    Condition.RUNNING: ActorState.RUNNING,
    Condition.RESTARTING: ActorState.RESTARTING,
}


def survey() -> Iterator[tuple[Site, list[tuple[str, ActorStatus]]]]:
    """The systems of this user that run, each with its actors by name. What has no use is removed."""
    for path in rundirectory.found():
        site = Site.at(path, rundirectory.spill_of(path))
        if rundirectory.is_held(path):
            with suppress(FileNotFoundError):  # it ends, or is a mailbox by itself
                yield site, [*_look_at(site, sorted(site.names()))]


def _look_at(site: Site, names: list[str]) -> Iterator[tuple[str, ActorStatus]]:
    for name in names:
        with suppress(NoSuchActor):  # any more
            yield name, inspect(site, site.find(name).id)


def inspect(site: Site, number: int) -> ActorStatus:
    """Look at an actor, which need not answer. A supervisor that lives is running, and no more is known."""
    layout = site.mailbox(number)
    with (
        suppress(FileNotFoundError, ValueError, MailboxClosed),  # it goes, or comes, or its guardian died
        closing(Status(layout.journal)) as status,
    ):
        if not status.words[Word.GONE]:
            return _seen(layout, status)
    if site.is_supervisor(number):
        return ActorStatus(state=ActorState.RUNNING)
    to_be_rebuilt = os.path.exists(site.record(number))
    return ActorStatus(state=ActorState.RESTARTING if to_be_rebuilt else ActorState.GONE)


def _seen(layout: Layout, status: Status) -> ActorStatus:
    words = status.words
    cursor = words[Word.CURSOR]
    position, length = unpack_cursor(cursor)
    return ActorStatus(
        state=_STATES[Condition(words[Word.STATE])],
        pid=words[Word.PROCESS] or None,
        busy=bool(cursor & TAKEN),
        waiting=length - position + _in_pipe(layout),
        messages=_messages(layout, words[Word.BOUND]),
        unsent=words[Word.WAITING],
    )


def _in_pipe(layout: Layout) -> int:
    pipe = Pipe.open(layout.mail, layout.mail)
    try:
        return waiting_bytes(pipe.fileno())
    finally:
        pipe.close()


def _messages(layout: Layout, bound: int) -> int | None:
    if not bound:
        return None
    places = Credits(layout.credits, bound)
    try:
        return max(0, bound - places.free)
    finally:
        places.close()
