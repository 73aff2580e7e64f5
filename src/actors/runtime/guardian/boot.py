"""From a new interpreter to a running guardian.

``python -m actors.runtime.guardian DIRECTORY HOLD ROOT``: the run directory, the descriptor that holds
it, and a pidfd of the root process.
"""

from __future__ import annotations

import gc
import multiprocessing.util
import os
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing import spawn
from pathlib import Path
from typing import Any, Final, NoReturn

from actors.core.errors import ActorsError
from actors.runtime import linux, processes
from actors.runtime.guardian.guardian import Guardian
from actors.runtime.guardian.orders import Orders
from actors.runtime.rundirectory import RunDirectory

BARE: Final = "ACTORS_BARE_GUARDIAN"
"""In the environment of a guardian that shall not import the application's main module."""

ESCALATED: Final = 70
"""The exit code of a guardian that has shut its system down because a part of it would not run."""

_ALONE: Final = ("-I", "-E", "-s")
"""Options with which an interpreter would not hear where it finds this library."""
_GUARD: Final = 'put what starts it below `if __name__ == "__main__":`'
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


class Unguarded(ActorsError):
    """The main module starts a system whenever it is imported."""


_importing = False


def refuse_while_importing(name: str) -> None:
    """Raise `Unguarded` in a process that only imports the application to run its actors."""
    if _importing or getattr(multiprocessing.current_process(), "_inheriting", False):
        raise Unguarded(
            f"the main module starts the actor system {name!r} whenever it is imported, "
            f"and every actor imports it: {_GUARD}"
        )


def main(arguments: list[str]) -> None:
    """Become the guardian of a run directory."""
    directory, hold, root = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    _give_back_environment()
    linux.raise_descriptor_limit()
    linux.adopt_orphans()
    os.set_inheritable(root, False)
    orders = Orders.read(directory)
    bare = os.environ.pop(BARE, None) is not None
    problem = _prepare(_without_main(orders.preparation) if bare else orders.preparation)
    if linux.threads() > 1 and not bare:
        _restart_bare(directory, hold, root)
    gc.collect()
    gc.freeze()
    run = RunDirectory.adopt(directory, hold)
    guardian = Guardian(
        run,
        root,
        orders,
        problem=problem,
        preparation=orders.preparation if bare else None,
    )
    _run_to_the_end(guardian)


def _run_to_the_end(guardian: Guardian) -> NoReturn:
    """Run, and end the process whatever happens; `multiprocessing` would wait for its children."""
    code = 1
    try:
        guardian.run()
        code = ESCALATED if guardian.failed else 0
    except BaseException:  # noqa: BLE001 - a fault of ours: shown, and the end of every actor
        traceback.print_exc()
    finally:
        linux.kill_children()
        processes.leave(code)


def _without_main(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if not key.startswith("init_main")}


def _prepare(data: dict[str, Any]) -> str:
    """Import the application's main module as `multiprocessing` would; return what went wrong."""
    global _importing
    _importing = True
    try:
        spawn.prepare(data)
    except Unguarded as error:
        return str(error)
    except SystemExit as exit:
        return f"importing the main module ended in sys.exit({exit.code!r}): {_GUARD}"
    except BaseException as error:  # noqa: BLE001 - told to the root, whatever it is
        text = "".join(traceback.format_exception(error))
        return f"the main module cannot be imported by the guardian:\n{text}"
    finally:
        _importing = False
    return ""


def _restart_bare(directory: Path, hold: int, root: int) -> None:
    """A fork of a process with threads is not safe: begin again without the main module."""
    os.set_inheritable(hold, True)
    os.set_inheritable(root, True)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    line = command(directory, hold, root)
    os.execve(line[0], line, {**environment(), BARE: "1"})  # noqa: S606 - the command is our own


def _give_back_environment() -> None:
    own = os.environ.pop(_BORROWED, "")
    if own:
        os.environ[_PYTHONPATH] = own
    else:
        os.environ.pop(_PYTHONPATH, None)
