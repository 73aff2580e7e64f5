"""Decisions of supervision, as tables and against naive models."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import AutoShutdown, Restart, Strategy
from actors.core import reason
from actors.core.policy import Intensity, Verdict, decide, restarted_with, shuts_down, tries_again
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
        (Restart.PERMANENT, End.STUCK, Verdict.RESTART),
        (Restart.PERMANENT, End.GAVE_UP, Verdict.RESTART),
        (Restart.PERMANENT, End.RECYCLED, Verdict.RENEW),
        (Restart.PERMANENT, End.SHUTDOWN, Verdict.STOP),
        (Restart.TRANSIENT, End.NORMAL, Verdict.STOP),
        (Restart.TRANSIENT, End.EXCEPTION, Verdict.RESTART),
        (Restart.TRANSIENT, End.EXIT_CODE, Verdict.RESTART),
        (Restart.TRANSIENT, End.SIGNAL, Verdict.RESTART),
        (Restart.TRANSIENT, End.FAILED_START, Verdict.RESTART),
        (Restart.TRANSIENT, End.STUCK, Verdict.RESTART),
        (Restart.TRANSIENT, End.GAVE_UP, Verdict.RESTART),
        (Restart.TRANSIENT, End.RECYCLED, Verdict.RENEW),
        (Restart.TRANSIENT, End.SHUTDOWN, Verdict.STOP),
        (Restart.TEMPORARY, End.NORMAL, Verdict.STOP),
        (Restart.TEMPORARY, End.EXCEPTION, Verdict.STOP),
        (Restart.TEMPORARY, End.EXIT_CODE, Verdict.STOP),
        (Restart.TEMPORARY, End.SIGNAL, Verdict.STOP),
        (Restart.TEMPORARY, End.FAILED_START, Verdict.STOP),
        (Restart.TEMPORARY, End.STUCK, Verdict.STOP),
        (Restart.TEMPORARY, End.GAVE_UP, Verdict.STOP),
        (Restart.TEMPORARY, End.RECYCLED, Verdict.STOP),
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


def test_the_table_has_a_row_for_every_case() -> None:
    (table,) = (
        mark.args[1]
        for mark in getattr(test_an_end_is_followed_by_what_the_restart_type_says, "pytestmark", ())
        if mark.name == "parametrize"
    )
    assert {(restart, end) for restart, end, _ in table} == set(itertools.product(Restart, End))


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


@given(st.sampled_from(Strategy), st.lists(st.integers(), unique=True, min_size=1), st.integers(0, 99))
def test_a_group_is_who_the_strategy_says_and_in_start_order(
    strategy: Strategy, children: list[int], chance: int
) -> None:
    ended = children[chance % len(children)]
    naive: list[int] = []
    for one in children:
        after = ended in naive or one == ended
        if (
            one == ended
            or strategy is Strategy.ONE_FOR_ALL
            or (strategy is Strategy.REST_FOR_ONE and after)
        ):
            naive.append(one)
    assert restarted_with(strategy, children, ended) == naive


@pytest.mark.parametrize(
    ("auto_shutdown", "significant", "others", "ends"),
    [
        (AutoShutdown.NEVER, True, [], False),
        (AutoShutdown.ANY_SIGNIFICANT, True, [True, False], True),
        (AutoShutdown.ANY_SIGNIFICANT, False, [True], False),
        (AutoShutdown.ALL_SIGNIFICANT, True, [True, False], False),
        (AutoShutdown.ALL_SIGNIFICANT, True, [False, False], True),
        (AutoShutdown.ALL_SIGNIFICANT, True, [], True),
        (AutoShutdown.ALL_SIGNIFICANT, False, [], False),
    ],
)
def test_a_supervisor_ends_with_its_significant_children(
    auto_shutdown: AutoShutdown, significant: bool, others: list[bool], ends: bool
) -> None:
    assert shuts_down(auto_shutdown, significant, others) is ends


@pytest.mark.parametrize(("retry", "tries"), [(0, 1), (1, 2), (250, 251)])
def test_a_message_is_tried_once_and_as_often_again_as_retry_says(retry: int, tries: int) -> None:
    deaths = 1
    while tries_again(retry, deaths):
        deaths += 1
    assert deaths == tries


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
