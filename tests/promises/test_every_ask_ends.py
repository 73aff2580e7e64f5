"""Promise 7: every ask ends, once, and in a way that says what happened."""

import asyncio
import os
import signal
import sys
import threading
from types import FrameType

import pytest

from actors import (
    ActorCrashed,
    ActorStopped,
    ActorSystem,
    AskCycle,
    AskTimeout,
    HandlerError,
    Mailbox,
    MailboxFull,
    Rejected,
    Request,
    child,
)
from actors.core.errors import DecodeError
from actors.events import DeadLetter
from support.cast import Add, AskFor, AsyncPlayer, Die, Hold, Numbers, Pid, Player, Raise, Refuse, Relay


class Lie(Request[int]):
    """Answered with something else."""


class Liar(Player):
    def receive(self, message: object) -> object:
        return "no int" if isinstance(message, Lie) else super().receive(message)


def test_a_handler_that_raises_is_told_to_the_asker_with_its_traceback(system: ActorSystem) -> None:
    player = system.spawn(child(Player), name="player")
    with pytest.raises(HandlerError) as caught:
        player.ask(Raise(text="oh"))
    assert caught.value.type == "ValueError"
    assert caught.value.text == "oh"
    assert caught.value.actor.path == "player"
    assert "in receive" in caught.value.traceback


def test_a_rejection_leaves_the_actor_alive(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    pid = player.ask(Pid())
    with pytest.raises(Rejected, match="not today"):
        player.ask(Refuse(text="not today"))
    with pytest.raises(Rejected, match=r" rejected the question$"):
        player.ask(Refuse(text=""))
    with pytest.raises(Rejected, match="does not handle str"):
        player.ask("what?")
    assert player.ask(Pid()) == pid


def test_a_death_with_the_question_in_hand_is_reported_at_once(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    with pytest.raises(ActorCrashed, match="SIGSEGV"):
        player.ask(Die(how="segfault"), timeout=1_000)


def test_a_question_to_an_actor_that_is_gone_ends_at_once(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    player.stop()
    assert player.join(10)
    with pytest.raises(ActorStopped, match="has not run"):
        player.ask(Pid(), timeout=1_000)


def test_questions_that_wait_when_an_actor_is_killed_for_good_end_at_once(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    player = system.spawn(child(Player))
    held = player.ask_future(Hold(taken=mailbox.address, release=gate.address), timeout=1_000)
    mailbox.get(timeout=10)
    waiting = [player.ask_future(Pid(), timeout=1_000) for _ in range(5)]
    player.kill()
    assert isinstance(held.exception(timeout=10), ActorCrashed)
    assert all(isinstance(one.exception(timeout=10), ActorStopped) for one in waiting)


def test_questions_that_still_wait_in_their_asker_end_with_the_actor_too(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    player = system.spawn(child(Player))
    held = player.ask_future(Hold(taken=mailbox.address, release=gate.address), timeout=1_000)
    mailbox.get(timeout=10)
    for _ in range(3_000):
        player.tell(bytes(3_000))  # more than any pipe holds
    waiting = [player.ask_future(Pid(), timeout=1_000) for _ in range(5)]
    player.kill()
    assert isinstance(held.exception(timeout=10), ActorCrashed)
    assert all(isinstance(one.exception(timeout=10), ActorStopped) for one in waiting)


def test_time_runs_out_and_the_late_reply_goes_nowhere(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    player = system.spawn(child(Player))
    with pytest.raises(AskTimeout) as caught:
        player.ask(Hold(taken=mailbox.address, release=gate.address), timeout=0.05)
    assert isinstance(caught.value, TimeoutError)
    mailbox.get(timeout=10)
    assert system.late_replies == 0
    gate.put("late")
    assert player.ask(Numbers()) == []
    assert system.late_replies == 1


def test_a_question_nobody_waits_for_any_more_is_skipped(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    player = system.spawn(child(Player))
    held = player.ask_future(Hold(taken=mailbox.address, release=gate.address), timeout=30)
    mailbox.get(timeout=10)
    with pytest.raises(AskTimeout):
        player.ask(Add(number=1), timeout=0.01)
    gate.put("go")
    held.result(timeout=10)
    assert player.ask(Numbers()) == []


def test_a_signal_handler_asks_where_it_has_interrupted_an_ask(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    holding, player = system.spawn(child(Player)), system.spawn(child(Player))
    answers: list[object] = []

    def handle(_number: int, _frame: FrameType | None) -> None:
        answers.append(player.ask(Numbers(), timeout=20))
        gate.put("go")

    def interrupt() -> None:
        mailbox.get(timeout=10)
        os.kill(os.getpid(), signal.SIGUSR1)

    before, other = signal.signal(signal.SIGUSR1, handle), threading.Thread(target=interrupt)
    other.start()
    holding.ask(Hold(taken=mailbox.address, release=gate.address), timeout=30)
    other.join()
    signal.signal(signal.SIGUSR1, before)
    assert answers == [[]]


def test_a_bounded_mailbox_that_stays_full_says_so(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    player = system.spawn(child(Player).options(mailbox_size=2))
    held = player.ask_future(Hold(taken=mailbox.address, release=gate.address), timeout=30)
    mailbox.get(timeout=10)
    player.tell(Add(number=1))
    with pytest.raises(MailboxFull, match="mailbox_size is 2"):
        player.tell(Add(number=2))
    with pytest.raises(MailboxFull):
        player.ask(Numbers(), timeout=0.05)
    gate.put("go")
    held.result(timeout=10)
    assert player.ask(Numbers()) == [1]


def test_a_full_mailbox_of_another_system_that_was_killed_has_ended(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    other = ActorSystem("other").start()
    try:
        player = other.spawn(child(Player).options(mailbox_size=2), name="killed")
        player.tell(Hold(taken=mailbox.address, release=gate.address))
        mailbox.get(timeout=10)
        relay = system.spawn(child(Relay, player))
        relay.tell(Add(number=1))
        pid = relay.ask(Pid())  # the other mailbox is full by now
    finally:
        other.kill()
    events = system.events()
    relay.tell(Add(number=2))
    assert relay.ask(Pid()) == pid
    letter = next(event for event in events if isinstance(event, DeadLetter))
    assert (letter.receiver, letter.cause) == ("killed", "the actor has stopped")
    with pytest.raises(HandlerError) as caught:
        relay.ask(Numbers())
    assert caught.value.type.endswith("ActorStopped")


def test_threads_that_wait_for_a_place_learn_of_the_actors_end(
    system: ActorSystem, mailbox: Mailbox, gate: Mailbox
) -> None:
    player = system.spawn(child(Player).options(mailbox_size=2))
    player.tell(Hold(taken=mailbox.address, release=gate.address))
    mailbox.get(timeout=10)
    player.tell(Add(number=1))
    ends: list[Exception | None] = []

    def ask() -> None:
        with pytest.raises(ActorStopped) as caught:
            player.ask(Numbers(), timeout=1_000)
        ends.append(caught.value)

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    while not all(map(waits_for_a_place, threads)):
        os.sched_yield()
    player.kill()
    player.join(timeout=10)
    player.tell(Add(number=2))  # by which this process sees that the mailbox is gone
    for thread in threads:
        thread.join(10)
    assert len(ends) == len(threads)


def waits_for_a_place(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(thread.ident or 0)  # pyright: ignore[reportPrivateUsage]
    while frame is not None and frame.f_code.co_name != "_take_place":
        frame = frame.f_back
    return frame is not None


def test_a_circle_of_asks_is_refused_where_it_closes(system: ActorSystem) -> None:
    first, second = system.spawn(child(Player), name="first"), system.spawn(child(Player), name="second")
    question = AskFor(other=second, question=AskFor(other=first, question=Pid()))
    with pytest.raises(HandlerError, match="first -> second -> first") as caught:
        first.ask(question)
    assert AskCycle.__name__ in caught.value.traceback


def test_a_reply_of_another_type_is_refused_where_it_was_asked_for(system: ActorSystem) -> None:
    liar = system.spawn(child(Liar))
    with pytest.raises(DecodeError, match="expected int, got str"):
        liar.ask(Lie())


def test_threads_asyncio_and_actors_all_ask(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    asker = system.spawn(child(AsyncPlayer))
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(player.ask(Pid()))) for _ in range(8)]
    for thread in threads:
        thread.start()

    async def gathered() -> list[int]:
        return await asyncio.gather(*(player.ask_async(Pid()) for _ in range(50)))

    answers += asyncio.run(gathered())
    for thread in threads:
        thread.join()
    answers.append(asker.ask(AskFor(other=player, question=Pid())))
    assert len(answers) == 59
    assert len(set(answers)) == 1


def test_an_async_handler_that_raises_is_a_handler_error(system: ActorSystem) -> None:
    player = system.spawn(child(AsyncPlayer))
    with pytest.raises(HandlerError, match="ValueError: async"):
        player.ask(Raise(text="async"))
    assert player.ask("still there") == "still there"


def test_an_async_actor_goes_on_with_its_own_tasks_between_messages(system: ActorSystem) -> None:
    player = system.spawn(child(AsyncPlayer))
    before = player.ask("background")
    assert player.ask("background") > before
