"""The guardian: hears what a system's processes say to it, and has the tree do it."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Any, Final

from actors.core import envelope
from actors.core.address import Address
from actors.core.envelope import Kind, Mail, Outcome
from actors.core.errors import DecodeError
from actors.core.events import DeadLetter, GuardianRestarted, Unhandled
from actors.core.protocol import (
    Blueprint,
    Children,
    Ended,
    Exits,
    Hello,
    Interrupted,
    Join,
    NotSpawned,
    Rebuild,
    Renew,
    Spawn,
    Started,
    Stop,
    StopSystem,
    Subscribe,
    Undelivered,
    Unwatch,
    Watch,
)
from actors.core.strategy import Escalation
from actors.runtime import linux
from actors.runtime.descriptor import Descriptor
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian.herald import Herald
from actors.runtime.guardian.loop import Loop, Timer
from actors.runtime.guardian.node import Node
from actors.runtime.guardian.orders import Orders
from actors.runtime.guardian.strangers import Strangers
from actors.runtime.guardian.tree import Tree
from actors.runtime.lane import PAUSE
from actors.runtime.mailbox.inbox import Inbox
from actors.runtime.rundirectory import RunDirectory
from actors.runtime.site import APPLICATION, GUARDIAN, Site

_HEARD = (signal.SIGTERM, signal.SIGQUIT, signal.SIGCHLD)
"""SIGTERM asks for an orderly stop of the system, SIGQUIT for its end at once."""
_TURN: Final = 256
"""How many messages are taken before the loop looks for anything else."""


class Guardian:
    """One system's guardian. Single-threaded, so that it may fork; never waits but in its loop."""

    def __init__(
        self,
        run: RunDirectory,
        root: int,
        orders: Orders,
        *,
        problem: str,
        preparation: dict[str, Any] | None,
    ) -> None:
        """Serve the system of a run directory for the process whose pidfd is `root`.

        A `problem` that made it impossible to import the application is told to who says `Hello`. A
        `preparation` is for the actors to do, where the guardian could not do it for them.
        """
        self.failed = False
        """Whether the system has been shut down because what was restarted too often was escalated."""
        self._orders = orders
        self._run = run
        self._root = root
        self._problem = problem
        self._loop = Loop()
        site = Site.of(run)
        self._endpoint = Endpoint(
            site, Address(site.system, GUARDIAN, "guardian"), os.getpid(), carrier=self._loop
        )
        layout = site.mailbox(GUARDIAN)
        pipe = Descriptor(os.open(layout.mail, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
        self._inbox = Inbox(layout, pipe, reuses=False)  # that takes a thread
        self._herald = Herald(self._endpoint, self._loop)
        self._tree = Tree(
            self._endpoint,
            self._loop,
            self._herald,
            orders.intensity,
            hear=self._hear_out,
            escalate=self._escalate,
            preparation=preparation,
            spares=orders.spares,
            generation=orders.generation,
        )
        self._strangers = Strangers(self._loop, self._tree.owns)
        self._next_turn = Timer(self._hear)
        self._bell, self._ringer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def run(self) -> None:
        """Serve until the system is told to stop or its root process ends."""
        self._listen_to_signals()
        self._loop.add(self._inbox.fileno(), self._hear)
        self._loop.add(self._root, self._kill_system)
        self._loop.run()
        linux.kill_children()
        self._run.remove()

    def _listen_to_signals(self) -> None:
        signal.set_wakeup_fd(self._ringer, warn_on_full_buffer=False)
        for number in _HEARD:
            signal.signal(number, _ring)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
        self._loop.add(self._bell, self._on_signal)

    def _on_signal(self) -> None:
        numbers = os.read(self._bell, 4096)
        if signal.SIGQUIT in numbers:
            self._kill_system()
        elif signal.SIGTERM in numbers:
            self._stop_system()
        self._strangers.collect()

    def _hear(self) -> None:
        """Take what waits in the mail, so much at most that deaths, timers and signals get their turn."""
        for _ in range(_TURN):
            if not self._hear_next():
                return
        self._go_on_hearing(0.0)

    def _hear_out(self) -> None:
        """Take all that waits in the mail by now, and at most as much again as its pipe holds."""
        for _ in range(2):  # what the journal has read ahead, and what was in the pipe
            while self._hear_next() and not self._inbox.drained():
                pass

    def _hear_next(self) -> bool:
        """Take one message; False if none waits, or if it cannot be read now."""
        try:
            parts = self._inbox.take()
            if parts is None:
                self._inbox.tidy()
                return False
            data, segments = parts
            mail = envelope.open_mail(data)
            envelope.SENDERS[mail.sender]
            message = self._endpoint.codec.decode(mail.body, segments)
        except (OSError, MemoryError):  # no descriptor, or no memory
            self._go_on_hearing(PAUSE)
            return False
        except (DecodeError, ValueError) as error:
            self._herald.publish(DeadLetter(receiver="guardian", sender="", cause=str(error), message=b""))
        else:
            self._heed(mail, message)
        self._inbox.done()
        return True

    def _go_on_hearing(self, seconds: float) -> None:
        """Do so by the clock: the messages wait, and the pipe may be empty."""
        self._next_turn.cancel()
        self._next_turn = self._loop.call_later(seconds, self._hear)

    def _heed(self, mail: Mail, message: Any) -> None:
        if mail.kind == Kind.ASK:
            self._answer(mail, message)
        else:
            self._take_note(mail, message)

    def _take_note(self, mail: Mail, message: Any) -> None:
        match message:
            case Started():
                self._started(message)
            case Ended():
                self._tree.ended(message)
            case Undelivered():
                self._undelivered(message)
            case Watch():
                self._tree.watch(message.actor.address, mail.sender)
            case Unwatch():
                self._tree.unwatch(message.id, mail.sender)
            case Stop():
                self._tree.command(message)
            case Renew():
                self._tree.renew(message)
            case StopSystem() | Interrupted():
                self._stop_system()
            case _:
                pass

    def _answer(self, mail: Mail, message: Any) -> None:
        match message:
            case Spawn():
                self._spawn(mail, message)
            case Join():
                self._join(mail, message)
            case Subscribe():
                self._subscribe(mail, message.lane)
            case Children():
                self._reply_children(mail, message.id)
            case Exits():
                self._reply(mail, self._tree.archive.of(message.path))
            case Hello():
                self._greet(mail)
            case Rebuild():
                self._herald.publish(GuardianRestarted(cause=self._orders.cause))
                self._tree.rebuild(lambda count: self._reply(mail, count))
            case _:
                self._reply(
                    mail, f"the guardian does not handle {type(message).__name__}", Outcome.REJECTED
                )

    def _started(self, said: Started) -> None:
        self._preload(said.modules)
        self._tree.started(said)
        if said.modules:
            self._loop.call_later(0.0, self._tree.prepare)

    def _spawn(self, mail: Mail, asked: Spawn) -> None:
        try:
            drawn = Blueprint.unpacked(*asked.blueprint)
        except DecodeError as error:
            self._reply(mail, str(error), Outcome.REJECTED)
            return
        sender = envelope.SENDERS[mail.sender].address
        self._tree.spawn(asked.parent, drawn, sender, lambda result: self._spawned(mail, result))

    def _spawned(self, mail: Mail, result: Node | NotSpawned) -> None:
        self._reply(mail, result.ref if isinstance(result, Node) else result)

    def _undelivered(self, said: Undelivered) -> None:
        letter = Unhandled if said.unhandled else DeadLetter
        self._herald.publish(
            letter(
                receiver=said.receiver,
                sender=said.sender,
                cause=said.cause,
                message=said.message,
                count=said.count,
            )
        )

    def _subscribe(self, mail: Mail, lane: str) -> None:
        asker = envelope.SENDERS[mail.sender]
        try:
            self._herald.subscribe(self._endpoint.site.lane(asker.address.id, lane))
        except OSError as error:
            self._reply(mail, f"the guardian cannot open the stream ({error})", Outcome.REJECTED)
        else:
            self._reply(mail, True)

    def _reply_children(self, mail: Mail, number: int) -> None:
        node = self._tree.nodes.get(number, self._tree.root if number == APPLICATION else None)
        self._reply(mail, [] if node is None else [child.ref for child in node.children])

    def _join(self, mail: Mail, asked: Join) -> None:
        node = self._tree.nodes.get(asked.id)
        if node is None or not asked.wait:
            self._reply(mail, node is None)
        else:
            node.join(mail, time.monotonic())

    def _greet(self, mail: Mail) -> None:
        if self._problem:  # the root kills a guardian that says so; one that ended might not be heard
            self._reply(mail, self._problem, Outcome.REJECTED)
        else:
            self._reply(mail, os.getpid())

    def _reply(self, mail: Mail, value: Any, outcome: Outcome = Outcome.REPLY) -> None:
        self._endpoint.answer(mail.sender, mail.correlation, outcome, value)

    def _preload(self, modules: tuple[str, ...]) -> None:
        """Import what an actor has imported without harm, so that the next start need not."""
        for name in modules:
            if name not in sys.modules and linux.threads() == 1:
                with suppress(BaseException):  # whatever user code raises, `SystemExit` too
                    importlib.import_module(name)

    def _stop_system(self) -> None:
        self._herald.stopping = True
        self._tree.stop_everything(self._end)

    def _end(self) -> None:
        self._tree.letters.tell_of_flood()
        self._herald.finish(self._loop.stop)

    def _escalate(self, parent: Node) -> None:
        """Whoever was restarted too often below the root has been stopped."""
        if parent is self._tree.root and self._orders.escalation is Escalation.SHUT_DOWN:
            self.failed = True
            self._stop_system()

    def _kill_system(self) -> None:
        """Be polite to nobody: the root has ended, or has lost patience."""
        self._tree.kill_everything()
        self._loop.stop()


def _ring(_signal: int, _frame: FrameType | None) -> None:
    """Do nothing: the wakeup descriptor has been written to."""
