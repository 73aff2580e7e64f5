"""An event loop looks for replies at once while they come at once, and its other tasks have their turn."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from actors import Actor, ActorRef, ActorSystem, AskTimeout, Mailbox, child
from actors.runtime.promptness import Promptness
from support.cast import Hold, Player


class Echo(Actor):
    def receive(self, message: object) -> object:
        return message


def skipped(promptness: Promptness) -> int:
    """How many questions do not look before one does, whose reply does not come at once."""
    count = next(number for number in itertools.count() if promptness.is_likely())
    promptness.note(False)
    return count


def test_while_replies_do_not_come_ever_fewer_questions_look_for_them() -> None:
    promptness = Promptness(0.1)
    assert [skipped(promptness) for _ in range(9)] == [0, 1, 3, 7, 15, 31, 63, 63, 63]


def test_who_is_patient_looks_for_some_more_before() -> None:
    promptness = Promptness(0.1, patience=4)
    assert [skipped(promptness) for _ in range(7)] == [0, 0, 0, 0, 1, 3, 7]
    promptness.note(True)
    assert [skipped(promptness) for _ in range(5)] == [0, 0, 0, 0, 1]


def test_only_those_count_that_are_in_a_row() -> None:
    promptness = Promptness(0.1, patience=4)
    for came in [False, False, False, True] * 10:
        promptness.note(came)
    assert not promptness.pauses


def test_one_that_comes_has_each_question_look_again() -> None:
    promptness = Promptness(0.1)
    for _ in range(5):
        skipped(promptness)
    while not promptness.is_likely():
        pass
    promptness.note(True)
    assert promptness.is_likely()
    promptness.note(False)
    assert skipped(promptness) == 1


def test_every_sixteenth_in_a_row_is_one_too_many() -> None:
    promptness = Promptness(0.1)

    def monopolizes(came: bool = True) -> bool:
        promptness.note(came)
        return promptness.monopolizes

    assert [monopolizes() for _ in range(32)] == ([False] * 15 + [True]) * 2
    assert [monopolizes() for _ in range(15)] == [False] * 15
    assert not monopolizes(False)
    assert [monopolizes() for _ in range(16)] == [False] * 15 + [True]


def test_in_no_time_nothing_comes() -> None:
    promptness = Promptness(0.0)
    assert not any(promptness.is_likely() for _ in range(100))


def test_the_other_tasks_of_a_loop_have_their_turn_while_one_asks(system: ActorSystem) -> None:
    async def longest_monopoly(echo: ActorRef) -> int:
        asked_since_turn = longest = 0

        async def take_turns() -> None:
            nonlocal asked_since_turn
            while True:
                asked_since_turn = 0
                await asyncio.sleep(0)

        other = asyncio.create_task(take_turns())
        for number in range(2_000):
            assert await echo.ask_async(number) == number
            asked_since_turn += 1
            longest = max(longest, asked_since_turn)
        other.cancel()
        return longest

    assert asyncio.run(longest_monopoly(system.spawn(Echo))) <= 16


def test_the_answer_that_comes_later_is_waited_for(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    player = system.spawn(child(Player))

    async def ask() -> object:
        held = asyncio.create_task(player.ask_async(Hold(taken=mailbox.address, release=gate.address)))
        await asyncio.sleep(0)
        mailbox.get(timeout=10)
        gate.put("go")
        return await held

    assert asyncio.run(ask()) == "go"


def test_a_question_without_any_time_looks_for_nothing(system: ActorSystem) -> None:
    echo = system.spawn(Echo)

    async def ask() -> None:
        assert await echo.ask_async("first") == "first"
        for _ in range(100):
            with pytest.raises(AskTimeout):
                await echo.ask_async("now", timeout=0.0)

    asyncio.run(ask())
