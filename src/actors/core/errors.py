"""What can go wrong, each as a thing a caller can tell apart and act on.

Every error derives from `ActorsError`, carries its data as attributes and builds its text from them:
who, which limit, and the way out.
"""

import os
import queue

import attrs

from actors.core.address import Address
from actors.core.reason import ExitReason


class ActorsError(Exception):
    """The base of every error that this library raises on purpose."""


@attrs.define
class EncodeError(ActorsError, TypeError):
    """A value cannot travel in a message; nothing was sent."""

    place: str
    """Where in the message the value stands, e.g. ``Order.items[3].price``."""
    problem: str
    """What is wrong with it, and what would be right."""

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


@attrs.define
class DecodeError(ActorsError, ValueError):
    """Bytes that are no message: garbage, an unknown tag, a wrong shape, or over a limit."""

    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


@attrs.define
class MailboxFull(ActorsError, queue.Full):
    """The message was never delivered: the mailbox, or the sender's buffer for it, has no room."""

    receiver: str
    limit: str

    def __str__(self) -> str:
        return f"{self.receiver} has no room: {self.limit}; the message was not sent"


@attrs.define
class DiskFull(MailboxFull):
    """The message was never delivered: it is too large for what is left of either place for it."""

    main: os.PathLike[str]
    spill: os.PathLike[str]

    def __str__(self) -> str:
        return (
            f"{self.receiver} has no room: {self.limit} fit neither into {self.main} nor into "
            f"{self.spill}; the message was not sent: free some room there, or set TMPDIR"
        )


@attrs.define
class MailboxClosed(ActorsError, ValueError):
    """The mailbox is closed here, or its owner has ended it for good."""

    receiver: str

    def __str__(self) -> str:
        return (
            f"{self.receiver} is closed: nothing can be put into it or taken out of it any more; "
            "make another one, or attach to one that is open"
        )


@attrs.define
class MailboxInUse(ActorsError, RuntimeError):
    """Another process reads this mailbox; a mailbox has one reader at a time."""

    receiver: str
    reader: int

    def __str__(self) -> str:
        return (
            f"{self.receiver} is being read by process {self.reader}; "
            "a mailbox has one reader at a time: call release() there first"
        )


@attrs.define
class StartError(ActorsError, RuntimeError):
    """An actor or a system did not start."""

    name: str
    cause: str
    """One line, or the traceback of the actor's ``on_start`` or constructor."""

    def __str__(self) -> str:
        return f"{self.name} did not start: {self.cause}"


@attrs.define
class NameTaken(ActorsError, ValueError):
    """Another actor of the system has this name."""

    name: str

    def __str__(self) -> str:
        return f"the name {self.name!r} is taken; stop that actor first or choose another name"


@attrs.define
class NoSuchActor(ActorsError, LookupError):
    """No actor of the system has this name."""

    name: str
    names: list[str]

    def __str__(self) -> str:
        known = ", ".join(self.names[:10]) + (", …" if len(self.names) > 10 else "")
        return f"no actor is named {self.name!r}; there are: {known or 'none'}"


@attrs.define
class NotImportable(ActorsError, TypeError):
    """A class cannot be found again by the process that has to run it."""

    name: str
    problem: str

    def __str__(self) -> str:
        return f"{self.name} cannot run in a process of its own: {self.problem}"


@attrs.define
class SystemStopped(ActorsError, RuntimeError):
    """The actor system has stopped, been stopped, or lost its guardian process."""

    system: str
    cause: str

    def __str__(self) -> str:
        return f"actor system {self.system!r} is down: {self.cause}"


class AskError(ActorsError):
    """The base of the ways in which an ask ends without a reply."""


def _who(asked: Address, by: str) -> str:
    return f"{by} (asked by way of {asked})" if by else str(asked)


@attrs.define
class HandlerError(AskError):
    """The handler raised; the actor crashed and is supervised."""

    actor: Address
    type: str
    text: str
    traceback: str = attrs.field(repr=False)
    by: str = ""
    """The path of the actor whose handler it was, if the question was forwarded to it."""

    def __str__(self) -> str:
        who = _who(self.actor, self.by)
        return f"{who} raised {self.type}: {self.text}\n\n{self.traceback}".rstrip()


@attrs.define
class Rejected(AskError):
    """The handler raised `Reject`: a "no" of the domain; the actor lives on."""

    actor: Address
    reason: str
    by: str = ""
    """The path of the actor that did, if the question was forwarded to it."""

    def __str__(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        return f"{_who(self.actor, self.by)} rejected the question{why}"


@attrs.define
class ActorCrashed(AskError):
    """The actor died with the question in hand, which may therefore have run."""

    actor: Address
    reason: ExitReason
    by: str = ""
    """The path of the actor that died, if the question was forwarded to it."""

    def __str__(self) -> str:
        who = _who(self.actor, self.by)
        return f"{who} died with the question in hand ({self.reason}); it may have run"


@attrs.define
class ActorStopped(AskError):
    """The actor is gone for good."""

    actor: Address
    may_have_run: bool
    by: str = ""
    """The path of the actor that is gone, if the question was forwarded to it."""

    def __str__(self) -> str:
        run = "it may have run" if self.may_have_run else "it has not run"
        return f"{_who(self.actor, self.by)} has stopped for good; {run}"


@attrs.define
class ActorRestarting(AskError):
    """The actor is being restarted, and the question said ``on_restarting="fail"``; it was not sent."""

    actor: Address

    def __str__(self) -> str:
        return f"{self.actor} is being restarted; the question was not sent"


@attrs.define
class AskTimeout(AskError, TimeoutError):
    """No reply came in time; the question may have run, or may be skipped when its turn comes."""

    actor: Address
    timeout: float

    def __str__(self) -> str:
        return f"{self.actor} did not reply within {self.timeout:g} s"


@attrs.define
class AskCycle(AskError):
    """The actor that is asked already waits, directly or through others, for the asker."""

    chain: tuple[Address, ...]

    def __str__(self) -> str:
        way = " -> ".join(address.path for address in self.chain)
        return f"asking would wait for ever: {way}; send a tell, or let a third actor hold the state"


class Reject(Exception):
    """Raise it in ``receive`` to answer an ask with "no": the asker gets `Rejected`.

    The actor lives on; raised while a tell is handled, it becomes a dead letter.
    """


class Ignore(Exception):
    """Raise it in the constructor or in ``on_start`` of an actor that has nothing to do here.

    The start then counts as done, and the actor has stopped, normally and for good. (OTP's ``ignore``.)
    """


@attrs.define
class UnboundRef(ActorsError, RuntimeError):
    """A reference that no actor system of this process has handed out."""

    address: Address

    def __str__(self) -> str:
        return (
            f"the reference to {self.address} belongs to no actor system of this process; "
            "pass references in messages or as arguments of child(...), not by pickle"
        )
