"""Commands: what is asked of guardians, who start, list and stop actors."""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING, Any, Final

from actors.core import envelope
from actors.core.address import Address
from actors.core.envelope import Kind
from actors.core.errors import (
    ActorCrashed,
    ActorRestarting,
    ActorStopped,
    AskTimeout,
    MailboxClosed,
    SystemStopped,
)
from actors.core.protocol import Children, Join, Stop
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
        request, timeout = spawning.plan(endpoint.codec, parent, spec, name)
        with spawning.unless_guardian_dies(request):
            reply = endpoint.ask(guardian_of(parent.system), request, timeout)
        return endpoint.bind(spawning.started(reply))

    async def spawn_async(
        self, parent: Address, spec: ChildSpec[Any] | type[Spawnable], name: str | None
    ) -> ActorRef:
        """`spawn` for asyncio."""
        endpoint = self._endpoint
        request, timeout = spawning.plan(endpoint.codec, parent, spec, name)
        with spawning.unless_guardian_dies(request):
            reply = await endpoint.ask_async(guardian_of(parent.system), request, timeout)
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

    def _command(self, to: Address, command: Stop) -> None:
        try:
            self._endpoint.tell_guardian(command, to.system, _PATIENCE)
        except Interregnum:
            raise ActorRestarting(to) from None

    def join(self, to: Address, timeout: float | None) -> bool:
        """Wait until an actor is gone for good."""
        try:
            within = inf if timeout is None else timeout
            return bool(self.inquire(Join(id=to.id), to.system, within))
        except AskTimeout:
            return False

    def inquire(self, question: Any, system: str, timeout: float = DEFAULT_TIMEOUT) -> Any:
        """Ask a guardian something that may be asked again, of another one, if it is killed.

        The death of another system's guardian is not told here: it is asked again and again.
        """
        deadline, guardian = moment(timeout), guardian_of(system)
        abroad = self._endpoint.is_abroad(guardian)
        while True:
            left = max(0.0, deadline - time.monotonic())
            try:
                return self._endpoint.ask(guardian, question, min(left, _GLANCE) if abroad else left)
            except ActorCrashed:
                continue
            except AskTimeout:
                if not (abroad and left > _GLANCE):
                    raise AskTimeout(guardian, timeout) from None
            except ActorStopped:
                self._wait_abroad(guardian, timeout, left)

    def _wait_abroad(self, guardian: Address, timeout: float, left: float) -> None:
        """No guardian serves in another system: perhaps one will in a moment, if it has not ended."""
        if not rundirectory.is_held(self._endpoint.site.other(guardian.system).path):
            raise SystemStopped(guardian.system, "nobody uses its run directory any more")
        if not left > 0.0:
            raise AskTimeout(guardian, timeout)
        time.sleep(min(left, _MOMENT))
