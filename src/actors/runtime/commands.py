"""Commands: what is asked of guardians, who start, list and stop actors."""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING, Any, Final

from actors.core import envelope
from actors.core.address import Address
from actors.core.envelope import Kind
from actors.core.errors import ActorCrashed, ActorRestarting, AskTimeout, MailboxClosed
from actors.core.protocol import Children, Join, Stop
from actors.core.ref import DEFAULT_TIMEOUT, ActorRef
from actors.core.spawnable import Spawnable
from actors.core.spec import ChildSpec
from actors.runtime import spawning
from actors.runtime.deadline import moment
from actors.runtime.interregnum import Interregnum
from actors.runtime.site import guardian_of

if TYPE_CHECKING:
    from actors.runtime.endpoint import Endpoint

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
        """Ask a guardian something that may be asked again, of another one, if it is killed."""
        deadline = moment(timeout)
        while True:
            try:
                left = max(0.0, deadline - time.monotonic())
                return self._endpoint.ask(guardian_of(system), question, left)
            except ActorCrashed:
                continue
