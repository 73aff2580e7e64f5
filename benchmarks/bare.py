"""Bare processes, started as the guardian could: ``python -m benchmarks.bare``.

In an interpreter of its own with the guardian's imports, so that a fork copies what the guardian's would.
"""

from __future__ import annotations

import gc
import multiprocessing
import subprocess
import sys
from contextlib import ExitStack
from multiprocessing.connection import Connection
from multiprocessing.context import ForkContext, ForkServerContext, SpawnContext
from statistics import mean, median
from typing import Final

import actors.runtime.guardian.boot as guardian
import benchmarks.cast as application
from actors.runtime import log
from benchmarks.measure import Figure, elapsed
from benchmarks.usage import pss

_CONTEXTS: Final[dict[str, ForkContext | ForkServerContext | SpawnContext]] = {
    "fork": multiprocessing.get_context("fork"),
    "forkserver": multiprocessing.get_context("forkserver"),
    "spawn": multiprocessing.get_context("spawn"),
}
_IMPORTS: Final = [guardian.__name__, "structlog", application.__name__]


def start(method: str, count: int) -> Figure:
    """The mean time from the start of a bare process to its first byte, in seconds."""
    return _in_an_interpreter_of_its_own("mean", method, count)


def start_p50(method: str, count: int) -> Figure:
    """The median of it."""
    return _in_an_interpreter_of_its_own("p50", method, count)


def start_of_many(method: str, count: int) -> Figure:
    """The mean time of so many bare processes that all live on, as actors do."""
    return _in_an_interpreter_of_its_own("many", method, count)


def start_at_once(method: str, count: int) -> Figure:
    """The mean time of so many bare processes that are all started before anyone waits for the first."""
    return _in_an_interpreter_of_its_own("at once", method, count)


def memory(method: str, count: int) -> Figure:
    """What a bare process adds to the memory of all (PSS), in bytes."""
    return _in_an_interpreter_of_its_own("memory", method, count)


def imports_time() -> Figure:
    """The time of an interpreter that imports what the guardian imports, and ends, in seconds."""
    line = [sys.executable, "-c", f"import {', '.join(_IMPORTS)}"]
    return Figure(elapsed(lambda: subprocess.run(line, check=True)))


def _in_an_interpreter_of_its_own(what: str, method: str, count: int) -> Figure:
    line = [sys.executable, "-m", "benchmarks.bare", what, method, str(count)]
    return Figure(float(subprocess.run(line, stdout=subprocess.PIPE, check=True).stdout))


class Bare:
    """A process that sends a byte, waits for one and ends."""

    def __init__(self, method: str) -> None:
        context = _CONTEXTS[method]
        self._end, self._there = context.Pipe()
        self._process = context.Process(target=_live, args=(self._there,))

    def start(self) -> None:
        self._process.start()
        self._there.close()

    def hear(self) -> None:
        """Wait for its byte."""
        self._end.recv_bytes()

    def begin(self) -> None:
        self.start()
        self.hear()

    @property
    def pid(self) -> int:
        return int(self._process.pid or 0)

    def stop(self) -> None:
        self._end.send_bytes(b".")
        self._process.join()
        self._process.close()
        self._end.close()


def _live(end: Connection) -> None:
    end.send_bytes(b".")
    end.recv_bytes()


def _starts(method: str, count: int) -> list[float]:
    times: list[float] = []
    for _ in range(count + 1):
        one = Bare(method)
        times.append(elapsed(one.begin))
        one.stop()
    return times[1:]  # the first may have started a fork server


def _starts_of_many(method: str, count: int) -> list[float]:
    with ExitStack() as stack:
        return [elapsed(_one_of_many(method, stack).begin) for _ in range(count)]


def _starts_at_once(method: str, count: int) -> float:
    def begin() -> None:
        many = [_one_of_many(method, stack) for _ in range(count)]
        for one in many:
            one.start()
        for one in many:
            one.hear()

    with ExitStack() as stack:
        return elapsed(begin) / count


def _memory(method: str, count: int) -> float:
    alone = pss("self")
    with ExitStack() as stack:
        pids: list[int] = []
        for _ in range(count):
            one = _one_of_many(method, stack)
            one.begin()
            pids.append(one.pid)
        return (sum(map(pss, pids)) + pss("self") - alone) / count


def _one_of_many(method: str, stack: ExitStack) -> Bare:
    """One that is yet to be started, and ends with all others."""
    one = Bare(method)
    stack.callback(one.stop)
    return one


def _measure(what: str, method: str, count: int) -> float:
    match what:
        case "mean":
            return mean(_starts(method, count))
        case "p50":
            return median(_starts(method, count))
        case "many":
            return mean(_starts_of_many(method, count))
        case "at once":
            return _starts_at_once(method, count)
        case _:
            return _memory(method, count)


if __name__ == "__main__":
    multiprocessing.set_forkserver_preload(_IMPORTS)
    log.preload()
    gc.collect()
    gc.freeze()  # as the guardian does
    print(_measure(sys.argv[1], sys.argv[2], int(sys.argv[3])))
