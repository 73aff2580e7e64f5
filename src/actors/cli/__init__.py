"""The command line: ``actors``, or ``python -m actors``."""

from actors.cli.main import main

__all__ = ["main"]
