"""The page of the documentation: what a run says is put between its markers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from benchmarks import report
from benchmarks.run import Run

PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"
CHARTS: Final = PAGE.with_name("charts")
_MARKED: Final = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rewritten(text: str, run: Run, *beside: Run) -> str:
    """The text with what stands between its markers as the run has it, and other runs beside it."""

    def between(match: re.Match[str]) -> str:
        match match[2]:
            case "conditions":
                content = report.conditions(run)
            case "reaches":
                content = report.reaches((run, *beside))
            case name:
                content = report.section(run, name)
        return f"{match[1]}\n{content}\n\n{match[3]}"

    return _MARKED.sub(between, text)


def rewrite(run: Run, *beside: Run) -> None:
    """Write the page anew."""
    PAGE.write_text(rewritten(PAGE.read_text(), run, *beside))
