"""What the documentation shows is what happens."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.pages import Program, matches, programs

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts),
]
PROGRAMS = {page: list(programs(page)) for page in PAGES}
LONGEST = 50.0
"""How long a program of the documentation may take, in seconds."""


@pytest.mark.timeout(LONGEST * max(map(len, PROGRAMS.values())))
@pytest.mark.parametrize("page", [page for page in PAGES if PROGRAMS[page]], ids=lambda page: page.stem)
def test_programs_print_what_the_page_says(page: Path, tmp_path: Path) -> None:
    for program in PROGRAMS[page]:
        run(program, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_link_to_files_that_exist(page: Path) -> None:
    broken = [link for link in links(page) if not (page.parent / link).exists()]
    assert not broken


@pytest.mark.skipif(importlib.util.find_spec("sphinx") is None, reason="sphinx is not installed")
def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-d", str(tmp_path / "trees")]
    built = subprocess.run(
        [*command, str(ROOT / "docs"), str(tmp_path / "html")], capture_output=True, text=True
    )
    assert not built.stderr
    assert built.returncode == 0


def run(program: Program, directory: Path) -> None:
    """Run a program in the directory of its page, and compare."""
    for sketch in program.sketches:
        compile(sketch, str(program), "exec")
    for name, body in program.files.items():
        (directory / name).write_text(body)
        compile(body, name, "exec")
    if not program.source:
        return
    file = directory / "main.py"
    file.write_text(program.source)
    done = subprocess.run(
        [sys.executable, str(file)], cwd=directory, capture_output=True, text=True, timeout=LONGEST
    )
    assert done.returncode == 0, f"{program}:\n{done.stdout}\n{done.stderr}"
    assert matches(program.printed, done.stdout), f"{program} printed:\n{done.stdout}\n{done.stderr}"
    if program.complained:
        assert matches(program.complained, done.stderr), f"{program} complained:\n{done.stderr}"


def links(page: Path) -> list[str]:
    """The relative links of a page, without the place in the file."""
    targets: list[str] = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    return [target.partition("#")[0] for target in targets if "://" not in target and target[0] != "#"]
