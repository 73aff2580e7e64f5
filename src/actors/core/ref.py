"""References: addresses one can talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeVar, overload

import attrs

from actors.core.address import Address
from actors.core.demand import Demand
from actors.core.errors import UnboundRef

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from concurrent.futures import Future

    from actors.core.message import Request
    from actors.core.spawnable import Spawnable
    from actors.core.spec import ChildSpec

R = TypeVar("R")

DEFAULT_TIMEOUT = 5.0
"""How long an ask waits unless it says otherwise, in seconds."""

OnRestarting = Literal["wait", "fail"]


class Engine(Protocol):
    """What a reference needs to reach its actor; supplied by the process that holds the reference."""

    def tell(self, to: Address, message: Any, timeout: float) -> None: ...

    def tell_async(self, to: Address, message: Any, timeout: float) -> Coroutine[Any, Any, None]: ...

    def ask(self, to: Address, message: Any, timeout: float) -> Any: ...

    def ask_async(self, to: Address, message: Any, timeout: float) -> Coroutine[Any, Any, Any]: ...

    def ask_future(self, to: Address, message: Any, timeout: float) -> Future[Any]: ...

    def refuse_restarting(self, to: Address) -> None: ...

    @property
    def commands(self) -> Commands: ...


class Commands(Protocol):
    """What a reference needs to have its actor stopped, and to have children."""

    def spawn(
        self, parent: Address, spec: ChildSpec[Any] | type[Spawnable], name: str | None
    ) -> ActorRef: ...

    def spawn_async(
        self, parent: Address, spec: ChildSpec[Any] | type[Spawnable], name: str | None
    ) -> Coroutine[Any, Any, ActorRef]: ...

    def children(self, of: Address) -> list[ActorRef]: ...

    def stop(self, to: Address, *, drain: bool) -> None: ...

    def kill(self, to: Address) -> None: ...

    def restart(self, to: Address) -> None: ...

    def join(self, to: Address, timeout: float | None) -> bool: ...

    def join_async(self, to: Address, timeout: float | None) -> Coroutine[Any, Any, bool]: ...


@attrs.frozen(repr=False)
class ActorRef:
    """The address of an actor, with the means to reach it.

    A reference compares and hashes by the actor it names, travels in messages, stays valid across
    restarts and never reaches a later actor of the same name. Once the actor has stopped for good,
    a tell becomes a dead letter and an ask raises `ActorStopped`.
    """

    address: Address
    _engine: Engine | None = attrs.field(default=None, eq=False)

    @property
    def path(self) -> str:
        """The actor's name below its system, such as ``bank/ada``."""
        return self.address.path

    def tell(self, message: Any, *, timeout: float = 0.0) -> None:
        """Send a message and go on.

        Never waits for the receiver. A receiver with a bounded mailbox (``mailbox_size=``) makes the
        sender wait for room, at most `timeout` seconds.

        Raises `EncodeError` if the message cannot travel and `MailboxFull` if there is no room; in
        both cases nothing was sent. An actor that is gone makes a dead letter of it, not an error.
        """
        (self._engine or self._bound()).tell(self.address, message, timeout)

    async def tell_async(self, message: Any, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """`tell` for asyncio: waits at most `timeout` seconds for room, and never blocks the event loop."""
        await self._bound().tell_async(self.address, message, timeout)

    @overload
    def ask(self, message: Request[R], *, timeout: float = ..., on_restarting: OnRestarting = ...) -> R: ...
    @overload
    def ask(self, message: Any, *, timeout: float = ..., on_restarting: OnRestarting = ...) -> Any: ...
    def ask(
        self, message: Any, *, timeout: float = DEFAULT_TIMEOUT, on_restarting: OnRestarting = "wait"
    ) -> Any:
        """Send a question and wait for its reply, at most `timeout` seconds.

        Where the actor is just being restarted, and perhaps waits with that, the question waits with it;
        with ``on_restarting="fail"`` it raises `ActorRestarting` instead.

        Raises one of the `AskError` family, `SystemStopped`, `DecodeError` for a reply that this process
        cannot decode, or `EncodeError` and `MailboxFull`, with which the question was never sent.
        """
        if on_restarting != "wait":
            return self._engine_for(on_restarting).ask(self.address, message, timeout)
        ask = (self._engine or self._bound()).ask
        return ask(self.address, message, timeout)

    @overload
    async def ask_async(
        self, message: Request[R], *, timeout: float = ..., on_restarting: OnRestarting = ...
    ) -> R: ...
    @overload
    async def ask_async(
        self, message: Any, *, timeout: float = ..., on_restarting: OnRestarting = ...
    ) -> Any: ...
    async def ask_async(
        self, message: Any, *, timeout: float = DEFAULT_TIMEOUT, on_restarting: OnRestarting = "wait"
    ) -> Any:
        """`ask` for asyncio: waits without blocking the event loop. Cancelling it drops the reply."""
        return await self._engine_for(on_restarting).ask_async(self.address, message, timeout)

    @overload
    def ask_future(
        self, message: Request[R], *, timeout: float = ..., on_restarting: OnRestarting = ...
    ) -> Future[R]: ...
    @overload
    def ask_future(
        self, message: Any, *, timeout: float = ..., on_restarting: OnRestarting = ...
    ) -> Future[Any]: ...
    def ask_future(
        self, message: Any, *, timeout: float = DEFAULT_TIMEOUT, on_restarting: OnRestarting = "wait"
    ) -> Future[Any]:
        """`ask` without waiting: the future ends with the reply or with the error of the ask.

        What is known at once is raised at once: `EncodeError`, `MailboxFull` (it waits for no room in a
        bounded mailbox), `Rejected` by a supervisor, `ActorStopped`, `ActorRestarting`.

        Its callbacks run in a thread that does nothing but end such futures, and may themselves ask.
        Cancelling it drops the reply; it does not keep the question from being handled.
        """
        return self._engine_for(on_restarting).ask_future(self.address, message, timeout)

    def spawn(self, spec: ChildSpec[Any] | type[Spawnable], *, name: str | None = None) -> ActorRef:
        """Start a child below this supervisor and return once it has started.

        It is stopped with the supervisor and does not come back when that is restarted. Raises
        `StartError` (also if this is an actor, which spawns its children itself, or if ``max_children``
        are there) and `NameTaken`.
        """
        return self._bound().commands.spawn(self.address, spec, name)

    async def spawn_async(
        self, spec: ChildSpec[Any] | type[Spawnable], *, name: str | None = None
    ) -> ActorRef:
        """`spawn` for asyncio. Cancelling it does not keep the child from starting."""
        return await self._bound().commands.spawn_async(self.address, spec, name)

    def children(self) -> list[ActorRef]:
        """The children of this supervisor or actor, in the order in which they were started."""
        return self._bound().commands.children(self.address)

    def stop(self, *, drain: bool = False) -> None:
        """Ask the actor to stop for good, and go on; `join` waits for it.

        It stops after the message in hand; with `drain`, after the messages that wait now, also if
        they fill its bounded mailbox. (A supervisor, which has no mail, and an actor's children stop
        as without `drain`.) A commanded stop is never followed by a restart. Messages left over become
        dead letters.

        Raises `ActorRestarting` if the guardian was killed and none has taken its place within a minute;
        with `drain`, `MailboxFull` if more waits in this process for the actor than may.
        """
        self._bound().commands.stop(self.address, drain=drain)

    def kill(self) -> None:
        """Stop the actor for good by SIGKILL, without asking: ``on_stop`` does not run.

        Raises as `stop`.
        """
        self._bound().commands.kill(self.address)

    def restart(self) -> None:
        """Have the actor stop in order and be started anew, and go on; an ``ActorRestarted`` event follows.

        It is a new object in a new process, and its waiting mail is kept. Of a supervisor all children are
        started anew. Its group is not, nothing counts against a limit, and a backoff that it waits for is
        over. Whoever is being started, or is gone, stays so. What was sent before may still be handled by
        the old one, and so may what is sent in the next moment. Raises as `stop`.
        """
        self._bound().commands.restart(self.address)

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the actor is gone for good; False if it still lives after `timeout` seconds."""
        return self._bound().commands.join(self.address, timeout)

    async def join_async(self, timeout: float | None = None) -> bool:
        """`join` for asyncio: waits without blocking the event loop."""
        return await self._bound().commands.join_async(self.address, timeout)

    def _engine_for(self, on_restarting: OnRestarting) -> Engine:
        engine = self._bound()
        if on_restarting == "fail":
            engine.refuse_restarting(self.address)
        elif on_restarting != "wait":  # pyright: ignore[reportUnnecessaryComparison]
            raise ValueError(f'on_restarting is {on_restarting!r}; it must be "wait" or "fail"')
        return engine

    def _bound(self) -> Engine:
        if self._engine is None:
            raise UnboundRef(self.address)
        return self._engine

    def __reduce__(self) -> tuple[type[ActorRef], tuple[Address]]:
        return ActorRef, (self.address,)

    def __repr__(self) -> str:
        return f"<ActorRef {self.address.path} #{self.address.id}>"


REF: Final = Demand("an ActorRef", lambda value: isinstance(value, ActorRef))
