"""The parts of ``actors demo`` that need no process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actors import ActorRef, End, ExitReason
from actors.cli.demo import sources
from actors.cli.demo.incident import Incidents
from actors.cli.demo.report import Report
from actors.cli.demo.tally import Tally, count
from actors.cli.demo.totals import HowFar, SetAside, Standing, Totals
from actors.core.address import Address
from actors.core.events import ActorCrashed, ActorStarted

WORKER = ActorRef(Address("system", 7, "foreman/tokenizer-1"))
SEGFAULT = ExitReason(end=End.SIGNAL, text="killed by SIGSEGV", code=11)


def report(counted: Tally, plain: Tally) -> Report:
    return Report(
        workers=2,
        standing=Standing(tally=counted, poison=("/tmp/poison.py",)),
        plain=plain,
        kills=0,
        incidents=Incidents(),
        seconds=1.0,
        plain_seconds=2.0,
    )


@pytest.mark.parametrize("field", ["files", "lines", "tokens", "skipped"])
def test_totals_that_differ_in_anything_fail_the_demo(field: str) -> None:
    wrong = report(Tally(**{field: 1}), Tally())
    assert wrong.exit_code == 1
    assert list(wrong.lines())[-1].startswith("WRONG")
    assert json.loads(wrong.json())["exact"] is False


def test_equal_totals_make_it_succeed() -> None:
    right = report(Tally(files=3, tokens=9), Tally(files=3, tokens=9))
    assert right.exit_code == 0
    assert list(right.lines())[-1].startswith("exact")


def test_a_death_and_its_restart_make_one_incident() -> None:
    incidents = Incidents()
    assert incidents.hear(ActorStarted(actor=WORKER, pid=1, incarnation=0, after=0.1)) is None
    assert incidents.hear(ActorCrashed(actor=WORKER, pid=1, reason=SEGFAULT)) is None
    incident = incidents.hear(ActorStarted(actor=WORKER, pid=2, incarnation=1, after=0.004))
    assert str(incident) == "tokenizer-1 (pid 1) died of SIGSEGV; back as pid 2 after 4.0 ms"
    assert incidents.deaths == {"SIGSEGV": 1}


def test_the_sources_are_the_python_files_below_a_directory(tree: Path) -> None:
    found = sources.find(tree)
    assert found == sorted(found)
    assert len(found) == 92
    assert not any("site-packages" in path or path.endswith("directory.py") for path in found)


def test_names_that_are_no_text_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "good.py").touch()
    (Path(str(tmp_path)) / b"bad\xff.py".decode("utf-8", "surrogateescape")).touch()
    assert sources.find(tmp_path) == [str(tmp_path / "good.py")]


def test_this_interpreter_has_a_standard_library_to_count() -> None:
    assert len(sources.find(sources.standard_library())) > 300


def test_a_source_is_counted_by_its_tokens(tmp_path: Path) -> None:
    source = tmp_path / "source.py"
    source.write_text("a = 1\n")
    # the encoding, three tokens, the end of the line and the end of the file
    assert count(str(source)) == Tally(files=1, lines=1, tokens=6)


@pytest.mark.parametrize(
    "content",
    [b"a = [", b"# coding: no-such-encoding\n", b"s = '\xff'\n", b"if a:\n        b\n    c\n"],
    ids=["unfinished", "unknown encoding", "bad bytes", "bad indentation"],
)
def test_what_is_no_python_is_skipped_whole(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "source.py"
    source.write_bytes(content)
    assert count(str(source)) == Tally(skipped=1)


def test_what_cannot_be_read_is_skipped(tmp_path: Path) -> None:
    assert count(str(tmp_path / "gone.py")) == Tally(skipped=1)


def test_the_totals_add_up_and_name_the_poison() -> None:
    totals = Totals()
    for message in (Tally(files=1, tokens=5), Tally(skipped=1), SetAside(path="poison.py")):
        totals.receive(message)
    assert totals.receive(HowFar()) == Standing(
        tally=Tally(files=1, tokens=5, skipped=1), poison=("poison.py",)
    )


def test_a_file_is_done_whatever_became_of_it() -> None:
    assert Standing(tally=Tally(files=5, tokens=9, skipped=2), poison=("a.py",)).done == 8
