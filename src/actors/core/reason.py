"""Why an actor ended."""

from __future__ import annotations

import signal
from enum import StrEnum

from actors.core.message import Message


class End(StrEnum):
    """The kinds of end."""

    NORMAL = "normal"
    """``context.stop()`` or ``sys.exit(0)``."""
    SHUTDOWN = "shutdown"
    """Commanded: ``ref.stop()``, ``ref.kill()``, or the stop of its parent or system."""
    EXCEPTION = "exception"
    EXIT_CODE = "exit_code"
    SIGNAL = "signal"
    FAILED_START = "failed_start"


class ExitReason(Message):
    """Why an actor ended. ``str()`` of it is one line."""

    end: End
    text: str
    """The exception's text, or what is known of the exit."""
    type: str = ""
    """The exception's class, as ``module.qualname``."""
    traceback: str = ""
    code: int = 0
    """The exit code, or the signal's number."""

    @property
    def abnormal(self) -> bool:
        """Whether a transient actor is restarted after it."""
        return self.end not in (End.NORMAL, End.SHUTDOWN)

    def __str__(self) -> str:
        return f"{self.type}: {self.text}" if self.type else self.text


NORMAL = ExitReason(end=End.NORMAL, text="stopped itself")
SHUTDOWN = ExitReason(end=End.SHUTDOWN, text="was told to stop")
KILLED = ExitReason(end=End.SHUTDOWN, text="was killed on command")


def of_exit_code(code: int) -> ExitReason:
    """The reason behind a process's exit code, which is a negated signal number if it was killed."""
    if code >= 0:
        return ExitReason(end=End.EXIT_CODE, text=f"its process exited with code {code}", code=code)
    number = -code
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    hint = " (perhaps out of memory)" if number == signal.SIGKILL else ""
    return ExitReason(end=End.SIGNAL, text=f"killed by {name}{hint}", code=number)
