"""Starvation: how long a process was ready to run, while others had the processors."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

_THREADS: Final = Path("/proc/self/task")


def starved() -> float:
    """How long the threads of this process have waited for a processor, all together, in seconds."""
    return sum(map(_waited, _THREADS.iterdir()))


def _waited(thread: Path) -> float:
    with suppress(FileNotFoundError, ProcessLookupError):  # it has ended, or the kernel does not tell
        return int((thread / "schedstat").read_text().split()[1]) / 1e9
    return 0.0
