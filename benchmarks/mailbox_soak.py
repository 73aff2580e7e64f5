"""Kill readers and writers of mailboxes under load until the time is up, and check every message.

Any message that is corrupt, doubled, out of order or lost beyond the promise ends the run with an error,
and so does anything that hangs.

    python benchmarks/mailbox_soak.py [--seconds 60] [--seed N]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.oracle import ReaderKills, WriterKills

BATCH = 500


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill readers and writers of mailboxes under load.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    chance = random.Random(arguments.seed)
    end = time.monotonic() + arguments.seconds
    readers = writers = messages = lost = 0
    while time.monotonic() < end:
        reader_kills = ReaderKills(chance.randint(1, 4), chance)
        reader_kills.run(BATCH)
        gone = reader_kills.finish()
        if gone > BATCH:
            raise AssertionError(f"{gone} messages lost by {BATCH} kills of readers")
        writer_kills = WriterKills(BATCH, chance)
        writer_kills.run(side_by_side=chance.randint(1, 4))
        messages += writer_kills.finish() + sum(map(len, reader_kills.received))
        readers += BATCH
        writers += BATCH
        lost += gone
        print(
            f"{readers} readers and {writers} writers killed, {messages} messages checked: "
            f"{lost} lost, each in the hand of a killed reader",
            flush=True,
        )


if __name__ == "__main__":
    main()
