"""A C library that segfaults on one bad file: in a pool of processes, and in an actor.

Shows the same work done twice. A `ProcessPoolExecutor` is broken by the crash: whatever was pending fails,
too, and nothing more can be submitted. The actor loses the one question, says where its process died, and
goes on with the next. Prints::

                pool               actor
    one.txt     3 bytes            3 bytes
    bad.txt     BrokenProcessPool  ActorCrashed
    two.txt     BrokenProcessPool  5 bytes
    afterwards  cannot submit      7 bytes
    the actor: killed by SIGSEGV, in native_length
"""

import ctypes
import os
import re
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from actors import Actor, ActorCrashed, ActorSystem

FILES = {"one.txt": b"one", "bad.txt": None, "two.txt": b"three"}


def native_length(data: bytes | None) -> int:
    """Have C code look at the data; a null pointer is what it does not survive."""
    return len(ctypes.string_at(ctypes.c_char_p(data)))


class Parser(Actor):
    def receive(self, message: bytes | None) -> int:
        return native_length(message)


def outcome(future: Future[int]) -> str:
    try:
        return f"{future.result()} bytes"
    except (BrokenProcessPool, ActorCrashed) as error:
        return type(error).__name__


def outcomes(submit: Callable[[bytes | None], Future[int]]) -> list[str]:
    """What becomes of all files, submitted together, and of one more afterwards."""
    pending = [submit(data) for data in FILES.values()]
    found = [outcome(future) for future in pending]
    try:
        return [*found, outcome(submit(b"goodbye"))]
    except BrokenProcessPool:
        return [*found, "cannot submit"]


def in_a_pool() -> list[str]:
    with ProcessPoolExecutor(max_workers=1) as pool:
        return outcomes(lambda data: pool.submit(native_length, data))


def in_an_actor() -> tuple[list[str], str]:
    with ActorSystem() as system:
        parser = system.spawn(Parser, name="parser")
        found = outcomes(parser.ask_future)
        death = system.exits("parser")[-1]
        place = re.findall(r"line \d+ in (native_\w+)", death.traceback)
        return found, f"{death}, in {place[0]}"


if __name__ == "__main__":
    os.environ["ACTORS_LOG_LEVEL"] = "critical"  # the crash is on purpose
    pool, (actor, death) = in_a_pool(), in_an_actor()
    for row in zip(("", *FILES, "afterwards"), ("pool", *pool), ("actor", *actor), strict=True):
        print("{:<12}{:<19}{}".format(*row))
    print("the actor:", death)
