"""Bare processes, started as the guardian could: ``python -m benchmarks.bare WHAT METHOD COUNT``.

An interpreter of its own with the guardian's imports, so that a fork copies what the guardian's would.
"""

from __future__ import annotations

import gc
import multiprocessing
import sys
import time
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess, ForkServerProcess, SpawnProcess

import actors.runtime.guardian.boot as _the_guardians_imports
from benchmarks.floors import pss

WARM = _the_guardians_imports.__name__


def work(end: Connection) -> None:
    end.send_bytes(b".")
    end.recv_bytes()


PROCESSES = {"fork": ForkProcess, "forkserver": ForkServerProcess, "spawn": SpawnProcess}


class Bare:
    """A started process that has sent its first byte."""

    def __init__(self, method: str) -> None:
        began = time.perf_counter()
        self.end, there = multiprocessing.Pipe()
        self.process = PROCESSES[method](target=work, args=(there,))
        self.process.start()
        self.end.recv_bytes()
        self.took = time.perf_counter() - began

    def stop(self) -> None:
        self.end.send_bytes(b".")
        self.process.join()
        self.process.close()


def seconds(method: str, count: int) -> float:
    """The mean time from a start to its first byte."""
    times: list[float] = []
    for _ in range(count + 1):
        one = Bare(method)
        times.append(one.took)
        one.stop()
    return sum(times[1:]) / count


def memory(method: str, count: int) -> float:
    """What a process adds to the memory of all (PSS), in bytes."""
    alone = pss("self")
    processes = [Bare(method) for _ in range(count)]
    together = sum(pss(one.process.pid) for one in processes) + pss("self")
    for one in processes:
        one.stop()
    return (together - alone) / count


if __name__ == "__main__":
    what, method, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    multiprocessing.set_forkserver_preload([WARM])
    gc.collect()
    gc.freeze()
    print((seconds if what == "seconds" else memory)(method, count))
