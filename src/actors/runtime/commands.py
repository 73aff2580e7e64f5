"""Commands: what is asked of guardians, who start, list and stop actors."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any, Final

from actors.core import envelope
from actors.core.address import Address
from actors.core.envelope import Kind
from actors.core.errors import (
    ActorCrashed,
    ActorRestarting,
    ActorStopped,
    AskError,
    AskTimeout,
    MailboxClosed,
    SystemStopped,
)
from actors.core.protocol import Children, Join, Renew, Stop
from actors.core.ref import DEFAULT_TIMEOUT, ActorRef
from actors.core.spawnable import Spawnable
from actors.core.spec import ChildSpec
from actors.runtime import rundirectory, spawning
from actors.runtime.deadline import moment
from actors.runtime.interregnum import Interregnum
from actors.runtime.site import guardian_of

if TYPE_CHECKING:
    from actors.runtime.endpoint import Endpoint

_GLANCE: Final = 1.0
"""For how many seconds a guardian of another system is waited for, before it is looked whether it lives."""
_MOMENT: Final = 0.05
_PATIENCE: Final = 60.0
"""How long a command waits for a new guardian, in seconds."""


class Commands:
    """Commands actors of any system of this user, by way of their guardians."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def spawn(self, parent: Address, spec: ChildSpec[Any] | type[Spawnable], name: str | None) -> ActorRef:
        """Start a child below `parent`; return once it has started. Raises `StartError`, `NameTaken`."""
        endpoint = self._endpoint
        plan = spawning.plan(endpoint.codec, parent, spec, name)
        with spawning.unless_guardian_dies(plan.name):
            reply = endpoint.ask(guardian_of(parent.system), plan.request, plan.timeout)
        return endpoint.bind(spawning.started(reply))

    async def spawn_async(
        self, parent: Address, spec: ChildSpec[Any] | type[Spawnable], name: str | None
    ) -> ActorRef:
        """`spawn` for asyncio."""
        endpoint = self._endpoint
        plan = spawning.plan(endpoint.codec, parent, spec, name)
        with spawning.unless_guardian_dies(plan.name):
            reply = await endpoint.ask_async(guardian_of(parent.system), plan.request, plan.timeout)
        return endpoint.bind(spawning.started(reply))

    def children(self, of: Address) -> list[ActorRef]:
        """The children of an actor or supervisor."""
        children: list[ActorRef] = self.inquire(Children(id=of.id), of.system)
        return children

    def stop(self, to: Address, *, drain: bool) -> None:
        """Have an actor stop for good; a supervisor, which has no mail to `drain`, at once."""
        if not drain:
            self._command(to, Stop(id=to.id))
            return
        try:
            self._endpoint.force(to, envelope.mail(Kind.LAST, self._endpoint.sender))
        except MailboxClosed:
            if self._endpoint.is_supervisor(to):
                self.stop(to, drain=False)
        except Interregnum:  # the mail that was to be handled first is lost
            self.stop(to, drain=False)

    def kill(self, to: Address) -> None:
        """Have an actor killed for good."""
        self._command(to, Stop(id=to.id, kill=True))

    def restart(self, to: Address) -> None:
        """Have an actor started anew."""
        self._command(to, Renew(id=to.id))

    def _command(self, to: Address, command: Stop | Renew) -> None:
        try:
            self._endpoint.tell_guardian(command, to.system, _PATIENCE)
        except Interregnum:
            raise ActorRestarting(to) from None

    def join(self, to: Address, timeout: float | None) -> bool:
        """Wait until an actor is gone for good."""
        within = inf if timeout is None else timeout
        with suppress(AskTimeout):
            return bool(self.inquire(Join(id=to.id), to.system, within))
        with suppress(AskTimeout):  # of a guardian that has never answered
            return bool(self.inquire(Join(id=to.id, wait=False), to.system))
        return False

    async def join_async(self, to: Address, timeout: float | None) -> bool:
        """`join` for asyncio."""
        within = inf if timeout is None else timeout
        with suppress(AskTimeout):
            return bool(await self._inquire_async(Join(id=to.id), to.system, within))
        with suppress(AskTimeout):
            return bool(await self._inquire_async(Join(id=to.id, wait=False), to.system, DEFAULT_TIMEOUT))
        return False

    def inquire(self, question: Any, system: str, timeout: float = DEFAULT_TIMEOUT) -> Any:
        """Ask a guardian something that may be asked again, of another one, if it is killed."""
        inquiry = _Inquiry(self._endpoint, system, timeout)
        while True:
            try:
                return self._endpoint.ask(inquiry.guardian, question, inquiry.share())
            except AskError as error:
                time.sleep(inquiry.pause_after(error))

    async def _inquire_async(self, question: Any, system: str, timeout: float) -> Any:
        inquiry = _Inquiry(self._endpoint, system, timeout)
        while True:
            try:
                return await self._endpoint.ask_async(inquiry.guardian, question, inquiry.share())
            except AskError as error:
                await asyncio.sleep(inquiry.pause_after(error))


class _Inquiry:
    """A question to a guardian that is asked until it is answered.

    Nobody here is told of the death of another system's guardian: it is asked again and again.
    """

    def __init__(self, endpoint: Endpoint, system: str, timeout: float) -> None:
        self.guardian = guardian_of(system)
        self._abroad = endpoint.is_abroad(self.guardian)
        self._run = endpoint.site.other(system).path
        self._timeout = timeout
        self._deadline = moment(timeout)

    def share(self) -> float:
        """For how many seconds to wait for its answer this time."""
        left = max(0.0, self._deadline - time.monotonic())
        return min(left, _GLANCE) if self._abroad else left

    def pause_after(self, error: AskError) -> float:
        """After how many seconds to ask again. Raises `AskTimeout`, `SystemStopped`, or the error."""
        match error:
            case ActorCrashed():
                return 0.0
            case ActorStopped() if not rundirectory.is_held(self._run):
                raise SystemStopped(self.guardian.system, "nobody uses its run directory any more")
            case ActorStopped() | AskTimeout() if time.monotonic() < self._deadline:
                return _MOMENT if isinstance(error, ActorStopped) else 0.0
            case ActorStopped() | AskTimeout():
                raise AskTimeout(self.guardian, self._timeout)
            case _:
                raise error
