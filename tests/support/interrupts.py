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


@contextmanager
def handling_after_call(number: int, below: CodeType, handle: Callable[[], object]) -> Generator[None]:
    """Have a signal handler run when the n-th call of a built-in function below some code is done."""
    calls = itertools.count(1)

    def profile(frame: FrameType | None, event: str, _argument: Any) -> None:
        while frame is not None and frame.f_code is not below:
            frame = frame.f_back
        if frame is not None and event == "c_return" and next(calls) == number:
            handle()

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)


@contextmanager
def handling_while_locked(lock: Mutex, handle: Callable[[], object]) -> Generator[None]:
    """Have a signal handler run when a call is done while this thread has a lock; once."""
    times = iter((1,))

    def profile(_frame: FrameType, event: str, _argument: Any) -> None:
        if event == "c_return" and lock._is_owned():  # type: ignore[attr-defined]  # pyright: ignore
            for _ in times:
                handle()

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)
