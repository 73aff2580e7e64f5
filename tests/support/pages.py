"""Programs in the documentation: what its fenced blocks say to run and to print.

A program is made of the python blocks below one second-level heading, and what it prints is what the text
blocks there say; ``...`` in them stands for anything. Comments before a block change that:

- ``<!-- file: name.py -->``: the block is written to this file, beside the programs of its page, which may
  import it; further blocks of the section are added to it.
- ``<!-- stderr -->``: the text block is what the program prints there.
- ``<!-- sketch -->``: the block needs what may not be installed, and is only compiled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import attrs

_FENCE = re.compile(
    r"^(?:<!-- (?P<mark>\w+)(?:: (?P<value>\S+))? -->\n)?```(?P<language>\w+)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_SECTION = re.compile(r"^(?=## )", re.MULTILINE)


@attrs.define
class Program:
    """What one section of a page says to run."""

    page: Path
    title: str
    source: str = ""
    files: dict[str, str] = attrs.Factory(dict[str, str])
    sketches: list[str] = attrs.Factory(list[str])
    printed: str = ""
    complained: str = ""

    def __str__(self) -> str:
        return f"{self.page.stem}: {self.title}"


def programs(page: Path) -> Iterator[Program]:
    """The programs of a page, in order."""
    for section in _SECTION.split(page.read_text()):
        program = Program(page, section.partition("\n")[0].lstrip("# "))
        for fence in _FENCE.finditer(section):
            _add(program, fence["language"], fence["mark"], fence["value"], fence["body"])
        if program.source or program.files or program.sketches:
            yield program


def matches(expected: str, printed: str) -> bool:
    """Whether what was printed is what the page says, where ``...`` stands for anything."""
    pattern = ".*".join(re.escape(piece) for piece in expected.strip().split("..."))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def _add(program: Program, language: str, mark: str | None, value: str | None, body: str) -> None:
    match language, mark:
        case "text", "stderr":
            program.complained += body
        case "text", None:
            program.printed += body
        case "python", "file" if value is not None:
            program.files[value] = program.files.get(value, "") + body
        case "python", "sketch":
            program.sketches.append(body)
        case "python", None:
            program.source += body
        case (("python" | "text"), _):
            raise ValueError(f"{program}: what is the mark {mark!r}?")
        case _:
            pass
