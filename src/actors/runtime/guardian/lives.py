"""Lives: an actor's processes, each from its start to its death.

A death's way: pidfd → `ExitReason` (here) → `policy.decide` → `Restarting`.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from actors.core import reason
from actors.core.message import changed
from actors.core.protocol import Ended, StopNow
from actors.core.reason import End, ExitReason
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian import estate
from actors.runtime.guardian.loop import Loop
from actors.runtime.guardian.node import Done, Node, State
from actors.runtime.guardian.process import ActorProcess
from actors.runtime.guardian.spares import Spares
from actors.runtime.guardian.undertaker import Undertaker
from actors.runtime.mailbox.status import Word
from actors.runtime.worker import Assignment

_TERM_GRACE: Final = 1.0
"""How many seconds after SIGTERM, or after the SIGABRT of a stuck actor, the SIGKILL follows."""
_NANO: Final = 1e-9


def nobody_cares(node: Node, pid: int, why: ExitReason) -> None:
    """Let a death be."""


class Lives:
    """Starts, ends and buries the processes of actors; tells of each death once, by `on_death`."""

    def __init__(
        self,
        endpoint: Endpoint,
        loop: Loop,
        undertaker: Undertaker,
        hear: Done,
        preparation: dict[str, Any] | None,
        spares: int,
    ) -> None:
        """`hear` takes in what processes have said, which a death must not overtake."""
        self.on_death: Callable[[Node, int, ExitReason], None] = nobody_cares
        self._endpoint = endpoint
        self._loop = loop
        self._undertaker = undertaker
        self._hear = hear
        self._preparation = preparation
        self._spares = Spares(endpoint, loop, preparation, spares)
        self._pids: set[int] = set()

    def owns(self, pid: int) -> bool:
        """Whether a process is an actor's, or is to become one's."""
        return pid in self._pids or self._spares.owns(pid)

    def prepare(self) -> None:
        """Have processes ready for the next actors, as far as they are to be had."""
        self._spares.prepare()

    def launch(self, node: Node, launched: Callable[[OSError | None], None]) -> None:
        """Have a process run an actor; `launched` is told that one does, or why none is to be had.

        In a moment, perhaps; never if the node has been told to stop by then.
        """
        if node.incarnation:
            estate.forget_commands(node)
        assignment = Assignment(
            site=self._endpoint.site,
            address=node.address,
            layout=node.layout,
            incarnation=node.incarnation,
            blueprint=node.blueprint,
            guardian=os.getpid(),
            preparation=self._preparation,
        )

        def wanted() -> bool:
            return node.state is State.STARTING and node.incarnation == assignment.incarnation

        def cast(process: ActorProcess | None) -> None:
            try:
                self._take_in(node, process or ActorProcess.of(assignment))
            except OSError as error:
                launched(error)
            else:
                launched(None)

        self._spares.cast(assignment, wanted, cast)
        self._loop.call_later(0.0, self.prepare)

    def _take_in(self, node: Node, process: ActorProcess) -> None:
        node.process = process
        node.born = time.monotonic()
        self._pids.add(process.pid)
        self._loop.add(process.pidfd, lambda: self._died(node))
        self._write_down(node, process.pid)  # the process does so too, if a little later

    def _write_down(self, node: Node, pid: int) -> None:
        """Let it be seen which process an actor has; 0 for none."""
        with suppress(OSError):
            estate.mark(node, Word.PROCESS, pid)

    def launch_no_more(self) -> None:
        """No actor is to start any more."""
        self._spares.retire()

    def ended(self, node: Node, said: Ended) -> None:
        """A worker says why it is about to end."""
        if node.process is None or node.report is not None:
            return
        node.report = said
        if node.state is not State.STOPPING:
            node.unclock()
            node.timer = self._loop.call_later(node.terms.shutdown, lambda: self.terminate(node))

    def ask_to_stop(self, node: Node) -> None:
        """Have an actor stop after the message in hand; when its budget is used up it is not asked."""
        node.unclock()
        estate.command_stop(node, self._endpoint.codec.encode(StopNow())[0])
        node.timer = self._loop.call_later(node.terms.shutdown, lambda: self._overdue(node))

    def _overdue(self, node: Node) -> None:
        """An actor that was told to stop has used its budget up."""
        text = f"was told to stop, and had not ended after {node.terms.shutdown:g} s (shutdown)"
        node.report = node.report or self._in_its_place(node, ExitReason(end=End.SHUTDOWN, text=text))
        self.terminate(node)

    def terminate(self, node: Node, number: signal.Signals = signal.SIGTERM) -> None:
        """Its time is up: a signal, and SIGKILL a little later."""
        process = node.process
        if process is not None:
            process.send(number)
            node.timer = self._loop.call_later(_TERM_GRACE, process.kill)

    def kill(self, node: Node, why: ExitReason) -> None:
        """Kill an actor's process, if it has one, for a reason."""
        if node.process is not None:
            node.report = self._in_its_place(node, why)
            node.process.kill()

    def guard(self, node: Node) -> None:
        """From now on, see to it that an actor does not have a message in hand for too long."""
        limit = node.terms.handler_timeout
        if limit is not None:
            node.watchdog = self._loop.call_later(limit, lambda: self._look_at(node, limit))

    def _look_at(self, node: Node, limit: float) -> None:
        since = estate.read(node, Word.SINCE) * _NANO
        left = since + limit - time.monotonic() if since else limit
        if left > 0:
            node.watchdog = self._loop.call_later(left, lambda: self._look_at(node, limit))
            return
        text = f"had a message in hand for longer than {limit:g} s (handler_timeout)"
        node.report = self._in_its_place(node, ExitReason(end=End.STUCK, text=text))
        self.terminate(node, signal.SIGABRT)  # by which it writes down its stack

    def _in_its_place(self, node: Node, why: ExitReason) -> Ended:
        return Ended(id=node.address.id, incarnation=node.incarnation, reason=why)

    def _died(self, node: Node) -> None:
        process = node.process
        if process is None:
            return
        self._hear()  # what it said before it died
        self._loop.remove(process.pidfd)
        node.unclock()
        self._pids.discard(process.pid)
        pid, code = process.pid, process.reap()
        node.process = None
        self._write_down(node, 0)
        node.lived = time.monotonic() - node.born
        self.on_death(node, pid, self._undertaker.settle(node, self._reason(node, code)))

    def _reason(self, node: Node, code: int) -> ExitReason:
        why = reason.of_exit_code(code) if node.report is None else node.report.reason
        if why.end in (End.SIGNAL, End.STUCK):
            why = changed(why, traceback=estate.stack(node))
        return changed(why, uptime=node.lived, restarts=node.incarnation)
