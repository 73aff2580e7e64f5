"""``python -m benchmarks [--quick] [--only WORD] [--json FILE]``."""

from __future__ import annotations

import argparse
import json
import os
import platform
from contextlib import ExitStack
from pathlib import Path

import attrs

from benchmarks.measure import Result, compare
from benchmarks.suite import Suite, start_and_stop

HEAD = "| what | against | ours | floor | ratio | spread | reach | |\n|---|---|---|---|---|---|---|---|"


def row(result: Result) -> str:
    """A line of the table."""
    return (
        f"| {result.name} | {result.floor_name} | {seconds(result.ours)} | {seconds(result.floor)} "
        f"| {result.ratio:.2f} | {result.least:.2f}-{result.most:.2f} | {result.reach:.2g} "
        f"| {'reached' if result.reached else 'not yet'} |"
    )


def seconds(time: float) -> str:
    """A time as people read it."""
    return f"{time * 1e6:.1f} µs" if time < 1e-3 else f"{time * 1e3:.1f} ms"


def machine() -> str:
    """What this was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}"
    )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds of less work")
    parser.add_argument("--only", default="", help="what has this word in its name")
    parser.add_argument("--json", type=Path, help="write the results here too")
    arguments = parser.parse_args()
    os.environ.setdefault("ACTORS_LOG_LEVEL", "error")
    rounds, scale = (3, 0.2) if arguments.quick else (5, 1.0)
    print(f"{machine()}; {rounds} rounds; ratio: the floor's time by ours, so more is better\n\n{HEAD}")
    results: list[Result] = []
    with ExitStack() as stack:
        suite = Suite(stack, scale)
        for comparison in suite.comparisons():
            if arguments.only in comparison.name:
                results.append(compare(comparison, rounds))
                print(row(results[-1]), flush=True)
        if not arguments.only:
            own, bare = suite.memory()
            print(f"\nmemory: an actor adds {own:.1f} MiB (PSS), a bare forked child {bare:.1f} MiB")
            print(f"idle: {suite.idle(3.0):.1f} % of a core")
    if not arguments.only:
        print(f"start and stop of an empty system: {seconds(start_and_stop())}")
    if arguments.json:
        arguments.json.write_text(json.dumps([attrs.asdict(result) for result in results], indent=2))


if __name__ == "__main__":
    main()
