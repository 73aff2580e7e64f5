"""``python -m benchmarks``: everything, in one run."""

from __future__ import annotations

import argparse
import compileall
import os
import sys
from contextlib import nullcontext
from pathlib import Path

import actors
import benchmarks
from benchmarks import page, report
from benchmarks.charts import write_charts
from benchmarks.contest import hold
from benchmarks.peers import registry
from benchmarks.peers.contests import fate
from benchmarks.peers.registry import OURS
from benchmarks.run import Met, Run
from benchmarks.suite import Suite
from benchmarks.warmth import AMPLE, FORKING, warm_memory


def main() -> None:
    """Measure, print tables, and write what is asked for."""
    arguments = _arguments()
    os.environ.setdefault("ACTORS_LOG_LEVEL", "critical")
    run = Run.read(arguments.read) if arguments.read else _measure(arguments)
    if arguments.json:
        run.write(arguments.json)
    if arguments.write_docs:
        page.rewrite(run, *map(Run.read, arguments.beside))
    for folder in filter(None, (arguments.charts, arguments.write_docs and page.CHARTS)):
        write_charts(run, folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure against raw floors.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds of less work")
    sections = list(Suite().sections())
    parser.add_argument(
        "--only", nargs="+", choices=sections, metavar="SECTION", help=f"some of {', '.join(sections)}"
    )
    parser.add_argument(
        "--peers",
        nargs="*",
        choices=[peer.key for peer in registry.PEERS],
        metavar="PEER",
        help="these (none without a name); all that are installed by default",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure here")
    parser.add_argument("--read", type=Path, metavar="FILE", help="measure nothing: take what --json wrote")
    parser.add_argument(
        "--beside",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="other runs, made with other Pythons say, for the table of what is to be reached",
    )
    parser.add_argument("--charts", type=Path, metavar="DIR", help="write charts here")
    parser.add_argument(
        "--write-docs", action="store_true", help="put the figures into docs/performance.md"
    )
    arguments = parser.parse_args()
    if arguments.write_docs and (arguments.only or arguments.quick):
        parser.error(
            "the documentation shows what was measured as a whole: no --write-docs with --only or --quick"
        )
    return arguments


def _measure(arguments: argparse.Namespace) -> Run:
    rounds, scale = (3, 0.2) if arguments.quick else (5, 1.0)
    _compile()
    peers = registry.choose(arguments.peers)
    run = Run.begin(rounds)
    run.absent = registry.absent()
    print(f"{run.machine}; {rounds} rounds", flush=True)
    for name, contests in Suite(scale, peers).sections().items():
        if arguments.only and name not in arguments.only:
            continue
        with warm_memory(int(scale * AMPLE)) if name in FORKING else nullcontext():
            for contest in contests():
                print(f"{name}: {contest.name}", file=sys.stderr, flush=True)
                run.results.append(hold(contest, name, rounds))
        if name == "peers":
            run.met = [Met.of(peer, fate(peer)) for peer in (OURS, *peers)]
        print(f"\n{report.section(run, name)}", flush=True)
    run.end()
    print(f"\n{report.conditions(run)}")
    return run


def _compile() -> None:
    """Have the bytecode beside the source, as after an installation, whatever the environment says."""
    for package in (actors, benchmarks):
        compileall.compile_dir(package.__path__[0], quiet=2)


if __name__ == "__main__":
    main()
