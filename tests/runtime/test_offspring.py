"""Offspring: what an actor's own code starts with `multiprocessing`."""

from __future__ import annotations

import multiprocessing
import signal
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import pytest

from actors import Actor, ActorSystem, StartMethod, child
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
