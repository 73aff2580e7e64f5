"""An actor that has a message in hand for too long is aborted, and says where it was."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import Any

import pytest

from actors import Actor, ActorCrashed, ActorSystem, End, Message, child


class Sync(Actor):
    def receive(self, message: Any) -> Any:
        match message:
            case "hang":
                self.wait_for_what_never_comes()
            case "freeze":
                os.kill(os.getpid(), signal.SIGSTOP)
            case _:
                pass
        return message

    def wait_for_what_never_comes(self) -> None:
        threading.Event().wait()


class Async(Actor):
    async def receive(self, message: Any) -> Any:
        if message == "hang":
            await asyncio.Event().wait()
        return message


class Trap(Message):
    """Can be made in one process only."""

    pid: int

    def __attrs_post_init__(self) -> None:
        if self.pid != os.getpid():
            threading.Event().wait()


@pytest.mark.parametrize("actor", [Sync, Async])
@pytest.mark.parametrize("bound", [0, 10], ids=["unbounded", "bounded"])
def test_the_time_includes_that_of_making_the_message(
    system: ActorSystem, actor: type[Actor], bound: int
) -> None:
    stuck = system.spawn(child(actor).options(handler_timeout=0.2, mailbox_size=bound), name="stuck")
    fatal = stuck.ask_future(Trap(pid=os.getpid()), timeout=20)
    assert stuck.ask("waits", timeout=20) == "waits"
    error = fatal.exception(20)
    assert isinstance(error, ActorCrashed)
    assert error.reason.end is End.STUCK
    assert "__attrs_post_init__" in error.reason.traceback


@pytest.mark.parametrize(
    ("actor", "message", "seen"),
    [(Sync, "hang", "wait_for_what_never_comes"), (Async, "hang", "run_forever"), (Sync, "freeze", "")],
    ids=["sync", "async", "frozen"],
)
def test_a_handler_that_takes_too_long_ends_the_process_and_nothing_else(
    system: ActorSystem, actor: type[Actor], message: str, seen: str
) -> None:
    stuck = system.spawn(child(actor).options(handler_timeout=0.2), name="stuck")
    assert stuck.ask("before") == "before"
    fatal = stuck.ask_future(message, timeout=20)
    waiting = stuck.ask_future("waits", timeout=20)
    error = fatal.exception(20)
    assert isinstance(error, ActorCrashed)
    assert waiting.result(20) == "waits"
    why = error.reason
    assert why.end is End.STUCK
    assert str(why) == "had a message in hand for longer than 0.2 s (handler_timeout)"
    assert seen in why.traceback
    assert (system.exits("stuck")[-1].end, system.exits("stuck")[-1].in_hand) == (End.STUCK, "str")
