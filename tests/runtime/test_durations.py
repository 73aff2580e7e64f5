"""Durations: whatever may last, may last longer than the kernel can count, or for ever."""

from __future__ import annotations

import math
import threading

import pytest

from actors import ActorSystem, Mailbox, Supervisor, child
from support.cast import Add, Echo, Hold, Numbers, Player

LONG = (math.inf, 3_000_000.0)


@pytest.mark.parametrize("seconds", LONG)
def test_an_actor_may_take_its_time(seconds: float) -> None:
    with ActorSystem("patient", start_timeout=seconds, shutdown_timeout=seconds) as system:
        supervisor = system.spawn(child(Supervisor).options(start_timeout=seconds, shutdown=seconds))
        terms = child(Player).options(start_timeout=seconds, shutdown=seconds, handler_timeout=seconds)
        player = supervisor.spawn(terms)
        player.tell(Add(number=1))
        assert player.ask(Numbers(), timeout=seconds) == [1]
        player.stop()
        assert player.join(seconds)
        assert not system.wait(0)
    assert system.wait(seconds)


@pytest.mark.parametrize("seconds", LONG)
def test_threads_may_wait_for_their_replies(system: ActorSystem, mailbox: Mailbox, seconds: float) -> None:
    player, echo, here = system.spawn(Player), system.spawn(Echo), Mailbox()
    hold = Hold(taken=here.address, release=mailbox.address)
    replies: list[object] = []
    waiting = [
        threading.Thread(target=lambda: replies.append(player.ask(hold, timeout=seconds))) for _ in range(2)
    ]
    for thread in waiting:
        thread.start()
    here.get(timeout=20)
    assert echo.ask("meanwhile", timeout=seconds) == "meanwhile"
    mailbox.put("go")
    mailbox.put("go")
    for thread in waiting:
        thread.join(20)
    assert replies == ["go", "go"]
    here.close()
