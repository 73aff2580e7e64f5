"""Decisions of supervision, as tables and against naive models."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import Restart, Strategy
from actors.core import reason
from actors.core.policy import Intensity, Verdict, decide, restarted_with
from actors.core.reason import End, ExitReason

ROOM = Intensity(1, 5.0)
FULL = Intensity(0, 5.0)


@pytest.mark.parametrize(
    ("restart", "end", "verdict"),
    [
        (Restart.PERMANENT, End.NORMAL, Verdict.RESTART),
        (Restart.PERMANENT, End.EXCEPTION, Verdict.RESTART),
        (Restart.PERMANENT, End.EXIT_CODE, Verdict.RESTART),
        (Restart.PERMANENT, End.SIGNAL, Verdict.RESTART),
        (Restart.PERMANENT, End.FAILED_START, Verdict.RESTART),
        (Restart.PERMANENT, End.SHUTDOWN, Verdict.STOP),
        (Restart.TRANSIENT, End.NORMAL, Verdict.STOP),
        (Restart.TRANSIENT, End.EXCEPTION, Verdict.RESTART),
        (Restart.TRANSIENT, End.EXIT_CODE, Verdict.RESTART),
        (Restart.TRANSIENT, End.SIGNAL, Verdict.RESTART),
        (Restart.TRANSIENT, End.FAILED_START, Verdict.RESTART),
        (Restart.TRANSIENT, End.SHUTDOWN, Verdict.STOP),
        (Restart.TEMPORARY, End.NORMAL, Verdict.STOP),
        (Restart.TEMPORARY, End.EXCEPTION, Verdict.STOP),
        (Restart.TEMPORARY, End.EXIT_CODE, Verdict.STOP),
        (Restart.TEMPORARY, End.SIGNAL, Verdict.STOP),
        (Restart.TEMPORARY, End.FAILED_START, Verdict.STOP),
        (Restart.TEMPORARY, End.SHUTDOWN, Verdict.STOP),
    ],
)
def test_an_end_is_followed_by_what_the_restart_type_says(
    restart: Restart, end: End, verdict: Verdict
) -> None:
    why = ExitReason(end=end, text="")
    assert decide(restart, why, [], 0.0, ROOM) is verdict
    at_the_limit = Verdict.GIVE_UP if verdict is Verdict.RESTART else verdict
    assert decide(restart, why, [], 0.0, FULL) is at_the_limit


@given(st.lists(st.floats(0, 100)), st.integers(0, 5), st.floats(0.1, 20))
def test_the_window_slides_with_every_restart(moments: list[float], most: int, within: float) -> None:
    intensity, history = Intensity(most, within), list[float]()
    for now in sorted(moments):
        naive = sum(1 for moment in history if moment >= now - within) < most
        assert intensity.allows(history, now) is naive
        if naive:
            history = [*intensity.recent(history, now), now]
            assert len(history) <= most


@pytest.mark.parametrize(
    ("strategy", "group"),
    [
        (Strategy.ONE_FOR_ONE, ["b"]),
        (Strategy.ONE_FOR_ALL, ["a", "b", "c"]),
        (Strategy.REST_FOR_ONE, ["b", "c"]),
    ],
)
def test_a_strategy_names_the_group_in_start_order(strategy: Strategy, group: list[str]) -> None:
    assert restarted_with(strategy, ["a", "b", "c"], "b") == group


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (3, "its process exited with code 3"),
        (-9, "killed by SIGKILL (perhaps out of memory)"),
        (-11, "killed by SIGSEGV"),
        (-63, "killed by signal 63"),
    ],
)
def test_an_exit_code_says_what_ended_the_process(code: int, text: str) -> None:
    assert str(reason.of_exit_code(code)) == text
    assert reason.of_exit_code(code).abnormal


@pytest.mark.parametrize("why", [reason.NORMAL, reason.SHUTDOWN, reason.KILLED])
def test_ends_that_somebody_wanted_are_not_abnormal(why: ExitReason) -> None:
    assert not why.abnormal
