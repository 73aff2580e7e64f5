"""Poison: a file that kills whoever reads it, as a faulty C extension would."""

from __future__ import annotations

import ctypes
import resource
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LABEL: Final = b"# actors demo: whoever tokenizes this file shall segfault\n"


@contextmanager
def poisoned_file() -> Generator[str]:
    """Write a file of poison into a temporary directory, which is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="actors-demo-") as directory:
        path = Path(directory, "poison.py")
        path.write_bytes(_LABEL)
        yield str(path)


def swallow_if_poison(path: str) -> None:
    """Return if a file is wholesome; die by SIGSEGV if it is poison."""
    try:
        with open(path, "rb") as source:
            label = source.read(len(_LABEL))
    except OSError:
        return
    if label == _LABEL:
        _segfault()


def _segfault() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no core file: the demo leaves nothing behind
    ctypes.string_at(0)  # reads address zero: the interpreter can do nothing about it
