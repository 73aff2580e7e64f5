"""Promise 15: no bytes that come in run code, and bad ones are dead letters."""

import os
import random

import pytest

from actors import ActorSystem, Message, Rejected, child
from actors.core import envelope
from actors.core.codec import Codec
from actors.core.envelope import Kind
from actors.core.events import DeadLetter
from actors.core.protocol import Spawn
from actors.runtime.mailbox import frame
from actors.runtime.site import APPLICATION
from support.cast import Add, Numbers, Player


class Unheard(Message):
    """Known to the sender alone: see the test."""


def post(system: ActorSystem, number: int, data: bytes) -> None:
    pipe = os.open(system.directory / str(number) / "mail", os.O_WRONLY)
    try:
        os.write(pipe, data)
    finally:
        os.close(pipe)


def test_garbage_in_the_pipe_is_a_dead_letter_and_the_actor_lives_on(system: ActorSystem) -> None:
    player = system.spawn(child(Player, 1))
    events = system.events()
    dice = random.Random(3)
    for _ in range(100):
        post(system, player.address.id, dice.randbytes(dice.randrange(1, 4_000)))
    player.tell(Add(number=2))
    assert player.ask(Numbers(), timeout=10) == [1, 2]
    system.stop()
    assert any("no message" in event.cause for event in events if isinstance(event, DeadLetter))


def test_frames_and_envelopes_that_lie_are_dead_letters(system: ActorSystem) -> None:
    player = system.spawn(child(Player, 1))
    dice = random.Random(4)
    honest = envelope.mail(Kind.TELL, b"s/1/0/x") + b"\x93\x01\x02\x03"
    for _ in range(500):
        lie = bytearray(honest)
        lie[dice.randrange(1, len(lie))] = dice.randrange(256)  # but for the order to stop
        post(system, player.address.id, frame.inline(bytes(lie)))
    post(system, player.address.id, frame.parcel(b"m../../etc/passwd"))
    assert player.ask(Numbers(), timeout=10) == [1]


def test_the_guardian_lives_on_with_garbage_in_its_mail(system: ActorSystem) -> None:
    dice = random.Random(5)
    for _ in range(100):
        post(system, 0, dice.randbytes(dice.randrange(1, 4_000)))
        post(system, 0, frame.inline(dice.randbytes(60)))
        post(system, 0, frame.inline(envelope.mail(Kind.ASK, b"nobody", 1) + b"\xc1\x00"))
    assert system.spawn(child(Player, 1)).ask(Numbers()) == [1]


@pytest.mark.parametrize(
    "packed", [(), (b"",), (b"\xc1garbage",), Codec().encode([1])[:1], Codec().encode(Add(number=2))[:1]]
)
def test_the_guardian_refuses_a_blueprint_that_is_none_and_lives_on(
    system: ActorSystem, packed: tuple[bytes, ...]
) -> None:
    endpoint = system._endpoint  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(Rejected):
        endpoint.ask(endpoint.guardian, Spawn(parent=APPLICATION, blueprint=packed), 10)
    assert system.spawn(child(Player, 1)).ask(Numbers()) == [1]


def test_only_the_owner_may_look_into_a_system(system: ActorSystem) -> None:
    assert system.directory.stat().st_mode & 0o777 == 0o700
