"""In turn: one node after the other, whether steps are done at once or later."""

from __future__ import annotations

from collections import deque
from typing import Any, cast

from actors.runtime.guardian.node import Done, Node
from actors.runtime.guardian.succession import in_turn

NODES = cast("list[Node]", list(range(10_000)))


def test_any_number_of_steps_may_be_done_at_once() -> None:
    seen: list[Any] = []

    def step(node: Node, done: Done) -> None:
        seen.append(node)
        done()

    in_turn(NODES, step, lambda: seen.append("then"))
    assert seen == [*NODES, "then"]


def test_each_step_waits_for_the_one_before() -> None:
    seen: list[Any] = []
    begun: deque[Done] = deque()

    def step(node: Node, done: Done) -> None:
        seen.append(node)
        begun.append(done)

    in_turn(NODES[:3], step, lambda: seen.append("then"))
    for count in range(1, 4):
        assert seen == NODES[:count]
        begun.popleft()()
    assert seen == [*NODES[:3], "then"]


def test_nothing_follows_a_step_that_is_never_done() -> None:
    seen: list[Any] = []
    in_turn(NODES[:3], lambda node, _: seen.append(node), lambda: seen.append("then"))
    assert seen == NODES[:1]


def test_of_none_only_what_comes_then_is_done() -> None:
    seen: list[Any] = []
    in_turn([], lambda node, _: seen.append(node), lambda: seen.append("then"))
    assert seen == ["then"]
