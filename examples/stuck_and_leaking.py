"""An actor that hangs, and an actor that leaks: neither needs anybody to look after it.

Shows `handler_timeout`: who has a message in hand for too long is aborted and started again, its waiting
mail is kept, and the asker is told where it hung. And `max_memory`: who has grown too large is recycled
between two messages, which costs no message and is no crash. Prints::

    solver died with the question in hand: had a message in hand for longer than 0.5 s (handler_timeout)
    it hung in: search
    the next question: 42
    the model answered 24 of 24 questions
    how its processes ended: recycled
"""

import os
import re

from actors import Actor, ActorCrashed, ActorSystem, child

MIB = 1 << 20


class Solver(Actor):
    def receive(self, message: int) -> int:
        return search(message)


def search(puzzle: int) -> int:
    while puzzle % 2:  # for an odd one, for ever
        pass
    return puzzle


class Model(Actor):
    def __init__(self) -> None:
        self.leak: list[bytes] = []

    def receive(self, message: int) -> int:
        self.leak.append(b"x" * (16 * MIB))
        return message


def stuck(system: ActorSystem) -> None:
    solver = system.spawn(child(Solver).options(handler_timeout=0.5), name="solver")
    hanging = solver.ask_future(41)
    waiting = solver.ask_future(42)
    try:
        hanging.result()
    except ActorCrashed as error:
        print(f"{error.actor} died with the question in hand: {error.reason}")
        stack = re.findall(r"stuck_and_leaking\.py\", line \d+ in (\w+)", error.reason.traceback)
        print("it hung in:", stack[0])
    print("the next question:", waiting.result())


def leaking(system: ActorSystem) -> None:
    model = system.spawn(child(Model).options(max_memory=200 * MIB), name="model")
    answers = [model.ask(number, timeout=30.0) for number in range(24)]
    print(f"the model answered {len(answers)} of 24 questions")
    print("how its processes ended:", *{reason.end for reason in system.exits("model")})


if __name__ == "__main__":
    os.environ["ACTORS_LOG_LEVEL"] = "critical"  # the trouble is on purpose
    with ActorSystem() as system:
        stuck(system)
        leaking(system)
