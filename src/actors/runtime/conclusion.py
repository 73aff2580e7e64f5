"""The conclusion of an ask: a value, or the error that says how it ended."""

from __future__ import annotations

from copy import copy
from typing import Any

from actors.core.address import Address
from actors.core.codec import Codec
from actors.core.envelope import REPLY, Outcome
from actors.core.errors import ActorCrashed, ActorStopped, AskTimeout, HandlerError, Rejected
from actors.core.message import Request
from actors.core.reason import End, ExitReason
from actors.core.schema import check_reply
from actors.runtime.pending import Answer


def by_death(why: ExitReason) -> tuple[Outcome, Any]:
    """How an ask ends of which its actor has died, and the value that says so."""
    if why.end is End.EXCEPTION:
        return Outcome.RAISED, (why.type, why.text, why.traceback)
    return Outcome.CRASHED, why


def conclude(codec: Codec, to: Address, message: Any, timeout: float, answer: Answer | None) -> Any:
    """The reply to what was asked of `to`; no answer means that the time is up. Raises an `AskError`."""
    if answer is None:
        raise AskTimeout(to, timeout)
    outcome, body, segments, error = answer
    if error is not None:
        raise copy(error)
    value = codec.decode(body, segments)
    if outcome is REPLY:
        if isinstance(message, Request):
            check_reply(type(message), value)  # pyright: ignore[reportUnknownArgumentType]
        return value
    who, value = value
    by = "" if who == to.path else who
    match outcome:
        case Outcome.RAISED:
            kind, text, traceback = value
            raise HandlerError(to, kind, text, traceback, by)
        case Outcome.REJECTED:
            raise Rejected(to, value, by)
        case Outcome.CRASHED:
            raise ActorCrashed(to, value, by)
        case Outcome.STOPPED:
            raise ActorStopped(to, value, by)
