"""Envelopes open to what was put into them, and to nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.core import envelope
from actors.core.address import Address
from actors.core.envelope import Kind, Outcome, Sender

names = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="/\n"), min_size=1)
paths = st.lists(names, min_size=0, max_size=3).map("/".join)
addresses = st.builds(Address, names, st.integers(0, 2**40), paths)
numbers = st.integers(0, 2**64 - 1)


@given(
    st.sampled_from(Kind),
    st.builds(Sender, addresses, st.integers(0, 2**31)),
    numbers,
    st.floats(0, 1e12),
    st.lists(addresses, max_size=4).map(tuple),
    st.binary(max_size=50),
)
def test_mail_opens_to_what_was_put_in(
    kind: Kind,
    sender: Sender,
    number: int,
    deadline: float,
    chain: tuple[Address, ...],
    body: bytes,
) -> None:
    data = envelope.mail(kind, sender.pack(), number, deadline, chain) + body
    mail = envelope.open_mail(data)
    assert Sender.unpack(mail.sender) == sender
    assert Sender.unpack(mail.sender).address.path == sender.address.path
    assert (mail.kind, mail.correlation, mail.deadline, mail.body) == (kind, number, deadline, body)
    assert mail.chain == chain
    assert [link.path for link in mail.chain] == [link.path for link in chain]


@given(numbers, st.sampled_from(Outcome), st.binary(max_size=50))
def test_a_reply_opens_to_what_was_put_in(number: int, outcome: Outcome, body: bytes) -> None:
    assert envelope.open_reply(envelope.reply(number, outcome, body)) == (number, outcome, body)


@given(st.binary(max_size=80))
def test_other_bytes_are_a_value_error_and_nothing_else(data: bytes) -> None:
    for opening in (envelope.open_mail, envelope.open_reply, Sender.unpack):
        try:
            opening(data)
        except ValueError:
            continue


def test_a_chain_too_long_to_travel_says_so() -> None:
    link = Address("system", 1, "x" * 200)
    with pytest.raises(RecursionError, match="400 actors wait"):
        envelope.mail(Kind.ASK, b"", chain=(link,) * 400)
