"""Cells: a reply comes by the cell or through the pipe, whatever the other side does in between."""

from __future__ import annotations

import itertools
import os
import random
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from actors.runtime import cell as cell_module
from actors.runtime.cell import ROOM, Cell, CellWriter

MOMENT = 25e-6
SHORT = 75e-9
"""A moment of three glances, in seconds."""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "cell")


def pair(path: str, moment: float = MOMENT) -> tuple[Cell, CellWriter]:
    """Both ends of a cell. Not fixtures, so that they end with the test that has them."""
    cell, writer = Cell.create(path, moment), CellWriter.open(path)
    assert writer is not None
    return cell, writer


@contextmanager
def at_line(number: int, of: Callable[..., Any], do: Callable[[], object]) -> Generator[list[int]]:
    """Do something before the n-th line that a function executes; gives a list with that line, or none."""
    lines, done = itertools.count(), list[int]()

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if frame.f_code is not of.__code__:
            return None
        if event == "line" and next(lines) == number:
            done.append(frame.f_lineno)
            sys.settrace(None)
            do()
        return trace

    sys.settrace(trace)
    try:
        yield done
    finally:
        sys.settrace(None)


def test_a_reply_that_is_awaited_is_laid_down_and_taken(path: str) -> None:
    cell, writer = pair(path)
    for question in range(1, 100):
        assert cell.open(question)
        assert writer.lay(question, b"reply %d" % question)
        assert cell.holds
        assert cell.watch(question) == b"reply %d" % question
        assert not cell.holds


@pytest.mark.parametrize("size", [0, 1, ROOM])
def test_a_reply_may_have_any_size_up_to_the_room(path: str, size: int) -> None:
    cell, writer = pair(path)
    reply = os.urandom(size)
    assert cell.open(1)
    assert writer.lay(1, reply)
    assert cell.watch(1) == reply


def test_a_larger_one_goes_through_the_pipe(path: str) -> None:
    cell, writer = pair(path)
    assert cell.open(1)
    assert not writer.lay(1, bytes(ROOM + 1))
    assert cell.watch(1) is None
    assert cell.open(2)


def test_the_reply_to_another_question_goes_through_the_pipe(path: str) -> None:
    cell, writer = pair(path)
    assert not writer.lay(1, b"nobody has asked")
    assert cell.open(2)
    assert not writer.lay(1, b"to the one before")
    assert writer.lay(2, b"to this one")
    assert not writer.lay(2, b"to this one, again")
    assert cell.watch(2) == b"to this one"
    assert not writer.lay(2, b"when it has been taken")


def test_it_is_open_for_one_question_at_a_time(path: str) -> None:
    cell, writer = pair(path)
    assert cell.open(1)
    assert not cell.open(2)
    assert writer.lay(1, b"first")
    assert not cell.open(2)
    assert cell.close(2) is None
    assert cell.close(1) == b"first"
    assert cell.open(2)


def test_nothing_is_laid_down_when_it_is_closed(path: str) -> None:
    cell, writer = pair(path)
    assert cell.open(1)
    assert cell.watch(1) is None
    assert not writer.lay(1, b"too late")
    assert cell.open(2)
    assert writer.lay(2, b"in time")


def test_a_reply_that_is_laid_down_while_it_is_closed_comes_in_one_way(path: str) -> None:
    ways = set[bool]()
    for line in itertools.count():
        cell, writer = pair(f"{path}.{line}")
        laid = list[bool]()
        assert cell.open(1)

        def lay(writer: CellWriter = writer, laid: list[bool] = laid) -> None:
            laid.append(writer.lay(1, b"reply"))

        with at_line(line, Cell.close, lay) as reached:
            reply = cell.close(1)
        if not reached:
            break
        assert (reply == b"reply") == laid[0]
        assert cell.open(2), f"closed for good at line {reached}"
        ways.add(laid[0])
    assert ways == {True, False}


def test_a_reply_that_is_being_laid_down_when_it_is_closed_comes_in_one_way(path: str) -> None:
    ways = set[tuple[bool, bool]]()
    for line in itertools.count():
        cell, writer = pair(f"{path}.{line}")
        taken = list[bytes | None]()

        def close(cell: Cell = cell, taken: list[bytes | None] = taken) -> None:
            taken.append(cell.close(1))
            assert cell.open(2) or cell.doubtful == 1

        assert cell.open(1)
        with at_line(line, CellWriter.lay, close) as reached:
            laid = writer.lay(1, b"reply")
        if not reached:
            break
        assert taken[0] in (None, b"reply")
        assert taken[0] is not None or not laid, f"lost at line {reached}"
        assert list(cell.taken_late) == ([1] if taken[0] else []), (
            "so that the one in the pipe is passed over"
        )
        if not cell.doubtful:
            assert writer.lay(2, b"the next")
            assert cell.watch(2) == b"the next"
        ways.add((taken[0] is not None, laid))
    assert ways == {(False, False), (True, True)}


class Steps:
    """Runs threads of which one at a time executes one line of the module, as a die decides."""

    def __init__(self, die: random.Random) -> None:
        self._die = die
        self._turns: dict[threading.Thread, threading.Semaphore] = {}
        self._arrived = threading.Semaphore(0)

    def run(self, *scripts: Callable[[], object]) -> None:
        threads = [threading.Thread(target=self._live, args=(script,)) for script in scripts]
        for thread in threads:
            self._turns[thread] = threading.Semaphore(0)
            thread.start()
            self._arrived.acquire()
        while self._turns:
            self._turns[self._die.choice(list(self._turns))].release()
            self._arrived.acquire()
        for thread in threads:
            thread.join()

    def _live(self, script: Callable[[], object]) -> None:
        self._pause()
        sys.settrace(self._trace)
        try:
            script()
        finally:
            sys.settrace(None)
            del self._turns[threading.current_thread()]
            self._arrived.release()

    def _trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename != cell_module.__file__ or frame.f_code is Cell.open.__code__:
            return None  # as `open` is one step for the interpreter, too
        if event == "line":
            self._pause()
        return self._trace

    def _pause(self) -> None:
        mine = self._turns[threading.current_thread()]
        self._arrived.release()
        mine.acquire()


@pytest.mark.parametrize("seed", range(150))
def test_in_whatever_order_their_lines_run_each_reply_comes_and_is_whole(path: str, seed: int) -> None:
    """Two threads ask one question after the other, three others answer each question when it is asked."""
    die = random.Random(seed)
    cell, _ = pair(path, SHORT)
    replies = {number: bytes([number]) * die.randrange(1, 40) for number in range(1, 7)}
    numbers, by_cell, by_pipe = iter(replies), dict[int, bytes](), dict[int, bytes]()
    asked = {number: threading.Event() for number in replies}

    def ask() -> None:
        for number in itertools.islice(numbers, 3):
            opened = cell.open(number)
            asked[number].set()
            reply = die.choice((cell.watch, cell.close))(number) if opened else None
            if reply is not None:
                by_cell[number] = reply
            while number not in by_cell and number not in by_pipe:
                cell.holds  # noqa: B018 - a line of the module, in which others have their turn
            if number in by_pipe and cell.doubtful == number:
                cell.doubtful = 0

    def answer(questions: list[int]) -> None:
        writer = CellWriter.open(path)
        assert writer is not None
        while questions:
            for number in [number for number in questions if asked[number].is_set()]:
                questions.remove(number)
                if not writer.lay(number, replies[number]):
                    by_pipe[number] = replies[number]
            writer.lay(99, b"nobody asks this")

    Steps(die).run(
        ask, ask, *(lambda r=rest: answer([n for n in replies if n % 3 == r]) for rest in range(3))
    )
    assert by_pipe | by_cell == replies
