"""Promise 4: what cannot be encoded raises at the sender's line, and nothing is sent."""

import asyncio
from typing import Any

import pytest

from actors import Actor, ActorSystem, EncodeError, HandlerError, Message, child
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


class Forgetful(Actor):
    """Returns what is still to be worked out."""

    def receive(self, message: str) -> Any:
        match message:
            case "await":
                return self.work()
            case "yield":
                return (number for number in [1, 2])
            case "nested":
                return {"a": [object()]}
            case _:
                return Order(items=["x"])  # type: ignore[list-item] # pyright: ignore

    async def work(self) -> int:
        return 1


@pytest.mark.filterwarnings("ignore:coroutine")
@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("await", r"reply: coroutine .* cannot travel; await it"),
        ("yield", r"reply: generator .* cannot travel; it yields; return a list"),
        ("nested", r"reply\['a'\]\[0\]: object .* cannot travel; make it a Message"),
        ("message", r"Order.items\[0\]: expected int"),
    ],
)
def test_a_reply_that_cannot_travel_is_named_as_such_with_the_way_out(
    system: ActorSystem, what: str, text: str
) -> None:
    with pytest.raises(HandlerError, match=text):
        system.spawn(child(Forgetful)).ask(what)


def test_a_reply_that_cannot_travel_is_the_handlers_error(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    with pytest.raises(HandlerError, match="EncodeError"):
        player.ask(Unencodable())
    assert player.ask(Numbers()) == []
