"""What is printed: a table, and the machine it was measured on."""

from __future__ import annotations

import json
import os
import platform
from typing import Final

from benchmarks.yardsticks.measure import Comparison, Result

HEAD: Final = (
    "| what | against | ours | floor | ratio | spread | reach | |\n|:--|:--|--:|--:|--:|:-:|--:|:--|"
)
_VERDICTS: Final = {True: "reached", False: "not yet", None: ""}


def row(result: Result) -> str:
    """A line of the table. The ratio is the floor by ours, so more is better."""
    what, ratios = result.comparison, result.ratios
    floor, ratio, spread = "", "", ""
    if what.floor_name and ratios:
        floor = what.unit.show(result.floor)
        ratio, spread = f"{result.ratio:.2f}", f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    ours, verdict = what.unit.show(result.ours), _VERDICTS[result.reached]
    cells = (what.name, what.floor_name, ours, floor, ratio, spread, _reach(what), verdict)
    return "| " + " | ".join(cells) + " |"


def machine() -> str:
    """What this is measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel = platform.release().split("-")[0]
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Linux {kernel}, Python {platform.python_version()}"


def load() -> str:
    """How busy the machine has been, the measuring included."""
    return "load average over 1, 5 and 15 minutes: " + ", ".join(f"{load:.1f}" for load in os.getloadavg())


def as_json(results: list[Result], rounds: int) -> str:
    """Everything, for a program."""
    comparisons = [
        {
            "name": result.comparison.name,
            "floor": result.comparison.floor_name,
            "unit": result.comparison.unit.value,
            "rounds": result.pairs,
            "ratio": result.ratio,
            "faster": result.comparison.faster,
            "more": result.comparison.more,
            "reached": result.reached,
        }
        for result in results
    ]
    return json.dumps({"machine": machine(), "rounds": rounds, "comparisons": comparisons}, indent=2) + "\n"


def _reach(what: Comparison) -> str:
    if what.faster is not None:
        return f"{what.faster:.2g}"
    if what.more is not None:
        return f"{what.unit.show(what.more)} more" if what.floor_name else what.unit.show(what.more)
    return ""
