"""What a process uses, read from ``/proc``."""

from __future__ import annotations

import os
from pathlib import Path


def pss(pid: int | str) -> int:
    """The proportional set size of a process, in bytes: what it shares counts by its share."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    line = next(line for line in lines if line.startswith("Pss:"))
    return int(line.split()[1]) * 1024


def cpu_time(pid: int) -> float:
    """The processor time that a process has used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
