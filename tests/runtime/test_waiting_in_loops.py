"""Waiting in an event loop: for room, for the end of an actor and for that of a system."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from actors import ActorSystem, EncodeError, Mailbox, MailboxFull, SystemStopped, child
from actors.events import DeadLetter
from support.cast import Add, Echo, Hold, Numbers, Player

TIMEOUTS = [None, 20, math.inf]


def alive(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run it in a loop whose other tasks are never kept waiting for long; return its result."""

    async def run() -> Any:
        task = asyncio.create_task(coroutine)
        longest, last = 0.0, time.monotonic()
        while not task.done():
            await asyncio.sleep(0.001)
            now = time.monotonic()
            longest, last = max(longest, now - last), now
        assert longest < 2.0
        return task.result()

    return asyncio.run(run())


def test_a_tell_waits_for_room_and_keeps_its_order(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    player = system.spawn(child(Player).options(mailbox_size=1))

    async def tell() -> None:
        await player.tell_async(Hold(taken=mailbox.address, release=gate.address))
        await asyncio.to_thread(mailbox.get, timeout=20)
        with pytest.raises(MailboxFull):
            await player.tell_async(Add(number=-1), timeout=0.02)
        for number in range(3):
            telling = asyncio.create_task(player.tell_async(Add(number=number), timeout=30))
            await asyncio.sleep(0)
            if not number:
                assert not telling.done()
                gate.put("go")
            await telling
        assert await player.ask_async(Numbers(), timeout=30) == [0, 1, 2]

    alive(tell())


def test_a_tell_to_one_that_is_gone_is_a_dead_letter(system: ActorSystem) -> None:
    player, events = system.spawn(Player, name="player"), system.events()
    player.stop()
    player.join()
    alive(player.tell_async(Add(number=1)))
    assert next(event for event in events if isinstance(event, DeadLetter)).receiver == "player"


def test_what_cannot_be_told_raises_at_once(system: ActorSystem) -> None:
    with pytest.raises(EncodeError):
        alive(system.spawn(Player).tell_async(object()))


def test_a_tell_waits_for_the_next_guardian(system: ActorSystem) -> None:
    player, pid = system.spawn(Player), system.guardian_pid
    os.kill(pid, signal.SIGKILL)

    while system.guardian_pid == pid:
        pass

    async def tell() -> Any:
        await player.tell_async(Add(number=1), timeout=30)
        return await player.ask_async(Numbers(), timeout=30)

    assert alive(tell()) == [1]


@pytest.mark.parametrize("timeout", TIMEOUTS)
def test_the_end_of_an_actor_can_be_awaited(system: ActorSystem, timeout: float | None) -> None:
    player, echo = system.spawn(Player), system.spawn(Echo)

    async def join() -> bool:
        joining = asyncio.create_task(player.join_async(timeout))
        assert await echo.ask_async("and on") == "and on"
        assert not await player.join_async(0.01)
        player.stop()
        return await joining

    assert alive(join()) is True
    assert alive(player.join_async(0)) is True


def test_a_join_in_a_loop_outlives_a_guardian(system: ActorSystem) -> None:
    player = system.spawn(Player)

    async def join() -> bool:
        joining = asyncio.create_task(player.join_async(60))
        await asyncio.sleep(0)
        pid = system.guardian_pid
        os.kill(pid, signal.SIGKILL)
        while system.guardian_pid == pid:
            await asyncio.sleep(0.001)
        assert await player.ask_async(Numbers(), timeout=30) == []
        player.stop()
        return await joining

    assert alive(join()) is True


@pytest.mark.parametrize("timeout", TIMEOUTS)
def test_the_end_of_a_system_can_be_awaited_by_several(timeout: float | None) -> None:
    async def wait() -> list[bool]:
        async with ActorSystem("awaited", handle_signals=False) as system:
            waiting = [asyncio.create_task(system.wait_async(timeout)) for _ in range(3)]
            assert not await system.wait_async(0.01)
            assert not await system.wait_async(math.nan)
        ended = [*await asyncio.gather(*waiting), await system.wait_async()]
        with pytest.raises(SystemStopped):
            await ActorSystem("new").wait_async()
        return ended

    assert alive(wait()) == [True] * 4
