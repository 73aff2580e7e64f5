"""Why an actor ended."""

from __future__ import annotations

import signal
from enum import StrEnum

from actors.core.glance import abridged
from actors.core.message import Message, changed


class End(StrEnum):
    """The kinds of end."""

    NORMAL = "normal"
    """``context.stop()``, ``sys.exit(0)``, or `Ignore` at the start."""
    SHUTDOWN = "shutdown"
    """Commanded: ``ref.stop()``, ``ref.kill()``, or the stop of its parent or system."""
    RECYCLED = "recycled"
    """It had reached a limit (``max_memory=``, ``max_messages=``, ``max_age=``) and is started anew."""
    EXCEPTION = "exception"
    EXIT_CODE = "exit_code"
    SIGNAL = "signal"
    STUCK = "stuck"
    """It had a message in hand for longer than its ``handler_timeout``."""
    FAILED_START = "failed_start"
    GAVE_UP = "gave_up"
    """A supervisor's children were restarted too often."""


_ORDERLY = frozenset({End.NORMAL, End.SHUTDOWN, End.RECYCLED})


class ExitReason(Message):
    """Why an actor ended, and after what life. ``str()`` of it is one line."""

    end: End
    text: str
    """The exception's text, or what is known of the exit."""
    type: str = ""
    """The exception's class, as ``module.qualname``."""
    traceback: str = ""
    """The exception's traceback, or the Python stack of a process that a fault or its timeout ended."""
    code: int = 0
    """The exit code, or the signal's number."""
    uptime: float = 0.0
    """How many seconds the process had lived."""
    restarts: int = 0
    """How many times the actor had been restarted before."""
    in_hand: str = ""
    """The class of the message in hand, or its type; empty if there was none."""

    @property
    def abnormal(self) -> bool:
        """Whether a transient actor is restarted after it."""
        return self.end not in _ORDERLY

    def shortened(self, length: int) -> ExitReason:
        """The same with no more than so many characters of text and of traceback, the middle left out."""
        return changed(self, text=abridged(self.text, length), traceback=abridged(self.traceback, length))

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
