"""Promise 13: however a system ends, nothing of it is left; nor of an actor while its system goes on."""

import os
import random
import select
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors import ActorRef, ActorSystem, AskError, child
from actors.runtime import rundirectory
from support import cast
from support.run import Program

PROGRAM = str(Path(__file__).parents[1] / "support" / "program.py")
START_KILLS = 12
Start = Callable[..., Program]


@pytest.fixture
def start() -> Iterator[Start]:
    programs: list[Program] = []

    def started(*command: str, cwd: Path | None = None) -> Program:
        programs.append(Program(*command, cwd=cwd))
        return programs[-1]

    yield started
    for program in programs:
        program.kill_survivors()
        program.process.communicate()


def run_directories() -> list[Path]:
    return list(rundirectory.base().glob("actors-*"))


def guardian_of(program: Program) -> int:
    return int(program.line_that_begins("ready").split()[1])


@pytest.mark.parametrize(("how", "code"), [("unleft", 0), ("fail", 1), ("thread", 0)])
def test_an_end_of_the_application_is_an_orderly_stop(start: Start, how: str, code: int) -> None:
    program = start(PROGRAM, how)
    exit_code, out, err = program.end()
    assert (exit_code, out.count("stopped in order")) == (code, 8 if how == "thread" else 4), err
    assert program.survivors() == []
    assert run_directories() == []


@pytest.mark.parametrize("how", ["stay", "async"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_ctrl_c_and_one_sigterm_stop_in_order(start: Start, how: str, number: signal.Signals) -> None:
    program = start(PROGRAM, how)
    guardian_of(program)
    program.process.send_signal(number)
    code, out, err = program.end()
    assert out.count("stopped in order") == 4, err
    assert code in (-signal.SIGINT, 1, 130, 128 + signal.SIGTERM)
    assert program.survivors() == []
    assert run_directories() == []


def test_a_second_ctrl_c_kills(start: Start) -> None:
    program = start(PROGRAM, "stubborn")
    guardian_of(program)
    program.interrupt()
    program.line_that_begins("stopping")
    program.interrupt()
    _, out, _ = program.end()
    assert "stopped in order" not in out
    assert program.survivors() == []
    assert run_directories() == []


def test_a_killed_application_takes_everything_with_it(start: Start) -> None:
    program = start(PROGRAM, "stay")
    guardian_of(program)
    program.process.kill()
    program.end()
    assert program.survivors() == []
    assert run_directories() == []


def test_a_sigterm_to_every_process_at_once_is_an_orderly_stop(start: Start) -> None:
    program = start(PROGRAM, "stay")
    guardian = guardian_of(program)
    for pid in (program.process.pid, guardian):
        os.kill(pid, signal.SIGTERM)
    _, out, err = program.end()
    assert out.count("stopped in order") == 4, err
    assert program.survivors() == []
    assert run_directories() == []


def test_a_killed_application_and_guardian_leave_a_directory_that_the_next_start_sweeps(
    start: Start,
) -> None:
    program = start(PROGRAM, "stay")
    guardian = guardian_of(program)
    os.kill(guardian, signal.SIGSTOP)
    program.process.kill()
    os.kill(guardian, signal.SIGKILL)
    program.process.wait(10)
    forked_by_an_actor = program.survivors(within=1.0)
    assert len(forked_by_an_actor) == 2, "nobody is left to see to what user code forks"
    assert len(run_directories()) == 1
    with ActorSystem("next"):
        assert len(run_directories()) == 1
    assert run_directories() == []


def test_an_application_killed_while_it_starts_leaves_nothing_alive(start: Start) -> None:
    dice = random.Random(11)
    programs: list[Program] = []
    for _ in range(START_KILLS):
        programs.append(program := start(PROGRAM, "stay"))
        assert program.process.stdout is not None
        select.select([program.process.stdout], [], [], dice.uniform(0.05, 0.5))
        program.process.kill()
    assert [program.survivors() for program in programs] == [[]] * START_KILLS
    rundirectory.sweep()
    assert run_directories() == []


def test_a_program_without_a_guard_is_told_so_in_one_sentence(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "unguarded.py"
    file.write_text("import actors\nwith actors.ActorSystem('s') as system:\n    print('never')\n")
    code, out, err = start(str(file)).end()
    assert (code, out) == (1, "")
    assert 'put what starts it below `if __name__ == "__main__":`' in err.splitlines()[-1]
    assert run_directories() == []


def test_a_class_that_no_file_defines_is_refused_with_the_reason(start: Start) -> None:
    source = (
        "import actors\n"
        "class Here(actors.Actor): ...\n"
        "with actors.ActorSystem('s') as system:\n"
        "    system.spawn(Here)\n"
    )
    code, _, err = start("-c", source).end()
    assert code == 1
    assert "put the class into a module and import it" in err
    assert run_directories() == []


def test_a_system_runs_actors_of_an_imported_module_without_a_main_file(start: Start) -> None:
    source = (
        "import sys; sys.path.insert(0, {!r})\n"
        "import actors, support.cast as cast\n"
        "with actors.ActorSystem('s') as system:\n"
        "    print(system.spawn(cast.Player).ask(cast.Numbers()))\n"
    )
    code, out, err = start("-c", source.format(str(Path(PROGRAM).parents[1]))).end()
    assert (code, out) == (0, "[]\n"), err


def test_the_library_is_found_wherever_the_application_has_it_from(start: Start, tmp_path: Path) -> None:
    (tmp_path / "struct.py").write_text("raise RuntimeError('shadowed')\n")
    (tmp_path / "app.py").write_text(
        "import sys; sys.path.pop(0)\nimport actors\n"
        "class Echo(actors.Actor):\n    def receive(self, message): return message\n"
        "if __name__ == '__main__':\n"
        "    with actors.ActorSystem('s') as system: print(system.spawn(Echo).ask('hi'))\n"
    )
    code, out, err = start("app.py", cwd=tmp_path).end()
    assert (code, out) == (0, "hi\n"), err


def test_a_guardian_that_fails_ends_with_its_actors_and_shows_why(start: Start) -> None:
    source = (
        "import sys; sys.path.insert(0, {!r})\n"
        "import shutil, actors, support.program as program\n"
        "with actors.ActorSystem('s', max_guardian_restarts=0) as system:\n"
        "    ref = system.spawn(program.Resident)\n"
        "    shutil.rmtree(system.directory / str(ref.address.id))\n"
        "    ref.kill()\n"
        "    print(system.wait(20))\n"
    )
    code, out, err = start("-c", source.format(str(Path(PROGRAM).parents[1]))).end()
    assert (code, out) == (0, "True\n"), err
    assert "FileNotFoundError" in err
    assert run_directories() == []


def remains(system: ActorSystem) -> list[Path]:
    """What lies in the application's reply lane."""
    return list(system.directory.glob("1/replies.*/parcels/*"))


def end(actor: ActorRef, how: str) -> None:
    match how:
        case "stop":
            actor.stop()
            actor.join(20)
        case "recycling":
            assert [actor.ask(bytes(60_000)) for _ in range(7)]  # twice after five messages
        case _:
            with pytest.raises(AskError):
                actor.ask(cast.Die(how=how))


@pytest.mark.parametrize("how", [*cast.ENDS, "stop", "recycling"])
def test_no_end_of_an_actor_leaves_its_large_replies_while_the_application_goes_on_asking(
    system: ActorSystem, how: str
) -> None:
    other = system.spawn(cast.Echo)
    actors = [
        system.spawn(child(Talker).options(max_messages=5 if how == "recycling" else None))
        for _ in range(5)
    ]
    for actor in actors:
        assert [actor.ask(bytes(60_000)) for _ in range(3)] == [bytes(60_000)] * 3
        end(actor, how)
    limit = time.monotonic() + 20
    while remains(system):
        assert time.monotonic() < limit, remains(system)
        other.ask("still here?")


class Talker(cast.Player):
    """Answers with what it is asked, unless it is to die."""

    def receive(self, message: Any) -> Any:
        return super().receive(message) if isinstance(message, cast.Die) else message
