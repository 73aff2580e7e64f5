"""Promise 4: what cannot be encoded raises at the sender's line, and nothing is sent."""

import asyncio

import pytest

from actors import ActorSystem, EncodeError, HandlerError, Message, child
from support.cast import Add, Numbers, Player, Unencodable


class Order(Message):
    items: list[int]


def test_a_tell_of_what_cannot_travel_raises_and_sends_nothing(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    with pytest.raises(EncodeError, match=r"\['socket'\]"):
        player.tell({"socket": object()})
    assert player.ask(Numbers()) == []


def test_an_ask_names_the_place_of_the_field_that_is_wrong(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    with pytest.raises(EncodeError, match=r"Order.items\[1\]: expected int, got str"):
        player.ask(Order(items=[1, "two"]))  # type: ignore[list-item] # pyright: ignore
    with pytest.raises(EncodeError):
        asyncio.run(player.ask_async(Add(number="3")))  # type: ignore[arg-type] # pyright: ignore
    with pytest.raises(EncodeError):
        player.ask_future(Add(number=None))  # type: ignore[arg-type] # pyright: ignore


def test_a_reply_that_cannot_travel_is_the_handlers_error(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    with pytest.raises(HandlerError, match="EncodeError"):
        player.ask(Unencodable())
    assert player.ask(Numbers()) == []
