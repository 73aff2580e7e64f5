"""The command ``actors ps``: the actors of this user's systems, as their mailboxes show them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from actors.core.status import ActorStatus
from actors.runtime.inspection import survey

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction  # pyright: ignore[reportPrivateUsage]

_HEADS: Final = ("NAME", "STATE", "PID", "BUSY", "WAITING", "MESSAGES", "UNSENT")


def add_to(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser(
        "ps",
        help="list the actors of your running systems",
        description="Lists the actors of all running systems of this user, with what can be seen of each "
        "without asking it: its state, its process, whether it has a message in hand, how many bytes of "
        "mail wait for it (and how many messages, if its mailbox is bounded), and how many messages to "
        "others wait in it. Looks where ACTORS_RUN_DIRECTORY says, as systems do.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what there is."""
    systems = {site.system: actors for site, actors in survey()}
    if options.json:
        print(json.dumps({system: _as_data(actors) for system, actors in systems.items()}, indent=2))
    elif not systems:
        print("no system is running")
    for system, actors in () if options.json else systems.items():
        print(system)
        print(*_table([_HEADS, *(_row(name, status) for name, status in actors)]), sep="\n")
    return 0


def _as_data(actors: list[tuple[str, ActorStatus]]) -> dict[str, Any]:
    return {name: attrs.asdict(status) for name, status in actors}


def _row(name: str, status: ActorStatus) -> tuple[str, ...]:
    messages = "" if status.messages is None else f"{status.messages:,}"
    pid, busy = str(status.pid or ""), "yes" if status.busy else ""
    return (name, status.state, pid, busy, f"{status.waiting:,}", messages, f"{status.unsent:,}")


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines of columns: the name and the state to the left, all others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join(_aligned(row, widths)).rstrip() for row in rows]


def _aligned(row: tuple[str, ...], widths: list[int]) -> list[str]:
    return [
        text.ljust(width) if column < 2 else text.rjust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
