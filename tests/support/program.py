"""A program with an actor system, to be run and ended in every way: ``program.py HOW``."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from typing import Any

from actors import Actor, ActorSystem, Message, child


class Fork(Message):
    """Fork a child that lives for ever."""


class Resident(Actor):
    """Stays; with `stubborn`, for as long as it is allowed to when it is told to stop."""

    def __init__(self, stubborn: bool = False) -> None:
        self.stubborn = stubborn

    def receive(self, message: Any) -> Any:
        if isinstance(message, Fork) and os.fork() == 0:
            threading.Event().wait()
        if isinstance(message, Daemon):
            subprocess.run(["setsid", "-f", "sleep", "1000"], check=True)
        return message

    def on_stop(self, reason: object) -> None:
        if self.stubborn:
            say("stopping")
            threading.Event().wait()
        say("stopped in order")


class Daemon(Message):
    """Start a process that leaves its group and its parent."""


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def populate(system: ActorSystem, stubborn: bool = False) -> None:
    for _ in range(3):
        system.spawn(child(Resident, stubborn).options(shutdown=20.0))
    parent = system.spawn(Resident, name="parent")
    parent.ask(Fork())
    parent.ask(Daemon())


def stay(stubborn: bool = False) -> None:
    with ActorSystem("program") as system:
        populate(system, stubborn)
        say(f"ready {system.guardian_pid}")
        threading.Event().wait()


async def stay_async() -> None:
    async with ActorSystem("program") as system:
        await asyncio.to_thread(populate, system)
        say(f"ready {system.guardian_pid}")
        await asyncio.Event().wait()


def end_without_leaving() -> None:
    system = ActorSystem("program").start()
    populate(system)


def fail() -> None:
    with ActorSystem("program") as system:
        populate(system)
        raise RuntimeError("the application failed")


def in_a_thread() -> None:
    thread = threading.Thread(target=stay_briefly)
    thread.start()
    thread.join()


def stay_briefly() -> None:
    with ActorSystem("one") as one, ActorSystem("two") as two:
        populate(one)
        populate(two)


if __name__ == "__main__":
    match sys.argv[1]:
        case "stay":
            stay()
        case "stubborn":
            stay(stubborn=True)
        case "async":
            asyncio.run(stay_async())
        case "unleft":
            end_without_leaving()
        case "fail":
            fail()
        case "thread":
            in_a_thread()
        case _:
            sys.exit(f"what is {sys.argv[1]}?")
