"""Actors with children of their own, when both end at once."""

import os
import signal

import pytest

from actors import Actor, ActorSystem, ExitReason, Mailbox, Request, child
from actors.runtime import log


class Pid(Request[int]):
    pass


class Stubborn(Actor):
    """Says that it is about to stop, and does not."""

    def __init__(self, diary: str) -> None:
        self.diary = Mailbox.attach(diary)

    def on_stop(self, reason: ExitReason) -> None:
        self.diary.put("stopping")
        signal.pause()


class Parent(Actor):
    def __init__(self, diary: str) -> None:
        self.diary = diary

    def on_start(self) -> None:
        self.context.spawn(child(Stubborn, self.diary).options(shutdown=0.5), name="child")

    def receive(self, message: Pid) -> int:
        return os.getpid()


def test_a_parent_killed_while_its_children_stop_is_gone_only_after_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(log.LEVEL, "critical")
    diary = Mailbox()
    with ActorSystem("family") as system:
        parent = system.spawn(child(Parent, diary.address), name="parent")
        below = system.ref("parent/child")
        pid = parent.ask(Pid())
        parent.stop()
        assert diary.get(timeout=10) == "stopping"
        os.kill(pid, signal.SIGKILL)
        assert parent.join(10)
        assert below.join(0.1)
        assert system.names() == []
    diary.close()
