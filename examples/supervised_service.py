"""A service of two stages that counts words into SQLite, and survives kill -9 in the middle of its work.

Shows a supervisor with `REST_FOR_ONE` (the counter depends on the store, and is restarted with it), state
that is kept in a database, and `retry` with a handler that may run twice. Not a line is lost, and none is
counted twice. Prints::

    killed counter; started again: service/counter
    killed store; started again: service/store service/counter
    lines in the database: 600, words: 1800
"""

import os
import signal
import sqlite3
import tempfile

from actors import Actor, ActorSystem, Message, Request, Strategy, Supervisor, child
from actors.events import ActorRestarted


class Line(Message):
    number: int
    text: str


class Counted(Message):
    number: int
    words: int


class Sums(Request[tuple[int, int]]):
    """Ask how many lines and words there are."""


class Store(Actor):
    def __init__(self, path: str) -> None:
        self.path = path

    def on_start(self) -> None:
        self.table = sqlite3.connect(self.path, isolation_level=None)
        self.table.execute("PRAGMA synchronous = OFF")  # safe from kills, not from power failures
        self.table.execute("CREATE TABLE IF NOT EXISTS lines (number INTEGER PRIMARY KEY, words INTEGER)")

    def receive(self, message: Counted | Sums) -> tuple[int, int] | None:
        match message:
            case Counted(number=number, words=words):  # the same, however often it is done
                self.table.execute("INSERT OR REPLACE INTO lines VALUES (?, ?)", (number, words))
            case Sums():
                lines, words = self.table.execute("SELECT count(*), sum(words) FROM lines").fetchone()
                return lines, words
        return None


class Counter(Actor):
    def on_start(self) -> None:
        self.store = self.context.find("service/store")

    def receive(self, message: Line | Sums) -> None:
        match message:
            case Line(number=number, text=text):
                self.store.tell(Counted(number=number, words=len(text.split())))
            case Sums():
                self.context.forward(self.store)  # behind everything that was counted before


def kill(system: ActorSystem, name: str, *group: str) -> None:
    """Kill a stage, and wait until all of the group that is restarted with it are back."""
    pid = system.pid(system.ref(f"service/{name}"))
    assert pid is not None
    with system.events() as events:
        os.kill(pid, signal.SIGKILL)
        back = (event.actor.path for event in events if isinstance(event, ActorRestarted))
        print(f"killed {name}; started again:", *(next(back) for _ in group))


if __name__ == "__main__":
    os.environ["ACTORS_LOG_LEVEL"] = "critical"  # the crashes are on purpose
    with tempfile.TemporaryDirectory() as directory, ActorSystem() as system:
        store = child(Store, f"{directory}/lines.db").options(name="store", retry=3)
        stages = (store, child(Counter).options(name="counter", retry=3))
        system.spawn(child(Supervisor, *stages, strategy=Strategy.REST_FOR_ONE), name="service")
        counter = system.ref("service/counter")
        for number in range(600):
            counter.tell(Line(number=number, text="three small words"))
            if number == 200:  # which are still being counted
                kill(system, "counter", "counter")
            if number == 400:
                kill(system, "store", "store", "counter")
        lines, words = counter.ask(Sums(), timeout=30.0)
        print(f"lines in the database: {lines}, words: {words}")
