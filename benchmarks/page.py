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


def rewritten(text: str, run: Run) -> str:
    """The text with what stands between its markers as the run has it."""

    def between(match: re.Match[str]) -> str:
        name = match[2]
        content = report.conditions(run) if name == "conditions" else report.section(run, name)
        return f"{match[1]}\n{content}\n\n{match[3]}"

    return _MARKED.sub(between, text)


def rewrite(run: Run) -> None:
    """Write the page anew."""
    PAGE.write_text(rewritten(PAGE.read_text(), run))
