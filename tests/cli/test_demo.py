"""``actors demo``: exact totals whatever is killed, and an exit code that says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.run import Program

FILES = 90  # see the tree in conftest.py
SKIPPED = 2
DEMO = ("-m", "actors", "demo")


def figures(*options: str) -> dict[str, Any]:
    """What the demo reports as JSON, once it has ended well and left nothing."""
    program = Program(*DEMO, "--json", *options)
    code, out, err = program.end()
    assert (code, err) == (0, "")
    assert program.survivors() == []
    found: dict[str, Any] = json.loads(out)
    return found


def test_totals_are_exact_while_workers_are_killed_and_one_file_is_poison(tree: Path) -> None:
    found = figures("--path", str(tree), "--workers", "2", "--kill-every", "0.05")
    assert found["exact"]
    assert found["actors"] == found["plain"]
    assert (found["actors"]["files"], found["actors"]["skipped"]) == (FILES, SKIPPED)
    assert found["actors"]["lines"] == FILES * 600
    assert found["kills"] >= 2
    assert found["deaths"]["SIGKILL"] >= 2
    assert found["deaths"]["SIGSEGV"] == 2
    assert [Path(path).name for path in found["poison"]] == ["poison.py"]


def test_without_chaos_only_the_poison_kills(tree: Path) -> None:
    found = figures("--path", str(tree), "--no-chaos")
    assert found["exact"]
    assert found["kills"] == 0
    assert found["deaths"] == {"SIGSEGV": 2}
    assert len(found["restart_ms"]) == found["restarts"] == 2


def test_one_worker_is_enough(tree: Path) -> None:
    found = figures("--path", str(tree / "package"), "--workers", "1", "--kill-every", "0.1")
    assert found["exact"]
    assert found["actors"]["files"] == FILES // 2


def test_plain_lines_tell_of_each_crash_and_end_with_the_totals(tree: Path) -> None:
    code, out, err = Program(*DEMO, "--path", str(tree), "--no-chaos").end()
    assert (code, err) == (0, "")
    assert out.count("died of SIGSEGV; back as pid") == 2
    last = out.splitlines()[-5:]
    assert [line.split()[0] for line in last] == ["actors", "one", "crashes", "poison", "exact"]


@pytest.mark.parametrize("rich", [True, False], ids=["with rich", "without rich"])
def test_a_terminal_gets_bars_if_rich_is_there_and_lines_otherwise(
    tree: Path, tmp_path: Path, rich: bool
) -> None:
    if not rich:
        (tmp_path / "rich.py").write_text("raise ImportError('no rich here')\n")
    screen = on_a_terminal("--path", str(tree / "package"), "--no-chaos", PYTHONPATH=str(tmp_path))
    assert "exact        the totals are equal" in screen
    assert screen.count("died of") == 2
    assert ("━" in screen) is rich


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--path", "/no/such/place"], "there is no directory '/no/such/place'"),
        (["--path", "{empty}"], "there are no .py files below"),
        (["--workers", "0"], "0 is too few"),
        (["--workers", "many"], "invalid"),
        (["--kill-every", "0"], "0 is no interval"),
        (["--nonsense"], "unrecognized arguments"),
    ],
    ids=["no such directory", "nothing in it", "no worker", "no number", "no interval", "no option"],
)
def test_wrong_arguments_are_named_and_end_with_code_2(
    tmp_path: Path, options: list[str], complaint: str
) -> None:
    arguments = [option.format(empty=tmp_path) for option in options]
    code, out, err = Program(*DEMO, *arguments).end()
    assert (code, out) == (2, "")
    assert complaint in err


def test_ctrl_c_is_an_orderly_stop_with_code_130() -> None:
    program = Program(*DEMO)  # the whole standard library: it will not be done before
    while "died of" not in program.line():
        pass
    program.interrupt()
    code, _, err = program.end()
    assert (code, err) == (130, "interrupted; everything has been stopped\n")
    assert program.survivors() == []


def test_a_reader_that_goes_away_ends_the_demo_quietly(tree: Path) -> None:
    program = Program(*DEMO, "--path", str(tree), "--kill-every", "0.05")
    assert program.line()
    assert program.process.stdout is not None
    program.process.stdout.close()
    assert program.process.wait(30) == 1
    assert program.process.stderr is not None
    assert program.process.stderr.read() == ""
    program.process.stderr.close()
    assert program.survivors() == []


def test_the_version_is_that_of_the_library() -> None:
    from actors import __version__

    assert Program("-m", "actors", "--version").end() == (0, f"actors {__version__}\n", "")


def on_a_terminal(*options: str, **environment: str) -> str:
    """What the demo shows on a terminal, as one text with its control sequences."""
    ours, theirs = os.openpty()
    command = [sys.executable, *DEMO, *options]
    with subprocess.Popen(
        command, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm", **environment}
    ) as demo:
        os.close(theirs)
        with open(ours, "rb", buffering=0) as screen:
            shown = b"".join(iter(lambda: _read(screen.fileno()), b""))
    assert demo.returncode == 0
    return shown.decode()


def _read(terminal: int) -> bytes:
    """What there is; nothing once the other side is closed."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""
