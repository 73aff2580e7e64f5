"""SIGTERM: leaves the `with` block of a system, as Ctrl-C does, unless the application handles it."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import Final

_EXIT_CODE: Final = 128 + signal.SIGTERM

_heeding: Final[set[object]] = set()
"""The systems for whose sake it is heeded."""


def heed(system: object) -> None:
    """Have it raise `SystemExit(143)` until `disregard`. Does nothing but in the main thread."""
    if _in_main_thread() and signal.getsignal(signal.SIGTERM) in (signal.SIG_DFL, _exit):
        _heeding.add(system)
        signal.signal(signal.SIGTERM, _exit)


def disregard(system: object) -> None:
    """Put the default back after the last system, unless the application has set a handler meanwhile."""
    _heeding.discard(system)
    if _in_main_thread() and not _heeding and signal.getsignal(signal.SIGTERM) is _exit:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _exit(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(_EXIT_CODE)
