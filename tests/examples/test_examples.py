"""Every example prints what its docstring says, and leaves nothing behind."""

import ast
import textwrap
from pathlib import Path

import pytest

from support.run import Program

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))


def promised(example: Path) -> str:
    """The indented block at the end of its docstring, after ``Prints::``."""
    docstring = ast.get_docstring(ast.parse(example.read_text())) or ""
    return textwrap.dedent(docstring.partition("Prints::\n\n")[2]).strip()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_prints_what_it_says_and_leaves_no_process(example: Path) -> None:
    program = Program(str(example))
    code, out, err = program.end()
    assert (code, err) == (0, "")
    assert out.strip() == promised(example)
    assert out
    assert program.survivors() == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_enough_to_be_read(example: Path) -> None:
    assert len(example.read_text().splitlines()) <= 90
