"""The context that the runtime gives to an actor."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from actors.core import reason
from actors.core.demand import LASTING, SECONDS
from actors.core.protocol import Unwatch, Watch
from actors.core.ref import REF, ActorRef
from actors.core.spawnable import Spawnable
from actors.core.spec import ChildSpec
from actors.runtime import log
from actors.runtime.alarms import Alarm
from actors.runtime.deferral import Deferral, Deferrals
from actors.runtime.endpoint import Endpoint

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from actors.runtime.reception import Reception


class WorkerContext:
    """The `Context` of an actor, in its process."""

    def __init__(self, reception: Reception, endpoint: Endpoint, deferrals: Deferrals) -> None:
        self._reception = reception
        self._endpoint = endpoint
        self._deferrals = deferrals
        self._log: FilteringBoundLogger | None = None
        self.ref = endpoint.bind(endpoint.address)

    @property
    def sender(self) -> ActorRef | None:
        hand = self._reception.hand
        return None if hand is None else hand.sender

    @property
    def log(self) -> FilteringBoundLogger:
        if self._log is None:
            self._log = log.logger(actor=self.ref.path)
        return self._log

    def spawn(self, spec: ChildSpec[Any] | type[Spawnable], *, name: str | None = None) -> ActorRef:
        return self._endpoint.commands.spawn(self._endpoint.address, spec, name)

    async def spawn_async(
        self, spec: ChildSpec[Any] | type[Spawnable], *, name: str | None = None
    ) -> ActorRef:
        return await self._endpoint.commands.spawn_async(self._endpoint.address, spec, name)

    def children(self) -> list[ActorRef]:
        return self._endpoint.commands.children(self._endpoint.address)

    def watch(self, actor: ActorRef) -> None:
        REF.check("actor", actor)
        self._endpoint.tell_guardian(Watch(actor=actor), actor.address.system)

    def unwatch(self, actor: ActorRef) -> None:
        REF.check("actor", actor)
        self._endpoint.tell_guardian(Unwatch(id=actor.address.id), actor.address.system)

    def send_after(self, seconds: float, message: Any) -> Alarm:
        return self._send(SECONDS.check("seconds", seconds), message, again=False)

    def send_every(self, seconds: float, message: Any) -> Alarm:
        return self._send(LASTING.check("seconds", seconds), message, again=True)

    def _send(self, seconds: float, message: Any, *, again: bool) -> Alarm:
        to_itself = partial(
            self._endpoint.notify, self._endpoint.address, *self._endpoint.codec.encode(message)
        )
        return self._reception.alarms.add(seconds, to_itself, again=again)

    def find(self, path: str) -> ActorRef:
        return self._endpoint.bind(self._endpoint.site.find(path))

    def stop(self, child: ActorRef | None = None) -> None:
        if child is None or child == self.ref:
            self._reception.stop(reason.NORMAL)
        else:
            REF.check("child", child).stop()

    def forward(self, to: ActorRef, message: Any = None, *, timeout: float = 0.0) -> None:
        REF.check("to", to)
        hand = self._reception.hand
        if hand is None:
            raise RuntimeError("there is no message in hand to forward")
        if message is None:
            hand.forward_unchanged(to, timeout)
        else:
            hand.forward(to, *self._endpoint.codec.encode(message), timeout)
        self._reception.hand_on()

    def defer(self) -> Deferral:
        hand = self._reception.hand
        if hand is None:
            raise RuntimeError("there is no message in hand whose reply could be deferred")
        return self._deferrals.add(hand)

    def unhandled(self) -> None:
        hand = self._reception.hand
        if hand is not None:
            hand.unhandled()
