"""The page on troubleshooting has every error, by its very text, and every line of the log."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import actors
from actors import ActorsError, AskError, events
from actors.core.address import Address
from actors.core.reason import of_exit_code
from actors.runtime.peer import places_taken

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "troubleshooting.md").read_text()
HEADINGS = re.findall(r"^### (.*)\n\n`(\w+)`", PAGE, re.MULTILINE)

COUNTER = Address("demo", 2, "counter")
A, B = Address("demo", 3, "a"), Address("demo", 4, "b")
UNKNOWN_TAG = (
    "unknown tag 'shop:Order'; import the module which defines this message class in the receiving process"
)
RAISED = [
    actors.AskTimeout(COUNTER, 5.0),
    actors.ActorCrashed(COUNTER, of_exit_code(-11)),
    actors.HandlerError(COUNTER, "ValueError", "not my department", ""),
    actors.Rejected(COUNTER, "the amount is negative"),
    actors.ActorStopped(COUNTER, may_have_run=False),
    actors.ActorRestarting(COUNTER),
    actors.AskCycle((A, B, A)),
    actors.EncodeError("Order.items[3].price", "expected float, got str '7'"),
    actors.DecodeError("message", UNKNOWN_TAG),
    actors.MailboxFull("counter", places_taken(100)),
    actors.DiskFull("counter", "No space left on device: 104857600 bytes", Path("/dev/shm"), Path("/tmp")),
    actors.MailboxClosed("mailbox"),
    actors.MailboxInUse("mailbox", 4711),
    actors.StartError("counter", "no start today"),
    actors.NameTaken("counter"),
    actors.NoSuchActor("countre", ["counter"]),
    actors.NotImportable(
        "main.Counter", "it is defined inside a function; define it at the top of a module"
    ),
    actors.SystemStopped("actors", "it has been stopped"),
    actors.UnboundRef(COUNTER),
]
PUBLIC = [value for name in actors.__all__ if isinstance(value := getattr(actors, name), type)]
BASES = (ActorsError, AskError)
EVENTS = [value for value in vars(events).values() if isinstance(value, type) and value is not events.Event]


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_an_error_is_found_by_its_text(error: Exception) -> None:
    assert (str(error), type(error).__name__) in HEADINGS


def test_every_public_error_has_an_entry() -> None:
    errors = [cls for cls in PUBLIC if issubclass(cls, ActorsError) and cls not in BASES]
    assert {type(error) for error in RAISED} == set(errors)
    assert len(HEADINGS) == len(RAISED)


@pytest.mark.parametrize("cls", [cls for cls in PUBLIC if issubclass(cls, Exception)])
def test_every_public_exception_is_named(cls: type) -> None:
    assert f"`{cls.__name__}`" in PAGE


@pytest.mark.parametrize("cls", EVENTS)
def test_every_event_is_found_by_its_line_in_the_log(cls: type) -> None:
    line = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
    assert f"`{line}`" in PAGE or (cls is events.EventsLost and "`EventsLost`" in PAGE)
