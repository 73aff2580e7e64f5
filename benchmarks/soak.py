"""Kill the actors of a system under load, thousands of times, and hold it to its promises.

Any message that is doubled, out of order, corrupt or lost beyond the promise, any ask that ends late or
with something untrue, and anything that grows or is left ends the run with an error. After that come
shorter fights in which supervisors give up. With ``--guardians``, guardians are killed too, and waiting
mail is lost with them.

    python benchmarks/soak.py [--kills 3000] [--fights 5] [--seed N]
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.chaos.chaos import Chaos

MINUTE: Final = 60.0
"""How long to fight before all comes to rest and is measured, in seconds."""
SHORT: Final = 6.0
"""How long a fight takes in which supervisors give up."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill the actors of a system under load.")
    parser.add_argument("--kills", type=int, default=3_000)
    parser.add_argument("--fights", type=int, default=5, help="how many, in which supervisors give up")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--guardians", action="store_true", help="kill guardians too, now and then")
    arguments = parser.parse_args()
    os.environ["ACTORS_LOG_LEVEL"] = "critical"
    print(f"seed {arguments.seed}", flush=True)
    soak(arguments.seed, arguments.kills, guardians=arguments.guardians)
    for number in range(1, arguments.fights + 1):
        give_up(arguments.seed + number)


def soak(seed: int, kills: int, *, guardians: bool) -> None:
    """Fight over one system until there were so many kills."""
    with Chaos(seed, guardians=guardians) as chaos:
        while chaos.fire.kills.total() < kills:
            chaos.fight(MINUTE, kills)
            print(f"{chaos.fire.kills.total()} kills; at rest {chaos.footprints[-1]}", flush=True)
    report(chaos)


def give_up(seed: int) -> None:
    """Fight over a system whose supervisors give up."""
    with Chaos(seed, limit=1, root_limit=2) as chaos:
        chaos.fight(SHORT)
    print(f"{len(chaos.given_up)} have given up: ", end="")
    report(chaos)


def report(chaos: Chaos) -> None:
    """What happened, and how fast it was put right."""
    fire, oracle = chaos.fire, chaos.oracle
    print(f"{fire.kills.total()} kills {dict(fire.kills)}, in the middle of {dict(fire.roles)}")
    print(f"  {oracle.handled} messages handled, asks {dict(oracle.outcomes)}")
    print(f"  asks late by {_percentiles(oracle.lateness)}")
    for kind, restarts in chaos.restarts.items():
        print(f"  {len(restarts)} restarts {kind}: {_percentiles(sorted(restarts))}", flush=True)


def _percentiles(seconds: Sequence[float]) -> str:
    if not seconds:
        return "none"
    p50, p99 = (seconds[len(seconds) * percent // 100] * 1000 for percent in (50, 99))
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"


if __name__ == "__main__":
    main()
