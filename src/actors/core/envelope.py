"""Envelopes: what stands before a message's own bytes, readable without knowing its class.

A mail envelope, little endian::

    0            8         16    17     18             20
    correlation  deadline  kind  flags  sender length  sender …  chain (length, bytes) …  message …

What is of this one message stands first, and then its *origin*, which others from the same sender share.

A reply's::

    0            8        9
    correlation  outcome  value or error …
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final, NamedTuple

import attrs

from actors.core.address import Address

_NUMBER: Final = struct.Struct("<Qd")
_ORIGIN: Final = struct.Struct("<BBH")
_MAIL: Final = struct.Struct("<QdBBH")
_MAIL_SIZE: Final = _MAIL.size
_REPLY: Final = struct.Struct("<QB")
_REPLY_SIZE: Final = _REPLY.size
_LENGTH: Final = struct.Struct("<H")
_CHAIN: Final = 1
_FORWARDED: Final = 2
_MOST_CHAINED: Final = 60_000
_REMEMBERED: Final = 4096


class Kind(IntEnum):
    """What a mail envelope carries."""

    TELL = 0
    ASK = 1
    LAST = 2
    """No message: the actor is to stop once it comes to this place in its mail."""


_LAST: Final = int(Kind.LAST)


class Outcome(IntEnum):
    """How an ask ended."""

    REPLY = 0
    RAISED = 1
    REJECTED = 2
    CRASHED = 3
    STOPPED = 4


REPLY: Final = Outcome.REPLY
"""The usual one, by a name that is looked up in half the time."""
_OUTCOMES: Final[tuple[Outcome, ...]] = tuple(Outcome)


@attrs.frozen
class Sender:
    """Who sent a message: an actor, or a process of the application, in one of its incarnations.

    A reply goes to the incarnation that asked; a later one never sees it.
    """

    address: Address
    incarnation: int

    def pack(self) -> bytes:
        """The sender as it stands in envelopes."""
        address = self.address
        return f"{address.system}/{address.id}/{self.incarnation}/{address.path}".encode()

    @classmethod
    def unpack(cls, data: bytes) -> Sender:
        """Raises `ValueError` for bytes that no sender wrote."""
        system, number, incarnation, path = data.decode().split("/", 3)
        return cls(Address(system, int(number), path), int(incarnation))


class Mail(NamedTuple):  # made for every message: half the time of an attrs class
    """A mail envelope, read."""

    kind: int
    sender: bytes
    correlation: int
    """Names the ask at its asker; 0 for a tell."""
    deadline: float
    """When nobody waits for the reply any more, on the machine's monotonic clock; 0 for never."""
    chain: tuple[Address, ...]
    """The actors that wait, each for the next, for the reply to this question."""
    body: bytes
    forwarded: bool = False
    """Whether it has been in another actor's hand before."""


# Half the time of Mail(...).
_new: Callable[[type[Mail], tuple[Any, ...]], Mail] = tuple.__new__  # pyright: ignore


def mail(
    kind: Kind,
    sender: bytes,
    correlation: int = 0,
    deadline: float = 0.0,
    chain: tuple[Address, ...] = (),
    *,
    forwarded: bool = False,
) -> bytes:
    """An envelope, to stand before a message's bytes."""
    return number(correlation, deadline) + origin(kind, sender, chain, forwarded=forwarded)


number: Final[Callable[[int, float], bytes]] = _NUMBER.pack
"""What an envelope begins with: the correlation and the deadline."""
read_number: Final[Callable[[bytes], tuple[int, float]]] = _NUMBER.unpack_from  # pyright: ignore
"""The correlation and the deadline with which an envelope begins."""


def origin(kind: Kind, sender: bytes, chain: tuple[Address, ...] = (), *, forwarded: bool = False) -> bytes:
    """What stands in an envelope behind its number."""
    flags = (_CHAIN if chain else 0) | (_FORWARDED if forwarded else 0)
    head = _ORIGIN.pack(kind, flags, len(sender)) + sender
    if not chain:
        return head
    links = "\n".join(f"{link.system}/{link.id}/{link.path}" for link in chain).encode()
    if len(links) > _MOST_CHAINED:
        raise RecursionError(f"{len(chain)} actors wait for each other in one chain of asks")
    return head + _LENGTH.pack(len(links)) + links


ORIGIN: Final = _NUMBER.size
"""Where the origin begins."""


def origin_end(data: bytes) -> int:
    """Where the origin ends, and the message begins. Raises `IndexError` for bytes that are no envelope."""
    end = _MAIL_SIZE + (data[18] | data[19] << 8)
    return end + 2 + (data[end] | data[end + 1] << 8) if data[17] & _CHAIN else end


def open_mail(data: bytes) -> Mail:
    """Read an envelope. Raises `ValueError` for bytes that are none."""
    try:
        correlation, deadline, kind, flags, length = _MAIL.unpack_from(data)
        at = _MAIL_SIZE + length
        sender = data[_MAIL_SIZE:at]
        chain: tuple[Address, ...] = ()
        if flags & _CHAIN:
            (size,) = _LENGTH.unpack_from(data, at)
            at += _LENGTH.size + size
            chain = tuple(map(_link, data[at - size : at].decode().split("\n")))
    except struct.error as error:
        raise ValueError(f"not an envelope: {error}") from None
    if kind > _LAST or at > len(data):
        raise ValueError("not an envelope")
    return _new(Mail, (kind, sender, correlation, deadline, chain, data[at:], bool(flags & _FORWARDED)))


def reply(correlation: int, outcome: Outcome, body: bytes) -> bytes:
    """A reply, whole."""
    return _REPLY.pack(correlation, outcome) + body


def open_reply(data: bytes) -> tuple[int, Outcome, bytes]:
    """Read a reply: the correlation, the outcome, and the bytes of its value.

    Raises `ValueError` for bytes that are none.
    """
    correlation: int
    outcome: int
    try:
        correlation, outcome = _REPLY.unpack_from(data)
    except struct.error as error:
        raise ValueError(f"not a reply: {error}") from None
    if outcome >= len(_OUTCOMES):
        raise ValueError(f"not a reply: {outcome} is no outcome")
    return correlation, _OUTCOMES[outcome], data[_REPLY_SIZE:]


class _Senders(dict[bytes, Sender]):
    def __missing__(self, data: bytes) -> Sender:
        if len(self) >= _REMEMBERED:
            self.clear()
        sender = self[data] = Sender.unpack(data)
        return sender


SENDERS: Final = _Senders()
"""`Sender.unpack`, remembered: a process hears from few senders, and often. Raises `ValueError` too."""


def path_of(data: bytes) -> str:
    """The path of a packed sender, or what can be shown of bytes that are none."""
    try:
        return SENDERS[data].address.path
    except ValueError:
        return repr(data[:40])


def _link(text: str) -> Address:
    system, number, path = text.split("/", 2)
    return Address(system, int(number), path)
