"""The command: ``actors demo`` and its options."""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actors.cli.demo import sources
from actors.cli.demo.plain import PlainView
from actors.cli.demo.run import Run
from actors.cli.demo.view import JsonView, View

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction  # pyright: ignore[reportPrivateUsage]

_LOG_LEVEL: Final = "ACTORS_LOG_LEVEL"
_KILL_EVERY: Final = 0.5


def add_to(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser(
        "demo",
        help="count the standard library's tokens while the workers are being killed",
        description="Tokenizes the standard library in a pool of actors, kills one of them every half "
        "second, lets another segfault, and checks that the totals are exact all the same.",
    )
    _add_options(parser)
    parser.set_defaults(run=run, fail=parser.error)


def _add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--path", type=Path, metavar="DIR", help="count the sources below DIR instead")
    parser.add_argument(
        "--workers",
        type=_positive,
        default=_cores(),
        metavar="N",
        help="tokenizers; default: one a core, %(default)s",
    )
    parser.add_argument("--no-chaos", action="store_true", help="kill nobody; the poison stays")
    parser.add_argument(
        "--kill-every", type=_seconds, default=_KILL_EVERY, metavar="SECONDS", help="default: %(default)s"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the view")


def run(options: argparse.Namespace) -> int:
    """Run the demo; the exit code is 0 only if the totals are exact."""
    path = options.path or sources.standard_library()
    if not path.is_dir():
        options.fail(f"there is no directory {str(path)!r}")
    files = sources.find(path)
    if not files:
        options.fail(f"there are no .py files below {str(path)!r}; choose another --path")
    os.environ.setdefault(_LOG_LEVEL, "error")  # the view shows the crashes itself
    with _view(json=options.json) as view:
        kill_every = math.inf if options.no_chaos else options.kill_every
        report = Run(files, workers=options.workers, kill_every=kill_every, view=view).report()
        view.end(report)
    return report.exit_code


def _view(*, json: bool) -> View:
    """The view for this output: live on a terminal if rich is installed, else plain lines."""
    if json:
        return JsonView()
    if not sys.stdout.isatty():
        return PlainView()
    try:
        from actors.cli.demo.live import LiveView
    except ImportError:
        return PlainView()
    return LiveView()


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is too few; it takes at least 1")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"{text} is no interval; it must be above 0 seconds")
    return number
