"""Hosts may be odd: streams closed or replaced, children collected by others, code replaced under them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors import Actor, ActorSystem, StartError, StartMethod, child
from actors.events import ActorStarted, ActorStopped
from support.cast import Player

HOST = """
import os, select, signal, sys
from contextlib import suppress
from pathlib import Path
from actors import Actor, ActorCrashed, ActorSystem, NotImportable, SystemStopped

class Host(Actor):
    def receive(self, message):
        print("an actor prints")
        return sys.flags.optimize, sys.warnoptions, os.read(0, 1)

def say(*words):
    with open(sys.argv[1], "a") as file:
        file.write(" ".join(map(str, words)) + chr(10))

def collect(*_):
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass

def ask(host):
    while True:
        try:
            return host.ask("anybody?", timeout=20)
        except ActorCrashed:  # it had been asked of the one that was killed
            pass
"""
SERVES = """
if __name__ == "__main__":
    with ActorSystem("odd") as system:
        host = system.spawn(Host)
        say(*ask(host))
        files = Path(f"/proc/{system.guardian_pid}/fd")
        say(str(system.directory) in [os.readlink(one) for one in files.iterdir()])
        ended = os.pidfd_open(system.pid(host))
        os.kill(system.guardian_pid, signal.SIGKILL)
        select.select([ended], [], [])
        try:
            say(*ask(host))
        except SystemStopped as error:
            say(error.cause)
"""
RUNNER = """
import sys

if __name__ == "__main__":
    del sys.argv[0]
    with open(sys.argv[0]) as file:
        exec(file.read(), {"__name__": "__main__"})
"""
"""Runs a program as profilers and debuggers do, in a namespace that is no module."""
SHIM = "type('Shim', (), {'write': lambda *_: 0, 'flush': lambda _: None})()"
"""A stream that can do little more than be written to."""


def run(directory: Path, program: str, *options: str, streams: str = "") -> list[str]:
    """Run a program that says something into a file; what it has said."""
    script, said = directory / "host.py", directory / "said"
    script.write_text(program)
    said.touch()
    command = [sys.executable, *options, str(script), str(said)]
    subprocess.run(["sh", "-c", f'exec "$@" {streams}', "sh", *command], timeout=60, check=False)
    return said.read_text().splitlines()


@pytest.mark.parametrize("streams", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_standard_stream_that_is_closed_is_no_file_of_the_system(tmp_path: Path, streams: str) -> None:
    assert run(tmp_path, HOST + SERVES, streams=streams) == ["0 [] b''", "True", "0 [] b''"]


@pytest.mark.parametrize("stream", ["None", SHIM, "object()"])
def test_a_main_module_may_replace_its_streams(tmp_path: Path, stream: str) -> None:
    host = HOST.replace('print("an actor prints")', "pass")
    replaced = f"{host}\nsys.stdout = sys.stderr = {stream}\n{SERVES}"
    assert run(tmp_path, replaced) == ["0 [] b''", "True", "0 [] b''"]


@pytest.mark.parametrize("handler", ["signal.SIG_IGN", "collect"])
def test_a_guardian_is_replaced_though_somebody_else_collects_it(tmp_path: Path, handler: str) -> None:
    collecting = SERVES.replace(
        "    with Actor", f"    signal.signal(signal.SIGCHLD, {handler})\n    with Actor"
    )
    assert run(tmp_path, HOST + collecting) == ["0 [] b''", "True", "0 [] b''"]


def test_the_options_of_the_interpreter_are_those_of_the_actors(tmp_path: Path) -> None:
    said = run(tmp_path, HOST + SERVES, "-O", "-W", "error::UserWarning")
    assert said == ["1 ['error::UserWarning'] b''", "True", "1 ['error::UserWarning'] b''"]


def test_isolated_hosts_have_actors_too(tmp_path: Path) -> None:
    assert run(tmp_path, HOST + SERVES, "-I") == ["0 [] b''", "True", "0 [] b''"]


def test_if_a_new_guardian_cannot_import_the_main_module_the_error_says_so(tmp_path: Path) -> None:
    replaced = SERVES.replace(
        "        os.kill", "        Path(__file__).write_text('raise OSError(7)')\n        os.kill"
    )
    _, _, first, *others = run(tmp_path, HOST + replaced)
    assert first.startswith(
        "its guardian was killed, and no other can take over: the main module cannot be"
    )
    assert "OSError: 7" in others


def test_a_class_in_a_main_module_that_a_profiler_runs_is_refused_with_the_reason(tmp_path: Path) -> None:
    runner = tmp_path / "runner.py"
    runner.write_text(RUNNER)
    profiled = SERVES.replace(
        "        host = system.spawn(Host)",
        "        try:\n            host = system.spawn(Host)\n        except NotImportable as error:\n"
        "            say(error)\n            sys.exit()",
    )
    (said,) = run(tmp_path, HOST + profiled, str(runner))
    assert "is not the program's: a profiler, a debugger or a prompt runs it" in said


def in_a_directory_that_is_gone(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    gone = directory / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()


def without_an_interpreter(monkeypatch: pytest.MonkeyPatch, _: Path) -> None:
    monkeypatch.setattr(sys, "executable", None)


@pytest.mark.parametrize("odd", [in_a_directory_that_is_gone, without_an_interpreter])
def test_where_no_guardian_can_be_executed_the_start_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, odd: Callable[[pytest.MonkeyPatch, Path], None]
) -> None:
    with monkeypatch.context() as patch:
        odd(patch, tmp_path)
        with pytest.raises(StartError):
            ActorSystem("nowhere").start()


class Reader(Actor):
    """Has files open, and reads its standard input."""

    def on_start(self) -> None:
        for _ in range(30):
            _, writing = os.pipe()
            os.write(writing, b"not for you\n")

    def receive(self, message: Any) -> Any:
        return sys.stdin.read()


@pytest.mark.parametrize("method", list(StartMethod))
def test_the_standard_input_of_an_actor_is_empty(system: ActorSystem, method: StartMethod) -> None:
    assert [
        system.spawn(child(Reader).options(start_method=method)).ask("read", timeout=20) for _ in "12"
    ] == ["", ""]


def test_a_listener_survives_its_callback_where_there_is_no_standard_error(
    system: ActorSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = threading.Event()

    def fail(event: object) -> None:
        if isinstance(event, ActorStopped):
            stopped.set()
        if isinstance(event, ActorStarted):
            raise asyncio.CancelledError

    monkeypatch.setattr(sys, "stderr", None)
    listener = system.listen(fail)
    system.spawn(Player).stop()
    assert stopped.wait(20)
    listener.close()
