"""The library's own log: structlog events with fixed names, on stderr, warnings and up.

Configured for these loggers alone; the application's logging, structlog's or the standard library's, is
never touched.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, Final

import structlog
from structlog.typing import FilteringBoundLogger

LEVEL: Final = "ACTORS_LOG_LEVEL"
"""The environment variable that sets the least level shown: debug, info, warning, error."""


def logger(**fields: Any) -> FilteringBoundLogger:
    """A logger that adds `fields` to each of its events."""
    wrapped: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S.%f", utc=False),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_level()),
        cache_logger_on_first_use=True,
    )
    return wrapped.bind(**fields) if fields else wrapped


def _level() -> int:
    name = os.environ.get(LEVEL, "warning").upper()
    return logging.getLevelNamesMapping().get(name, logging.WARNING)
