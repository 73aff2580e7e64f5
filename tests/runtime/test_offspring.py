"""Offspring: what an actor's own code starts with `multiprocessing`."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import pytest

from actors import Actor, ActorSystem, Ignore, StartMethod, child
from support.cast import Echo


class Parent(Actor):
    def receive(self, message: Any) -> Any:
        match message:
            case "end a child":
                process = multiprocessing.get_context("fork").Process(target=signal.pause)
                process.start()
                process.terminate()
                process.join()
                return process.exitcode
            case "use a pool":
                with multiprocessing.get_context("fork").Pool(2) as pool:
                    return pool.map(abs, [-1, -2])
            case "share":
                memory = SharedMemory(create=True, size=10)
                memory.close()
                memory.unlink()
                with multiprocessing.get_context("spawn").Lock():
                    return "shared"
            case _:
                return None


@pytest.mark.parametrize("method", StartMethod)
def test_an_actor_that_ends_its_own_children_ends_nobody_else(
    system: ActorSystem, method: StartMethod
) -> None:
    bystander, parent = system.spawn(Echo), system.spawn(child(Parent).options(start_method=method))
    assert parent.ask("end a child", timeout=20) == -signal.SIGTERM
    assert parent.ask("use a pool", timeout=20) == [1, 2]
    assert bystander.ask("there?") == "there?"


def test_actors_may_share_memory_and_locks_however_they_were_started(system: ActorSystem) -> None:
    for method in (StartMethod.FORK, StartMethod.SPAWN, StartMethod.FORK):
        parent = system.spawn(child(Parent).options(start_method=method))
        assert parent.ask("share", timeout=20) == "shared"


class Forker(Actor):
    """Forks in the way that it is told; what it has forked goes on beside it."""

    def __init__(self, at_start: str = "") -> None:
        self.served = 0
        self.at_start = at_start

    def on_start(self) -> None:
        if self.at_start:
            self.fork(self.at_start)

    def receive(self, message: Any) -> Any:
        self.served += 1
        return self.fork(message) if message in WAYS else (os.getpid(), self.served)

    def fork(self, way: str) -> int:
        pid = os.fork()
        if pid == 0:
            match way:
                case "raises":
                    raise RuntimeError("in the child")
                case "exits":
                    sys.exit(3)
                case "asks to stop":
                    self.context.stop()
                case _:
                    pass
            return 0
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class AsyncForker(Forker):
    async def receive(self, message: Any) -> Any:
        return super().receive(message)


class AsyncFromTheStart(Forker):
    async def on_start(self) -> None:  # type: ignore[override]
        super().on_start()


WAYS = {"returns": 0, "raises": 1, "exits": 3, "asks to stop": 0}


@pytest.mark.parametrize("bound", [0, 5])
@pytest.mark.parametrize("cls", [Forker, AsyncForker])
def test_what_a_handler_has_forked_never_speaks_for_the_actor(
    system: ActorSystem, cls: type[Forker], bound: int
) -> None:
    bystander = system.spawn(Echo)
    forker = system.spawn(child(cls).options(mailbox_size=bound, shutdown=0.1))
    pid, served = forker.ask("who")
    for way, code in WAYS.items():
        assert forker.ask(way, timeout=20) == code
        forker.tell(way)
        served += 3
        assert forker.ask("who", timeout=20) == (pid, served)
    assert bystander.ask("there?") == "there?"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("cls", [Forker, AsyncFromTheStart])
def test_what_is_forked_at_the_start_never_speaks_for_the_actor(
    system: ActorSystem, cls: type[Forker], way: str
) -> None:
    forker = system.spawn(child(cls, way), name="forker")
    pid, _ = forker.ask("who")
    assert forker.ask("who") == (pid, 2)
    assert system.exits("forker") == []


class Decliner(Actor):
    """Forks at its start what declines to start."""

    def __init__(self) -> None:
        self.code = -1

    def on_start(self) -> None:
        pid = os.fork()
        if pid == 0:
            raise Ignore("in the child")
        self.code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def receive(self, message: Any) -> int:
        return self.code


class AsyncDecliner(Decliner):
    async def on_start(self) -> None:  # type: ignore[override]
        super().on_start()


@pytest.mark.parametrize("cls", [Decliner, AsyncDecliner])
def test_what_is_forked_at_the_start_and_declines_has_not_failed(
    system: ActorSystem, cls: type[Decliner]
) -> None:
    assert system.spawn(cls).ask("how did it end?") == 0
