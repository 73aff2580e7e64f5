"""The message in hand: what is handed on of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from actors import ActorRef
from actors.core import envelope
from actors.core.address import Address
from actors.core.envelope import Kind, Mail, Sender
from actors.runtime.endpoint import Endpoint
from actors.runtime.hand import Hand

ASKER = Sender(Address("system", 1, "asker"), 7).pack()
BETWEEN = Address("system", 2, "between")
TO = ActorRef(Address("system", 3, "to"))


class Post:
    """An endpoint that keeps the envelopes which go through it."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.only: list[bool] = []

    def post(self, _to: Address, message: bytes, _segments: Sequence[bytes], _timeout: float) -> None:
        self.sent.append(envelope.open_mail(message))

    def answer(self, *_: object, only: bool) -> None:
        self.only.append(only)


def hand(post: Post, kind: Kind, number: int = 0, deadline: float = 0.0) -> Hand:
    chain = (BETWEEN,) if kind is Kind.ASK else ()
    data = envelope.mail(kind, ASKER, number, deadline, chain) + b"body"
    return Hand(cast("Endpoint", post), envelope.open_mail(data), data, (), None)


def test_a_question_is_handed_on_as_the_same_question() -> None:
    post = Post()
    hand(post, Kind.ASK, 5, 2.5).forward_unchanged(TO, 0.0)
    assert post.sent == [Mail(Kind.ASK, ASKER, 5, 2.5, (BETWEEN,), b"body", forwarded=True)]


def test_what_is_no_question_any_more_is_handed_on_as_a_tell() -> None:
    post = Post()
    question = hand(post, Kind.ASK, 5, 2.5)
    question.forward_unchanged(TO, 0.0)
    question.forward(TO, b"other", (), 0.0)
    assert post.sent[1] == Mail(Kind.TELL, ASKER, 0, 0.0, (), b"other")


def test_a_tell_is_handed_on_as_from_its_sender() -> None:
    post = Post()
    hand(post, Kind.TELL).forward_unchanged(TO, 0.0)
    assert post.sent == [Mail(Kind.TELL, ASKER, 0, 0.0, (), b"body")]


@pytest.mark.parametrize("once", [True, False])
@pytest.mark.parametrize("forwarded", [True, False])
def test_a_question_has_one_reply_only_if_it_comes_once_and_to_one_actor(
    once: bool, forwarded: bool
) -> None:
    post = Post()
    data = envelope.mail(Kind.ASK, ASKER, 5, 2.5, forwarded=forwarded) + b"body"
    Hand(cast("Endpoint", post), envelope.open_mail(data), data, (), None, once=once).answer("reply")
    assert post.only == [once and not forwarded]
