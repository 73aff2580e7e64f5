"""The entry point: from arguments to an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

import actors
from actors.cli import ps
from actors.cli.demo import command as demo

_FAILED: Final = 1
_INTERRUPTED: Final = 130
"""What shells expect of a program that Ctrl-C has ended: 128 + SIGINT."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: 0 for success, 2 for wrong arguments, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted; everything has been stopped", file=sys.stderr)
        return _INTERRUPTED
    except actors.ActorsError as error:
        print(f"actors: {error}", file=sys.stderr)
        return _FAILED
    except BrokenPipeError:
        _silence_stdout()
        return _FAILED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="actors", description=actors.__doc__)
    parser.add_argument("--version", action="version", version=f"actors {actors.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    demo.add_to(commands)
    ps.add_to(commands)
    return parser


def _silence_stdout() -> None:
    """Whoever read our output has gone: keep the interpreter's last flush from failing as well."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
