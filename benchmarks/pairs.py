"""More busy actors than cores: ``python -m benchmarks.pairs PAIRS ASKS`` prints the seconds of each ask.

A program of its own, so that what says how actors wait, `ACTORS_SPIN`, can differ in its environment.
"""

from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.cast import AskMany
from benchmarks.measure import PATIENCE, Figure, each
from benchmarks.stage import stage


def busy_pairs(pairs: int, asks: int, *, spin: bool) -> Figure:
    """Actors that ask one another, pair by pair, all at once; what an ask takes of the time of all."""
    line = [sys.executable, "-m", "benchmarks.pairs", str(pairs), str(asks)]
    environment = {name: value for name, value in os.environ.items() if name != "ACTORS_SPIN"}
    if not spin:
        environment["ACTORS_SPIN"] = "0"
    return Figure(float(subprocess.run(line, env=environment, stdout=subprocess.PIPE, check=True).stdout))


def _run(pairs: int, asks: int) -> float:
    with stage("pairs") as ours, ours.actors(2 * pairs) as actors:
        askers, asked = actors[:pairs], actors[pairs:]

        def together() -> None:
            questions = [AskMany(other=other, count=asks) for other in asked]
            answers = [
                asker.ask_future(question, timeout=PATIENCE)
                for asker, question in zip(askers, questions, strict=True)
            ]
            for answer in answers:
                answer.result()

        return each(pairs * asks, together).typical


if __name__ == "__main__":
    print(_run(int(sys.argv[1]), int(sys.argv[2])))
