"""The actor system, as the application holds it."""

from __future__ import annotations

import asyncio
import atexit
import os
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import attrs

from actors.core.address import Address
from actors.core.codec import Limits
from actors.core.demand import COUNT, FLAG, SECONDS, choice, instance, optional
from actors.core.errors import ActorsError, StartError, SystemStopped
from actors.core.events import Event
from actors.core.glance import brief, reason
from actors.core.policy import Intensity
from actors.core.protocol import Exits
from actors.core.reason import ExitReason
from actors.core.ref import REF, ActorRef
from actors.core.spawnable import Spawnable
from actors.core.spec import ChildSpec, check_name
from actors.core.status import ActorStatus
from actors.core.strategy import Escalation
from actors.runtime import linux, log, sigterm
from actors.runtime.endpoint import Endpoint
from actors.runtime.eventstream import EventStream
from actors.runtime.guardian import invocation, mainguard
from actors.runtime.guardian.orders import Orders
from actors.runtime.inspection import inspect
from actors.runtime.listener import Listener
from actors.runtime.mutex import Mutex
from actors.runtime.session import Session

_MINUTE: Final = 60.0
_LIMITS: Final = optional(instance(Limits), "the usual ones")


class ActorSystem:
    """Actors, each in a process of its own, below one guardian process.

    A context manager, plain and asynchronous: leaving it stops every actor in order, and nothing is left
    afterwards: no process, no file, no semaphore. The same holds if the application ends without leaving
    it, and if it is killed. Several systems may live in one process, each started from any thread.

    Ctrl-C leaves the ``with`` block as `KeyboardInterrupt` and so is an orderly stop; a second one during
    the stop kills. With `handle_signals`, in the main thread and unless the application has a handler of
    its own, SIGTERM likewise leaves it as `SystemExit`.
    """

    def __init__(
        self,
        name: str = "actors",
        *,
        max_restarts: int = 3,
        within: float = 5.0,
        on_escalation: Escalation = Escalation.STOP_BRANCH,
        max_guardian_restarts: int = 3,
        spares: int = 1,
        handle_signals: bool = True,
        start_timeout: float = 60.0,
        shutdown_timeout: float = 60.0,
        limits: Limits | None = None,
    ) -> None:
        """Prepare a system; `start`, or entering it, starts it.

        An actor below no supervisor, and a supervisor below none, is restarted at most `max_restarts`
        times within `within` seconds. With one more crash it is stopped for good, and `on_escalation` may
        have the whole system stop with it. A guardian process that is killed is replaced, at most
        `max_guardian_restarts` times within a minute; each may take `start_timeout` seconds to be ready,
        with its import of the application's main module. So many `spares` are processes which wait,
        asleep, to become the next actors', so that a start or a restart need not wait for a fork; each
        takes the memory of an idle actor and two of the guardian's descriptors, and 0 does without them.
        `shutdown_timeout` bounds `stop`, whatever the actors' own budgets (``shutdown=``) add up to: then
        everything is killed. `limits` bound the messages of this process. Raises `ValueError` for a value
        out of its range and `TypeError` for one of another type.
        """
        linux.require()
        self.name = check_name(name)
        escalation = choice(Escalation).check("on_escalation", on_escalation)
        self._orders = Orders(
            {}, Intensity(max_restarts, within), escalation, spares=COUNT.check("spares", spares)
        )
        replacements = COUNT.check("max_guardian_restarts", max_guardian_restarts)
        self._replacements = Intensity(replacements, _MINUTE)
        self._handle_signals: bool = FLAG.check("handle_signals", handle_signals)
        self._start_timeout: float = SECONDS.check("start_timeout", start_timeout)
        self._shutdown_timeout: float = SECONDS.check("shutdown_timeout", shutdown_timeout)
        self._limits: Limits | None = _LIMITS.check("limits", limits)
        self._lock = Mutex()
        self._running: Session | None = None
        self._ended: ActorsError | None = None

    def start(self) -> Self:
        """Start the guardian. Raises `StartError`; a system is started once.

        Raises `ValueError` for an environment variable (``ACTORS_…``) that makes no sense.
        """
        with self._lock:
            if self._running is not None or self._ended is not None:
                raise StartError(self.name, "it has been started before; make another ActorSystem")
            mainguard.refuse_while_importing(self.name)
            log.check_level()
            self._running = session = self._begin()
            atexit.register(self.stop)
            try:
                session.wait_for_start()
            except BaseException:
                self._end(session, "it did not start", kill=True)
                raise
            self._heed_sigterm()
        return self

    def spawn(self, spec: ChildSpec[Any] | type[Spawnable], *, name: str | None = None) -> ActorRef:
        """Start an actor, or a supervisor with its children, and return once it has started.

        Takes a spec made by `child`, or a class that needs no arguments. Raises `StartError` with the
        traceback if the constructor or ``on_start`` raises, `NameTaken`, and `NotImportable` for a class
        that another process cannot find.
        """
        endpoint = self._endpoint
        return endpoint.commands.spawn(endpoint.guardian, spec, name)

    async def spawn_async(
        self, spec: ChildSpec[Any] | type[Spawnable], *, name: str | None = None
    ) -> ActorRef:
        """`spawn` for asyncio. Cancelling it does not keep the actor from starting."""
        endpoint = self._endpoint
        return await endpoint.commands.spawn_async(endpoint.guardian, spec, name)

    def ref(self, path: str) -> ActorRef:
        """The reference of the actor that has a name now, such as ``bank/ada``. Raises `NoSuchActor`."""
        endpoint = self._endpoint
        return endpoint.bind(endpoint.site.find(path))

    def names(self) -> list[str]:
        """The names of all actors and supervisors, sorted."""
        return sorted(self._endpoint.site.names())

    def events(self) -> EventStream:
        """What happens in the system from now on: starts, crashes, restarts, stops and dead letters."""
        session = self._session
        stream = EventStream(session.endpoint, session.ended)
        try:
            session.subscribe(stream)
        except BaseException:
            stream.close()
            raise
        return stream

    def listen(self, callback: Callable[[Event], object]) -> Listener:
        """Call back with each event from now on, in a thread of the listener, until it is closed."""
        if not callable(callback):
            raise TypeError(f"callback is {brief(callback)}; it must be a function that takes an event")
        return Listener(self.events(), callback)

    def exits(self, actor: ActorRef | str) -> list[ExitReason]:
        """Why the last incarnations of whoever had this actor's name ended: up to 20, the latest last.

        Of those in a row that were recycled, the latest. They are kept after the actor is gone, but not by
        a guardian that is killed; of a long text or traceback the middle is not.
        """
        endpoint = self._endpoint
        if isinstance(actor, str):
            path, system = actor, endpoint.site.system
        else:
            address: Address = REF.check("actor", actor).address
            path, system = address.path, address.system
        found: list[ExitReason] = endpoint.commands.inquire(Exits(path=path), system)
        return found

    def children(self) -> list[ActorRef]:
        """What the application has spawned and is there, in the order in which it was started."""
        endpoint = self._endpoint
        return endpoint.commands.children(endpoint.address)

    @property
    def late_replies(self) -> int:
        """How many replies have come to the application after their ask had ended, and were dropped."""
        return self._endpoint.late_replies

    @property
    def guardian_pid(self) -> int:
        """The pid of the guardian process."""
        return self._session.guardian.pid

    @property
    def directory(self) -> Path:
        """The system's run directory: private, and gone with it."""
        return self._endpoint.site.path

    def pid(self, actor: ActorRef) -> int | None:
        """The pid of an actor's process; None if it has none at present. It may change at any time."""
        address: Address = REF.check("actor", actor).address
        return self._endpoint.site.other(address.system).process(address.id)

    def status(self, actor: ActorRef) -> ActorStatus:
        """What can be seen of an actor now: its state, its process, how much mail waits.

        It is not asked, and so need not answer: it may be busy, stuck or down.
        """
        address: Address = REF.check("actor", actor).address
        return inspect(self._endpoint.site.other(address.system), address.id)

    @property
    def address(self) -> Address:
        """The application's own address, as the sender of what it sends."""
        return self._endpoint.address

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the system has stopped, for whatever reason; False after `timeout` seconds.

        Raises `SystemStopped` if it has not been started.
        """
        running = self._to_wait_for()
        return running is None or running.wait(timeout)

    async def wait_async(self, timeout: float | None = None) -> bool:
        """`wait` for asyncio: without blocking the event loop."""
        running = self._to_wait_for()
        return running is None or await running.wait_async(timeout)

    def _to_wait_for(self) -> Session | None:
        """What runs; None if it has ended."""
        if self._running is None and self._ended is None:
            raise self._not_started()
        return self._running

    def stop(self) -> None:
        """Stop every actor in order, then the guardian; return when nothing is left. Idempotent."""
        self._leave("it has been stopped", kill=False)

    def kill(self) -> None:
        """Kill every process of the system at once; return when nothing is left."""
        self._leave("it has been killed", kill=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        starting = asyncio.ensure_future(asyncio.to_thread(self.start))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            with suppress(StartError):
                await starting
            await asyncio.to_thread(self.stop)
            raise
        self._heed_sigterm()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        stopping = asyncio.ensure_future(asyncio.to_thread(self.stop))
        try:
            await asyncio.shield(stopping)
        except asyncio.CancelledError:  # a second Ctrl-C
            if self._running is not None:
                self._running.guardian.kill()
            await stopping
            raise
        finally:
            sigterm.disregard(self)

    def __repr__(self) -> str:
        state = "new" if self._ended is None else "stopped"
        if self._running is not None:
            state = "running" if self._running.error is None else "stopped"
        return f"<ActorSystem {self.name!r} {state}>"

    @property
    def _is_inherited(self) -> bool:
        """Whether this is a forked child, whose parent's the system is."""
        running = self._running
        return running is not None and running.owner != os.getpid()

    @property
    def _session(self) -> Session:
        running = self._running
        ended = self._ended if running is None else running.error
        if running is None or ended is not None:
            raise copy(ended) or self._not_started()
        return running

    def _not_started(self) -> SystemStopped:
        return SystemStopped(self.name, "it has not been started: use `with`, or call start()")

    @property
    def _endpoint(self) -> Endpoint:
        return self._session.endpoint

    def _begin(self) -> Session:
        try:
            orders = attrs.evolve(self._orders, preparation=invocation.preparation())
            return Session.start(self.name, orders, self._limits, self._replacements, self._start_timeout)
        except (OSError, RuntimeError) as error:  # no descriptor, process, thread or room on the disk
            raise StartError(self.name, reason(error)) from error

    def _leave(self, why: str, *, kill: bool) -> None:
        if self._is_inherited:  # and so is the lock, perhaps of a thread that is not here
            return
        running = self._running
        if kill and running is not None:  # at once, though another thread may be stopping it in order
            running.kill(why)
        with self._lock:
            if self._running is not None:
                self._end(self._running, why, kill=kill)

    def _end(self, session: Session, why: str, *, kill: bool) -> None:
        try:
            if not kill:
                session.stop(why, self._shutdown_timeout)
        finally:
            session.kill(why)
            self._running, self._ended = None, session.error
            atexit.unregister(self.stop)
            sigterm.disregard(self)

    def _heed_sigterm(self) -> None:
        if self._handle_signals:
            sigterm.heed(self)
