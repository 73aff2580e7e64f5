"""``actors ps``: what runs, seen from another process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from actors import ActorSystem, Mailbox, Supervisor, child
from support.cast import Add, Hold, Player
from support.run import Program

PS = ("-m", "actors", "ps")


@pytest.fixture
def system() -> Iterator[ActorSystem]:
    with ActorSystem("seen", handle_signals=False) as system:
        yield system


def seen(*options: str) -> str:
    code, out, err = Program(*PS, *options).end()
    assert (code, err) == (0, "")
    return out


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


def test_without_a_system_there_is_nothing_to_see(mailbox: Mailbox) -> None:
    assert seen() == "no system is running\n"
    assert seen("--json") == "{}\n"


def test_each_actor_has_a_line(system: ActorSystem, mailbox: Mailbox) -> None:
    release = Mailbox()
    bank = child(Supervisor, child(Player).options(name="ada", mailbox_size=10))
    system.spawn(bank, name="bank")
    ada = system.ref("bank/ada")
    ada.tell(Hold(taken=mailbox.address, release=release.address))
    pid = mailbox.get(timeout=20)
    ada.tell(Add(number=1))
    head, titles, *lines = seen().splitlines()
    assert head == system.directory.name
    assert titles.split() == ["NAME", "STATE", "PID", "BUSY", "WAITING", "MESSAGES", "UNSENT"]
    assert [line.split()[:2] for line in lines] == [["bank", "running"], ["bank/ada", "running"]]
    assert lines[1].split()[2:4] == [str(pid), "yes"]
    found: dict[str, Any] = json.loads(seen("--json"))[head]
    assert found["bank/ada"] == {
        "state": "running",
        "pid": pid,
        "busy": True,
        "waiting": system.status(ada).waiting,
        "messages": 2,
        "unsent": 0,
    }
    release.put("go")
    release.close()


def test_a_system_whose_processes_were_killed_is_not_running() -> None:
    program = Program("-c", "import actors; actors.ActorSystem().start().wait()")
    while not seen().startswith("actors-"):
        pass
    program.kill_survivors()
    program.end()
    while seen() != "no system is running\n":
        pass
