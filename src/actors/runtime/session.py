"""A session: one run of an actor system, from the side of the application."""

from __future__ import annotations

import os
import shutil
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from typing import Final, Protocol

import attrs

from actors.core import reason
from actors.core.address import Address
from actors.core.codec import Limits
from actors.core.errors import ActorsError, StartError, SystemStopped
from actors.core.policy import Intensity
from actors.core.protocol import StopSystem, Subscribe
from actors.core.reason import ExitReason
from actors.runtime import leftovers, rundirectory
from actors.runtime.custodian import Custodian
from actors.runtime.deadline import moment, wait_for
from actors.runtime.descriptor import Descriptor
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian.orders import Orders
from actors.runtime.guardianprocess import GuardianProcess
from actors.runtime.interregnum import Interregnum
from actors.runtime.mailbox.drainer import PROCESS_DRAINER
from actors.runtime.mutex import Mutex
from actors.runtime.rundirectory import RunDirectory
from actors.runtime.site import APPLICATION, GUARDIAN, Site

_MOMENT: Final = 0.05
_LONG: Final = 1.0
"""For how many seconds the end waits for the custodian, whom it may keep from ending itself."""
_KILLED: Final = -9


class Subscribed(Protocol):
    """Who has asked for events, and has to ask a new guardian again."""

    def subscription(self) -> Subscribe | None:
        """What to ask; None if it wants no more."""
        ...


class Session:
    """A run directory, a guardian process, its custodian and this process's endpoint."""

    def __init__(
        self,
        name: str,
        run: RunDirectory,
        orders: Orders,
        limits: Limits | None,
        replacements: Intensity,
        patience: float,
    ) -> None:
        self.name = name
        self.owner = os.getpid()
        self.error: SystemStopped | None = None
        """Why the session is over, once it is."""
        self.ended = Descriptor(os.eventfd(0, os.EFD_CLOEXEC))
        """Readable once it is over."""
        self.farewell = ""
        """Why it is about to be over, where the guardian's end does not say it."""
        self.last_exit = reason.of_exit_code(_KILLED)
        """What is told to whoever waits for an answer of a killed guardian's actor."""
        self._run = run
        self._orders = orders
        self._keepers: list[int] = []
        self._alarm = Descriptor(os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK))
        self._changed = threading.Condition(Mutex())
        self._has_served = self._serving = self._stopping = False
        self._subscribers: weakref.WeakSet[Subscribed] = weakref.WeakSet()
        site = Site.of(run)
        site.create()
        (site.path / str(APPLICATION)).mkdir(mode=0o700)
        self.endpoint = Endpoint(
            site,
            Address(site.system, APPLICATION, ""),
            self.owner,
            carrier=PROCESS_DRAINER,
            wake=[self._alarm],
            on_wake=self._on_wake,
            replaced=self._replaced,
            limits=limits,
        )
        self.custodian = Custodian(self, replacements, patience)
        self._begin()

    @classmethod
    def start(
        cls, name: str, orders: Orders, limits: Limits | None, replacements: Intensity, patience: float
    ) -> Session:
        """Make a run directory and execute a guardian for it; `wait_for_start` waits until it serves.

        A guardian that is killed is replaced as often as `replacements` allow; each may take `patience`
        seconds to boot. Raises `OSError` or `RuntimeError` where something is not to be had, and leaves
        nothing behind.
        """
        rundirectory.sweep()
        run = RunDirectory.create()
        try:
            return cls(name, run, orders, limits, replacements, patience)
        except BaseException:
            run.remove()
            run.disown()
            raise

    def _begin(self) -> None:
        """Execute the guardian, and have the custodian wait for its end."""
        try:
            self.guardian = self._launch()
            try:
                self.custodian.start()
            except BaseException:
                self.guardian.kill()
                raise
        except BaseException:
            self._close_keepers()
            raise

    def wait_for_start(self) -> None:
        """Wait until the guardian serves; the custodian says how long it may take. Raises `StartError`."""
        with self._changed:
            wait_for(self._changed, lambda: self._serving or self.error, None)
            if self.error is not None:
                raise StartError(self.name, self.error.cause)

    def subscribe(self, subscriber: Subscribed) -> None:
        """Have a guardian, this one and each that takes its place, told what a subscriber asks for."""
        with self._changed:
            self._subscribers.add(subscriber)
        request = subscriber.subscription()
        if request is not None:
            self.endpoint.commands.inquire(request, self.endpoint.site.system)

    def subscriptions(self) -> Iterator[Subscribe]:
        """What has to be asked of a new guardian."""
        with self._changed:
            subscribers = tuple(self._subscribers)
        for subscriber in subscribers:
            request = subscriber.subscription()
            if request is not None:
                yield request

    # ending

    def wait(self, timeout: float | None) -> bool:
        """Whether the session is over, after at most `timeout` seconds."""
        return self.ended.wait(timeout)

    async def wait_async(self, timeout: float | None) -> bool:
        """`wait` for asyncio."""
        return await self.ended.wait_async(timeout)

    def stop(self, why: str, timeout: float) -> None:
        """Tell the guardian to stop everything, and wait."""
        until = moment(timeout)
        self._part(why)
        with self._changed:
            wait_for(self._changed, lambda: self._serving or self.error, timeout)
        self._tell_to_stop()
        self.wait(max(0.0, until - time.monotonic()))

    def kill(self, why: str) -> None:
        """Kill everything, and wait until nothing is left. For a session that is over, only wait."""
        self._part(why)
        while not self.wait(0):
            self.guardian.kill()
            self.wait(_MOMENT)  # another guardian may have been on its way
        self.custodian.join(_LONG)

    def _part(self, why: str) -> None:
        self._stopping = True
        self.farewell = self.farewell or why

    def finish(self) -> None:
        """Leave nothing behind and end what is open here; the guardian has ended. The custodian's.

        What takes a lock comes last: a signal handler that stops the system, and waits for this, may have
        interrupted a thread that has it.
        """
        obituary = self.guardian.obituary()
        self._close_keepers()
        leftovers.kill(self.endpoint.site)
        self._run.remove()
        self._run.disown()
        self.error = error = SystemStopped(self.name, self.farewell or obituary)
        os.eventfd_write(self.ended.number, 1)
        self.endpoint.close(error)
        self._ring()
        with self._changed:
            self._changed.notify_all()

    # replacing a guardian that was killed

    @property
    def wants_guardian(self) -> bool:
        """Whether a guardian that has ended is to be replaced. The custodian's, as all below."""
        return not self._stopping and not self.guardian.meant_to_end

    def interrupt(self) -> None:
        """End what waits for a guardian's actors, see the last of them gone, and execute another one."""
        with self._changed:
            self._serving = False
        self._close_keepers()
        self.last_exit = ExitReason(end=reason.End.SIGNAL, text=self.guardian.obituary())
        self.endpoint.suspend(self.last_exit)
        self._ring()
        leftovers.kill(self.endpoint.site)
        self._orders = attrs.evolve(
            self._orders, generation=self._orders.generation + 1, cause=self.guardian.obituary()
        )
        self.guardian = self._launch()

    def resume(self) -> None:
        """The guardian serves."""
        self._close_keepers()
        self.endpoint.resume()
        with self._changed:
            self._has_served = self._serving = True
            self._changed.notify_all()
        self.endpoint.reports.tell_of_flood()
        if self._stopping:  # the one before may have been told, and killed before it heard
            self._tell_to_stop()

    def _tell_to_stop(self) -> None:
        with suppress(ActorsError):
            self.endpoint.reports.tell_of_flood()
            self.endpoint.tell_guardian(StopSystem())

    def _launch(self) -> GuardianProcess:
        layout = self.endpoint.site.mailbox(GUARDIAN)
        shutil.rmtree(layout.directory, ignore_errors=True)
        os.mkdir(layout.directory, 0o700)
        self._keepers = layout.create(0)
        self._orders.write(self._run.path)
        return GuardianProcess.launch(self._run)

    def _close_keepers(self) -> None:
        for keeper in self._keepers:
            os.close(keeper)
        self._keepers = []

    def _ring(self) -> None:
        """Wake the thread that waits for replies: not all that it waits for will come by the lane."""
        os.eventfd_write(self._alarm.number, 1)

    def _on_wake(self) -> ActorsError | None:
        with suppress(BlockingIOError):
            os.eventfd_read(self._alarm.number)
        return self.error

    def _replaced(self, generation: int, patience: float) -> bool:
        """Whether the guardian of a generation has been replaced, by now or within so many seconds.

        Raises `Interregnum` if it has not, and once the session is over its error.
        """
        if os.getpid() != self.owner or threading.current_thread() is self.custodian:
            return False

        def settled() -> bool:
            return self.error is not None or (self._serving and self.endpoint.generation > generation)

        with self._changed:
            if not self._has_served:
                return False
            if not wait_for(self._changed, settled, patience):
                raise Interregnum
        if self.error is not None:
            raise copy(self.error)
        return True
