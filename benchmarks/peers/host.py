"""A peer's interpreter: ``python -m benchmarks.peers.host MODULE [ARGUMENT]``, told by lines what to do."""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

import attrs

from benchmarks.peers.peer import Peer, meet


def _do(peer: Peer, what: str, count: int) -> Any:
    match what:
        case "ask":
            return peer.ask(count)
        case "tell":
            return peer.tell(count)
        case "spawn":
            return peer.spawn(count)
        case _:
            return meet(peer.victim())


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what peers print is no answer
    peer: Peer = importlib.import_module(f"benchmarks.peers.{sys.argv[1]}").start(*sys.argv[2:])
    try:
        for line in sys.stdin:
            what, count = json.loads(line)
            print(json.dumps(attrs.asdict(_do(peer, what, count))), file=answers)
    finally:
        peer.stop()


if __name__ == "__main__":
    main()
