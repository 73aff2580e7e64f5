"""Kill the actors of a system under load until the time is up, and hold it to its promises.

Any message that is doubled, out of order or lost beyond the promise, any ask that ends late or with
something untrue, and anything that is left ends the run with an error. Every other round is one in which
supervisors give up.

    python benchmarks/soak.py [--seconds 60] [--seed N]
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.chaos import Chaos

ROUND = 20.0
"""How long one system is under fire, in seconds."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill the actors of a system under load.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    os.environ["ACTORS_LOG_LEVEL"] = "critical"
    print(f"seed {arguments.seed}", flush=True)
    end = time.monotonic() + arguments.seconds
    kills, outcomes, restarts, handled = Counter[str](), Counter[str](), list[float](), 0
    for number in range(1_000_000):
        left = end - time.monotonic()
        if left <= 0:
            return
        limits = (2, 3) if number % 2 else (1_000_000, 1_000_000)
        chaos = Chaos(arguments.seed + number, limit=limits[0], root_limit=limits[1])
        chaos.run(min(ROUND, left), kills=1_000_000)
        kills += chaos.kills
        outcomes += chaos.outcomes
        restarts += chaos.restarts
        handled += chaos.handled
        report(kills, outcomes, sorted(restarts), handled)


def report(kills: Counter[str], outcomes: Counter[str], restarts: list[float], handled: int) -> None:
    """One line."""
    p50, p99 = (restarts[len(restarts) * percent // 100] * 1000 for percent in (50, 99))
    print(
        f"{kills.total()} kills {dict(kills)}, {handled} messages handled, asks {dict(outcomes)}; "
        f"{len(restarts)} restarts, p50 {p50:.1f} ms, p99 {p99:.1f} ms",
        flush=True,
    )


if __name__ == "__main__":
    main()
