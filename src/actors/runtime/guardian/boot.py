"""From a new interpreter to a running guardian: what `invocation` has executed."""

from __future__ import annotations

import gc
import os
import signal
import traceback
from multiprocessing import spawn
from pathlib import Path
from typing import Any, NoReturn

from actors.runtime import linux, log, processes
from actors.runtime.guardian.guardian import Guardian
from actors.runtime.guardian.invocation import BARE, ESCALATED, command, environment, give_back_environment
from actors.runtime.guardian.mainguard import GUARD, Unguarded, importing
from actors.runtime.guardian.orders import Orders
from actors.runtime.immortality import immortalize, lasting
from actors.runtime.rundirectory import RunDirectory


def main(arguments: list[str]) -> None:
    """Become the guardian of a run directory."""
    directory, hold, root = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    give_back_environment()
    linux.raise_descriptor_limit()
    linux.adopt_orphans()
    os.set_inheritable(root, False)
    orders = Orders.read(directory)
    bare = os.environ.pop(BARE, None) is not None
    problem = _prepare(_without_main(orders.preparation) if bare else orders.preparation)
    if linux.threads() > 1 and not bare:
        _restart_bare(directory, hold, root)
    log.preload()
    gc.collect()
    immortalize(lasting())  # before there is anything that a restart or a stop is to end
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
    try:
        with importing():
            spawn.prepare(data)
    except Unguarded as error:
        return str(error)
    except SystemExit as exit:
        return f"importing the main module ended in sys.exit({exit.code!r}): {GUARD}"
    except BaseException as error:  # noqa: BLE001 - told to the root, whatever it is
        text = "".join(traceback.format_exception(error))
        return f"the main module cannot be imported by the guardian:\n{text}"
    return ""


def _restart_bare(directory: Path, hold: int, root: int) -> None:
    """A fork of a process with threads is not safe: begin again without the main module."""
    os.set_inheritable(hold, True)
    os.set_inheritable(root, True)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    line = command(directory, hold, root)
    os.execve(line[0], line, {**environment(), BARE: "1"})  # noqa: S606 - the command is our own
