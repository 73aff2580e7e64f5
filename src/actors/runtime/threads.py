"""Threads: what a callback raises in one of ours is shown, and does not end it."""

from __future__ import annotations

import sys
import threading


def show_exception() -> None:
    """Show the exception in hand as if it had ended this thread, by `threading.excepthook`."""
    shown = (*sys.exc_info(), threading.current_thread())
    threading.excepthook(threading.ExceptHookArgs(shown))
