"""The oracle finds what should not be, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.chaos.army import ledger
from support.chaos.asker import TIMEOUT
from support.chaos.ledger import Asked, Ledger
from support.chaos.oracle import LATE, Oracle

Story = Callable[[Ledger], None]
"""What an actor, `one/a`, writes; as its own asker, too."""

PID = 1000


def asked(outcome: str, took: float = 0.01, starved: float = 0.0) -> Asked:
    return Asked("q", "one/a", PID, outcome, 10.0, 10.0 + took, starved)


def handled(*numbers: int) -> Story:
    def story(ledger: Ledger) -> None:
        for number in numbers:
            ledger.handled("root", number)

    return story


def asking(end: Asked, taken_up: int = 1) -> Story:
    def story(ledger: Ledger) -> None:
        for _ in range(taken_up):
            ledger.took_up("q")
        ledger.asked(end)

    return story


def dying(story: Story) -> Story:
    def death(ledger: Ledger) -> None:
        story(ledger)
        ledger.started()

    return death


def sent(count: int, story: Story) -> Story:
    def both(ledger: Ledger) -> None:
        ledger.sent("root", "one/a", count)
        story(ledger)

    return both


def paused(since: float, until: float, story: Story) -> Story:
    def both(ledger: Ledger) -> None:
        ledger.paused(PID, since, until)
        story(ledger)

    return both


def complaining(text: str) -> Story:
    def complaint(ledger: Ledger) -> None:
        ledger.problem(text)

    return complaint


def problems(directory: Path, story: Story, *, may_stop: bool = False) -> list[str]:
    path = ledger(directory, "one/a")
    writing = Ledger(path)
    writing.started()
    story(writing)
    writing.stopped()
    writing.close()
    return list(Oracle(directory, {"one/a"}, may_stop=may_stop).problems())


@pytest.mark.parametrize(
    "story",
    [
        handled(0, 1, 2),
        dying(handled(0, 2)),
        sent(3, handled(0, 1, 2)),
        dying(sent(3, handled(0, 1))),
        asking(asked("reply")),
        asking(asked("ActorCrashed"), taken_up=1),
        asking(asked("ActorCrashed"), taken_up=0),
        asking(asked("AskTimeout", TIMEOUT + LATE / 2)),
        asking(asked("AskTimeout", TIMEOUT + 1.0, starved=1.0)),
        asking(asked("MailboxFull"), taken_up=0),
        paused(10.2, 10.3, asking(asked("AskTimeout", TIMEOUT + 1.0))),
    ],
)
def test_what_the_promises_allow_is_no_problem(tmp_path: Path, story: Story) -> None:
    assert problems(tmp_path, story) == []


@pytest.mark.parametrize(
    ("story", "problem"),
    [
        (handled(0, 1, 1), "doubled or out of order"),
        (handled(1, 0), "doubled or out of order"),
        (handled(0, 2), "1 messages lost by 0 deaths"),
        (dying(handled(0, 3)), "2 messages lost by 1 deaths"),
        (sent(3, handled(0, 1)), "1 messages lost by 0 deaths"),
        (sent(3, handled()), "3 messages lost by 0 deaths"),
        (asking(asked("reply"), taken_up=0), "taken up 0 times"),
        (asking(asked("ActorCrashed"), taken_up=2), "taken up 2 times"),
        (asking(asked("MailboxFull"), taken_up=1), "taken up 1 times"),
        (asking(asked("wrong")), "taken up 1 times"),
        (asking(asked("HandlerError")), "taken up 1 times"),
        (asking(asked("ActorStopped"), taken_up=0), "nobody stopped it"),
        (asking(asked("AskTimeout", TIMEOUT / 2)), "early"),
        (asking(asked("AskTimeout", TIMEOUT + 2 * LATE)), "late by 0.200 s"),
        (asking(asked("reply", TIMEOUT + 1.0, starved=0.5)), "late by 0.500 s"),
        (paused(9.0, 9.5, asking(asked("AskTimeout", TIMEOUT + 1.0))), "late by 1.000 s"),
        (complaining("of itself"), "of itself"),
    ],
)
def test_what_they_do_not_is_found(tmp_path: Path, story: Story, problem: str) -> None:
    found = problems(tmp_path, story)
    assert any(problem in line for line in found), found


def test_a_question_that_has_run_was_not_put_to_an_actor_that_had_stopped(tmp_path: Path) -> None:
    assert problems(tmp_path, asking(asked("ActorStopped"), taken_up=0), may_stop=True) == []
    assert problems(tmp_path, asking(asked("ActorStopped"), taken_up=1), may_stop=True)


def test_a_line_that_a_kill_has_cut_does_not_count(tmp_path: Path) -> None:
    path = ledger(tmp_path, "one/a")
    path.write_text("started .\nhandled root 0 .\nhandled root 1")
    successor = Ledger(path)
    successor.started()
    successor.handled("root", 2)
    successor.stopped()
    successor.close()
    assert list(Oracle(tmp_path, set(), may_stop=False).problems()) == []
