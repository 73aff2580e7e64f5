"""Floods: many reports of one kind are counted where they arise."""

from __future__ import annotations

from typing import Final

WINDOW: Final = 1.0
"""In seconds."""
ADMITTED: Final = 100
"""How many reports of a window go out one by one."""


class Flood:
    """Lets a number of reports through in each window and counts the others."""

    def __init__(self) -> None:
        self._window = float("-inf")
        self._admitted = 0
        self._held = 0

    def admit(self, count: int, now: float) -> bool:
        """Whether to report `count` things now; if not, they are counted."""
        if now - self._window >= WINDOW:
            self._window, self._admitted = now, 0
        if self._admitted >= ADMITTED:
            self._held += count
            return False
        self._admitted += 1
        return True

    def hold(self, count: int) -> None:
        """Count what cannot be reported now."""
        self._held += count

    def release(self) -> int:
        """How many have been counted and not told; they are told now."""
        held, self._held = self._held, 0
        return held
