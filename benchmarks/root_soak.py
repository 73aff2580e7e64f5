"""Kill applications with their actor systems at random instants, at start-up too, and look for leftovers.

Any process that outlives its application by seconds, and any run directory that the next start would not
sweep, ends the run with an error. For those that were up, it is told how soon everything was gone.

    python benchmarks/root_soak.py [--kills 1000] [--seed N]
"""

from __future__ import annotations

import argparse
import os
import random
import select
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from actors.runtime import rundirectory
from support.run import Program

PROGRAM = str(Path(__file__).parents[1] / "tests" / "support" / "program.py")
START_UP = 0.6
"""Half of the applications are killed within so many seconds of their start."""
PATIENCE = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill applications with their actor systems.")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    chance, times, swept = random.Random(arguments.seed), list[float](), 0
    with tempfile.TemporaryDirectory(prefix="root-soak-", dir=rundirectory.base()) as base:
        os.environ[rundirectory.ENVIRONMENT] = base
        for number in range(1, arguments.kills + 1):
            program = Program(PROGRAM, "stay")
            if chance.random() < 0.5:
                kill_at_start(program, chance.uniform(0.0, START_UP))
            else:
                times.append(kill_when_up(program))
            survivors = program.survivors()
            if survivors:
                raise AssertionError(f"kill {number}: {survivors} outlive their application")
            swept += sweep(Path(base))
            if times and (number % 100 == 0 or number == arguments.kills):
                report(number, sorted(times), swept)


def kill_at_start(program: Program, after: float) -> None:
    """Kill an application while it starts."""
    assert program.process.stdout is not None
    select.select([program.process.stdout], [], [], after)
    program.process.kill()
    program.process.communicate()


def kill_when_up(program: Program) -> float:
    """Kill an application that is up; return after how many seconds its guardian had tidied up."""
    guardian = int(program.line_that_begins("ready").split()[1])
    poll, pidfd = select.poll(), os.pidfd_open(guardian)
    poll.register(pidfd, select.POLLIN)
    began = time.monotonic()
    program.process.kill()
    if not poll.poll(PATIENCE * 1000):
        raise AssertionError("a guardian outlives its application")
    took = time.monotonic() - began
    os.close(pidfd)
    program.process.communicate()
    return took


def sweep(base: Path) -> int:
    """Sweep as the next start does; return how many directories it found."""
    found = len(list(base.iterdir()))
    rundirectory.sweep()
    if list(base.iterdir()):
        raise AssertionError(f"not swept: {list(base.iterdir())}")
    return found


def report(kills: int, times: list[float], swept: int) -> None:
    """One line."""
    p50, p99 = (times[len(times) * percent // 100] * 1000 for percent in (50, 99))
    print(
        f"{kills} kills; all gone after p50 {p50:.0f} ms, p99 {p99:.0f} ms; "
        f"{swept} directories of applications killed at their start were swept",
        flush=True,
    )


if __name__ == "__main__":
    main()
