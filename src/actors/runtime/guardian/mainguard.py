"""The guard of the main module: it is imported to run actors, and must not start a system then."""

from __future__ import annotations

import multiprocessing
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from actors.core.errors import ActorsError

GUARD: Final = 'put what starts it below `if __name__ == "__main__":`'
"""What to do about one that does."""


class Unguarded(ActorsError):
    """The main module starts a system whenever it is imported."""


_importing = False


def refuse_while_importing(name: str) -> None:
    """Raise `Unguarded` in a process that only imports the application to run its actors."""
    if _importing or getattr(multiprocessing.current_process(), "_inheriting", False):
        raise Unguarded(
            f"the main module starts the actor system {name!r} whenever it is imported, "
            f"and every actor imports it: {GUARD}"
        )


@contextmanager
def importing() -> Generator[None]:
    """Refuse meanwhile: this process is a guardian, which imports the main module."""
    global _importing
    _importing = True
    try:
        yield
    finally:
        _importing = False
