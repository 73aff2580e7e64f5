"""The library's own log: structlog events with fixed names, on stderr, warnings and up.

Configured for these loggers alone; the application's logging, structlog's or the standard library's, is
never touched.
"""

from __future__ import annotations

import importlib
import logging
import os
import select
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from actors.runtime.descriptor import Descriptor

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

LEVEL: Final = "ACTORS_LOG_LEVEL"
"""The environment variable that sets the least level shown, one of `_LEVELS`."""
_LEVELS: Final = ("debug", "info", "warning", "error", "critical")
_STDERR: Final = 2
_PAGE: Final = 4096


class Impatient:
    """Standard error for a process that may neither wait for its reader nor fail for want of one.

    What cannot be written at once is lost.
    """

    def __init__(self) -> None:
        self._text = ""
        self._terminal = _own_terminal()
        self._number = _STDERR if self._terminal is None else self._terminal.number

    def write(self, text: str) -> None:
        """Add to what the next `flush` writes."""
        self._text += text

    def isatty(self) -> bool:
        """Whether standard error is a terminal."""
        return os.isatty(_STDERR)

    def flush(self) -> None:
        """Write as much as there is room for."""
        data, self._text = self._text.encode(errors="backslashreplace"), ""
        poll = select.poll()
        poll.register(self._number, select.POLLOUT)
        with suppress(OSError):
            while data and poll.poll(0):  # then a pipe has room for a page
                data = data[os.write(self._number, data[:_PAGE]) :]


def _own_terminal() -> Descriptor | None:
    """The terminal that standard error is, opened anew; None if it is none.

    One that can be written to may still have less room than a page, and only this opening of it is told
    not to wait.
    """
    if os.isatty(_STDERR):
        with suppress(OSError):  # another user's
            flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            return Descriptor(os.open(f"/proc/self/fd/{_STDERR}", flags))
    return None


def preload() -> None:
    """Import what loggers are made of: before a fork, or as there may be no descriptor for it later."""
    importlib.import_module("structlog")


def logger(file: Any = None, **fields: Any) -> FilteringBoundLogger:
    """A logger that adds `fields` to each of its events. It writes to `sys.stderr` if there is one."""
    import structlog  # half the time of importing this library, and few applications come by here

    stream: Any = file or sys.stderr or Impatient()
    wrapped: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S.%f", utc=False),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=_is_terminal(stream)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_level()),
        cache_logger_on_first_use=True,
    )
    return wrapped.bind(**fields) if fields else wrapped


def impatient_logger() -> FilteringBoundLogger:
    """A logger that loses what it cannot write at once."""
    return logger(Impatient())


def _is_terminal(stream: Any) -> bool:
    """Whether a stream, which may be anything that can be written to, is a terminal."""
    with suppress(Exception):
        return bool(stream.isatty())
    return False


def check_level() -> None:
    """Raise `ValueError` if the environment sets no level that there is."""
    if _setting().lower() not in _LEVELS:
        raise ValueError(f"{LEVEL}={_setting()!r} is no level; there are: {', '.join(_LEVELS)}")


def _setting() -> str:
    return os.environ.get(LEVEL, "warning")


def _level() -> int:
    """The level set. What is none, and was set after `check_level`, must not take the log away."""
    return logging.getLevelNamesMapping().get(_setting().upper(), logging.WARNING)
