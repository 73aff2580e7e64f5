"""What a process uses, read from ``/proc``."""

from __future__ import annotations

from pathlib import Path


def pss(pid: int | str) -> int:
    """The proportional set size of a process, in bytes: what it shares counts by its share."""
    return _field(f"/proc/{pid}/smaps_rollup", "Pss:") * 1024


def cpu_time(pid: int) -> float:
    """The processor time that a process has used, in seconds; threads that have ended do not count."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def wake_ups(pid: int) -> int:
    """How often a process has gone to sleep, and so been woken."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(_field(f"{task}/status", "voluntary_ctxt_switches:") for task in tasks)


def _field(file: str, name: str) -> int:
    lines = Path(file).read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))
