"""Promise 2: messages from one sender to one receiver arrive in the order sent."""

import threading

import pytest

from actors import ActorSystem, Mailbox, Supervisor, child
from support.cast import Add, Hold, Numbers, Player, Relay


def test_messages_keep_their_order_even_when_the_pipe_overflows(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    player = system.spawn(child(Player))
    held = player.ask_future(Hold(taken=mailbox.address, release=gate.address), timeout=30)
    mailbox.get(timeout=10)
    for number in range(5_000):
        player.tell(Add(number=number))
    gate.put("go")
    held.result(timeout=10)
    assert player.ask(Numbers(), timeout=30) == list(range(5_000))


def test_each_thread_of_a_sender_keeps_its_own_order(system: ActorSystem) -> None:
    player = system.spawn(child(Player))

    def send(first: int) -> None:
        for number in range(first, first + 1_000):
            player.tell(Add(number=number))

    threads = [threading.Thread(target=send, args=(1_000 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = player.ask(Numbers(), timeout=30)
    for n in range(4):
        own = [number for number in numbers if number // 1_000 == n]
        assert own == list(range(1_000 * n, 1_000 * (n + 1)))


def test_order_holds_from_actor_to_actor(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    relay = system.spawn(child(Relay, player))
    for number in range(2_000):
        relay.tell(Add(number=number))
    assert relay.ask(Numbers(), timeout=30) == list(range(2_000))


def test_a_stop_overtakes_the_mail_that_waits(system: ActorSystem, mailbox: Mailbox, gate: Mailbox) -> None:
    player = system.spawn(child(Player), name="overtaken")
    held = player.ask_future(Hold(taken=mailbox.address, release=gate.address), timeout=30)
    mailbox.get(timeout=10)
    waiting = player.ask_future(Numbers(), timeout=30)
    player.stop()
    system.spawn(child(Player))  # the guardian has heard of the stop when this returns
    gate.put("go")
    assert held.result(timeout=10) == "go"
    assert player.join(10)
    assert "has not run" in str(waiting.exception(timeout=10))


@pytest.mark.parametrize("bound", [0, 3], ids=["unbounded", "full"])
def test_a_draining_stop_comes_after_the_mail_that_waits(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox, bound: int
) -> None:
    player = system.spawn(child(Player).options(mailbox_size=bound))
    held = player.ask_future(Hold(taken=mailbox.address, release=gate.address), timeout=30)
    mailbox.get(timeout=10)
    player.tell(Add(number=1))
    waiting = player.ask_future(Numbers(), timeout=30)
    player.stop(drain=True)
    gate.put("go")
    assert held.result(timeout=10) == "go"
    assert waiting.result(timeout=10) == [1]
    assert player.join(10)


def test_a_supervisor_has_no_mail_to_drain_and_stops(system: ActorSystem) -> None:
    family = system.spawn(child(Supervisor, child(Player).options(name="player")), name="family")
    family.stop(drain=True)
    assert family.join(10)
    assert system.names() == []
