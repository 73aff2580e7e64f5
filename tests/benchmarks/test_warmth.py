"""What keeps memory warm is there as long as it is needed, and gives back nearly all that it touched."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.warmth import warm_memory

from support import household

MIB = 1 << 20


def sizes(pid: int) -> dict[str, int]:
    """How large the parts of a process are, by their names in its status, in bytes."""
    lines = [line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return {words[0]: int(words[1]) * 1024 for words in lines if words[-1] == "kB"}


def test_it_ends_with_its_block_and_has_given_back_what_it_touched() -> None:
    before = household.children(os.getpid())
    with warm_memory(64 * MIB):
        (keeper,) = household.children(os.getpid()) - before
        size = sizes(keeper)
        assert size["VmHWM:"] - size["VmRSS:"] > 60 * MIB
    assert household.children(os.getpid()) == before
