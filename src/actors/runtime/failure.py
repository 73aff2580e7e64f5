"""Failures: an exception as a reason that travels."""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Final

from actors.core.glance import abridged
from actors.core.message import changed
from actors.core.reason import End, ExitReason, of_exit_code

_SHOWN: Final = 32_000
"""How many characters of an error's text, and of its traceback, are told."""
_LIBRARY: Final = ("actors.runtime", "actors.core")


def reason_of(error: BaseException, end: End) -> ExitReason:
    """The reason of an end by an exception."""
    cls = type(error)
    return ExitReason(
        end=end,
        text=abridged(_text(error), _SHOWN),
        type=f"{cls.__module__}.{cls.__qualname__}".removeprefix("builtins."),
        traceback=abridged(
            "".join(traceback.format_exception(cls, error, _from_user_code(error.__traceback__))), _SHOWN
        ),
    )


def reason_of_exit(error: SystemExit, code: int) -> ExitReason:
    """The reason of an end by ``sys.exit``, with the words that it was given in place of a code."""
    why = of_exit_code(code)
    if error.code is None or isinstance(error.code, int):
        return why
    return changed(why, text=abridged(f"{why.text}: {_text(error)}", _SHOWN))


def _from_user_code(trace: TracebackType | None) -> TracebackType | None:
    """A traceback from the first line on that is the user's; all of it if there is none."""
    first = trace
    while first is not None and str(first.tb_frame.f_globals.get("__name__")).startswith(_LIBRARY):
        first = first.tb_next
    return first or trace


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as again:  # noqa: BLE001 - the user's __str__ may raise anything
        return f"<its text cannot be had: {type(again).__name__}>"
