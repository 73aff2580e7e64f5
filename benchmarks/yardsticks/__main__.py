"""``python -m benchmarks [--quick] [--only WORD] [--json FILE]``."""

from __future__ import annotations

import argparse
import os
from contextlib import ExitStack
from pathlib import Path

from actors import ActorSystem
from benchmarks.yardsticks import report
from benchmarks.yardsticks.measure import Result, compare
from benchmarks.yardsticks.stage import Stage
from benchmarks.yardsticks.suite import Suite


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure against raw floors.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds of less work")
    parser.add_argument("--only", default="", metavar="NAME", help="what has this in its name")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results here too")
    arguments = parser.parse_args()
    os.environ.setdefault("ACTORS_LOG_LEVEL", "error")
    rounds, scale = (3, 0.2) if arguments.quick else (5, 1.0)
    print(f"{report.machine()}; {rounds} rounds\n\n{report.HEAD}", flush=True)
    results: list[Result] = []
    with ExitStack() as stack:
        system = stack.enter_context(ActorSystem("benchmarks", max_restarts=10**6))
        for comparison in Suite(Stage(system), stack, scale).comparisons():
            if arguments.only in comparison.name:
                results.append(compare(comparison, rounds))
                print(report.row(results[-1]), flush=True)
    print(f"\n{report.load()}")
    if arguments.json:
        arguments.json.write_text(report.as_json(results, rounds))


if __name__ == "__main__":
    main()
