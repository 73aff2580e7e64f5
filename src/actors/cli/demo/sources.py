"""Sources: the files that are counted."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_INSTALLED: Final = {"site-packages", "dist-packages"}


def standard_library() -> Path:
    """Where this interpreter keeps the sources of its standard library."""
    return Path(sysconfig.get_paths()["stdlib"])


def find(root: Path) -> list[str]:
    """Every Python source file below `root`, sorted; packages installed below it are left out.

    So are names that are no text, because they could not travel in a message.
    """
    return sorted(path for path in _walk(root) if os.path.isfile(path) and _is_text(path))


def _walk(root: Path) -> Iterator[str]:
    for directory, below, names in os.walk(root):
        below[:] = [name for name in below if name not in _INSTALLED]
        yield from (os.path.join(directory, name) for name in names if name.endswith(".py"))


def _is_text(path: str) -> bool:
    """Whether a path is proper Unicode; other bytes in file names become lone surrogates."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
