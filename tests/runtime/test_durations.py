"""Durations: whatever may last, may last longer than the kernel can count, or for ever."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable
from queue import Empty
from typing import Any

import pytest

from actors import ActorSystem, AskTimeout, Mailbox, MailboxFull, Supervisor, child
from support.cast import Add, Echo, Hold, Numbers, Player

LONG = (math.inf, 3_000_000.0, 10**400)


@pytest.mark.parametrize("seconds", LONG, ids=["for ever", "a month", "an age"])
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


@pytest.mark.parametrize("seconds", LONG, ids=["for ever", "a month", "an age"])
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


def test_a_duration_that_is_not_a_number_is_over_at_once(system: ActorSystem, mailbox: Mailbox) -> None:
    busy, events, here, nan = system.spawn(Player), system.events(), Mailbox(), math.nan
    busy.tell(Hold(taken=here.address, release=mailbox.address))
    here.get(timeout=20)
    with pytest.raises(AskTimeout):
        busy.ask(Numbers(), timeout=nan)
    with pytest.raises(AskTimeout):
        asyncio.run(busy.ask_async(Numbers(), timeout=nan))
    with pytest.raises(AskTimeout):
        busy.ask_future(Numbers(), timeout=nan).result(20)
    busy.tell(Add(number=1), timeout=nan)
    assert not busy.join(nan)
    assert not system.wait(nan)
    assert events.next(nan) is None
    with pytest.raises(Empty):
        here.get(timeout=nan)
    mailbox.put("go")
    assert busy.ask(Numbers(), timeout=20) == [1]
    events.close()
    here.close()


def test_a_full_mailbox_has_no_room_after_what_is_no_time(system: ActorSystem, mailbox: Mailbox) -> None:
    player, here = system.spawn(child(Player).options(mailbox_size=1)), Mailbox()
    player.tell(Hold(taken=here.address, release=mailbox.address))
    here.get(timeout=20)
    with pytest.raises(MailboxFull):
        player.ask(Numbers(), timeout=math.nan)
    with pytest.raises(MailboxFull):
        asyncio.run(player.ask_async(Numbers(), timeout=math.nan))
    mailbox.put("go")
    assert player.ask(Numbers(), timeout=20) == []
    here.close()


@pytest.mark.parametrize("wrong", [None, "x"])
def test_a_timeout_that_is_no_number_is_refused_by_name(
    system: ActorSystem, mailbox: Mailbox, wrong: Any
) -> None:
    echo = system.spawn(Echo)
    asks: list[Callable[[], object]] = [
        lambda: echo.ask(1, timeout=wrong),
        lambda: asyncio.run(echo.ask_async(1, timeout=wrong)),
        lambda: echo.ask_future(1, timeout=wrong),
        lambda: echo.tell(1, timeout=wrong),
    ]
    waits: list[Callable[[], object]] = [
        lambda: echo.join(wrong),
        lambda: system.wait(wrong),
        lambda: mailbox.get(timeout=wrong),
    ]
    for wait in asks if wrong is None else asks + waits:
        with pytest.raises(TypeError, match=f"^timeout is {wrong!r}; it must be a number of seconds "):
            wait()
    assert echo.ask("and on") == "and on"
