"""The invocation: how a guardian is executed, and what it is told of the application.

``python -m actors.runtime.guardian DIRECTORY HOLD ROOT``: the run directory, the descriptor that holds
it, and a pidfd of the root process.
"""

from __future__ import annotations

import multiprocessing.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

BARE: Final = "ACTORS_BARE_GUARDIAN"
"""In the environment of a guardian that shall not import the application's main module."""

ESCALATED: Final = 70
"""The exit code of a guardian that has shut its system down because a part of it would not run."""

_ALONE: Final = ("-I", "-E", "-s")
"""Options with which an interpreter would not hear where it finds this library."""
_PYTHONPATH: Final = "PYTHONPATH"
_BORROWED: Final = "ACTORS_PYTHONPATH"


def command(directory: Path, hold: int, root: int) -> list[str]:
    """The command line of a guardian, with the options that this interpreter was given.

    Raises `FileNotFoundError` where it is not known which interpreter that is.
    """
    if not sys.executable:
        raise FileNotFoundError("sys.executable names no interpreter that could run the guardian")
    numbers = [str(hold), str(root)]
    return [sys.executable, *_options(), "-P", "-m", "actors.runtime.guardian", str(directory), *numbers]


def _options() -> list[str]:
    """Those that `multiprocessing` hands on, but for what would keep the guardian from this library."""
    given: Callable[[], list[str]] = getattr(multiprocessing.util, "_args_from_interpreter_flags")  # noqa: B009 - unknown to types
    return [option for option in given() if option not in _ALONE]


def environment() -> dict[str, str]:
    """The environment in which a guardian finds this library, wherever the application has it from."""
    library = str(Path(__file__).parents[3])
    own = os.environ.get(_PYTHONPATH)
    path = library if not own else f"{library}{os.pathsep}{own}"
    return {**os.environ, _PYTHONPATH: path, _BORROWED: own or ""}


def preparation() -> dict[str, Any]:
    """What `multiprocessing.spawn.prepare` needs to import this process's main module.

    As `multiprocessing.spawn.get_preparation_data`, which would also fix the application's start method.
    """
    data: dict[str, Any] = {
        "sys_path": [path or os.getcwd() for path in sys.path],
        "sys_argv": [str(argument) for argument in sys.argv],
        "orig_dir": os.getcwd(),
        "dir": os.getcwd(),
    }
    main = sys.modules["__main__"]
    name = getattr(getattr(main, "__spec__", None), "name", None)
    path = getattr(main, "__file__", None)
    if name is not None:
        data["init_main_from_name"] = name
    elif path is not None and os.path.isfile(path):
        data["init_main_from_path"] = os.path.abspath(path)
    return data


def give_back_environment() -> None:
    """In the guardian: let its actors have the environment of the application."""
    own = os.environ.pop(_BORROWED, "")
    if own:
        os.environ[_PYTHONPATH] = own
    else:
        os.environ.pop(_PYTHONPATH, None)
