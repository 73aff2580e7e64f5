"""Strangers: orphans that the guardian has inherited. They are collected, as its actors are."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from actors import Actor, ActorSystem
from actors.runtime.guardian.loop import Loop
from actors.runtime.guardian.strangers import Strangers
from support import forks, household


class Parent(Actor):
    """Leaves an orphan that lives until it is killed, and is in nobody's process group."""

    def receive(self, message: Any) -> int:
        reading, writing = os.pipe()
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()
                os.write(writing, str(os.getpid()).encode())
                signal.pause()
            os._exit(0)
        os.wait()
        orphan = int(os.read(reading, 20))
        os.close(reading)
        os.close(writing)
        return orphan


def test_a_dead_one_is_collected(system: ActorSystem) -> None:
    orphan = system.spawn(Parent).ask("leave one")
    assert orphan in household.children(system.guardian_pid)
    os.kill(orphan, signal.SIGKILL)
    while orphan in household.children(system.guardian_pid):
        pass


def test_one_that_stands_behind_a_dead_actor_is_collected_after_it() -> None:
    loop = Loop()
    children = [forks.fork(lambda: None) for _ in range(3)]
    stranger, *actors = children[1], children[0], children[2]
    for child in children:
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)

    def bury() -> None:
        for actor in actors:
            os.waitpid(actor, 0)
        loop.call_later(0.0, loop.stop)

    loop.call_later(0.0, Strangers(loop, actors.__contains__).collect)
    loop.call_later(0.0, bury)
    loop.run()
    with pytest.raises(ChildProcessError):
        os.waitpid(stranger, os.WNOHANG)
