"""Promise 1: an actor handles one message at a time."""

from actors import ActorSystem, Mailbox, child
from support.cast import Add, Hold, Numbers, Player


def test_a_message_waits_while_another_is_in_hand(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    player = system.spawn(child(Player))
    held = player.ask_future(Hold(taken=mailbox.address, release=gate.address))
    mailbox.get(timeout=10)
    player.tell(Add(number=1))
    numbers = player.ask_future(Numbers())
    assert not numbers.done()
    gate.put("go")
    assert held.result(timeout=10) == "go"
    assert numbers.result(timeout=10) == [1]


def test_many_threads_cannot_make_an_actor_do_two_things_at_once(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    futures = [player.ask_future(Numbers()) for _ in range(200)]
    for future in futures:
        assert future.result(timeout=10) == []
