"""Interrupts at every instant: what a signal handler may do, one call after the other."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from types import CodeType, FrameType
from typing import Any

from actors.runtime.mutex import Mutex


class Interrupted(BaseException):
    """What a signal handler raises here."""


def raising_after_call(number: int, below: CodeType) -> AbstractContextManager[None]:
    """Have the n-th call of a built-in function below some code raise when it is done, as handlers may."""

    def handle() -> None:
        raise Interrupted

    return handling_after_call(number, below, handle)


def handling_after_call(
    number: int, below: CodeType, handle: Callable[[], object]
) -> AbstractContextManager[None]:
    """Have a signal handler run when the n-th call of a built-in function below some code is done."""
    calls = itertools.count(1)

    def after_call(frame: FrameType | None) -> None:
        while frame is not None and frame.f_code is not below:
            frame = frame.f_back
        if frame is not None and next(calls) == number:
            handle()

    return _after_each_call(after_call)


def handling_while_locked(lock: Mutex, handle: Callable[[], object]) -> AbstractContextManager[None]:
    """Have a signal handler run when a call is done while this thread has a lock; once."""
    times = iter((1,))

    def after_call(_frame: FrameType) -> None:
        if lock._is_owned():  # type: ignore[attr-defined]  # pyright: ignore
            for _ in times:
                handle()

    return _after_each_call(after_call)


@contextmanager
def _after_each_call(act: Callable[[FrameType], None]) -> Generator[None]:
    def profile(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "c_return":
            act(frame)

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)
