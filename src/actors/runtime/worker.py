"""The worker: an actor's life in its process, from its start to its end."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import sys
import traceback
from collections.abc import Coroutine
from multiprocessing import spawn
from types import FrameType
from typing import Any, Final, NoReturn

import attrs

from actors.core import reason
from actors.core.actor import Actor
from actors.core.address import Address
from actors.core.errors import ActorsError, Ignore
from actors.core.protocol import Blueprint, Ended, Interrupted, Started
from actors.core.reason import End, ExitReason
from actors.runtime import blueprint as blueprints
from actors.runtime import linux, offspring, processes
from actors.runtime.asking import ASKING
from actors.runtime.context import WorkerContext
from actors.runtime.deferral import Deferrals
from actors.runtime.endpoint import Endpoint
from actors.runtime.failure import reason_of, reason_of_exit
from actors.runtime.mailbox.backlog import BACKLOG
from actors.runtime.mailbox.drainer import PROCESS_DRAINER
from actors.runtime.mailbox.layout import Layout
from actors.runtime.mailbox.lease import Lease
from actors.runtime.mailbox.status import Condition, Word
from actors.runtime.reception import Crash, Reception
from actors.runtime.site import Site

_EXIT_CRASHED: Final = 1


@attrs.frozen
class Assignment:
    """What a worker is to run."""

    site: Site
    address: Address
    layout: Layout
    """The actor's mailbox."""
    incarnation: int
    blueprint: Blueprint
    guardian: int
    """The guardian's pid."""
    preparation: dict[str, Any] | None = None
    """How to import the main module, if the guardian could not without starting threads."""


class Worker:
    """Runs one incarnation of one actor."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        layout, terms = assignment.layout, assignment.blueprint.terms
        self._lease = Lease(layout.lease)
        if not self._lease.acquire():
            raise ActorsError(f"{assignment.address} is being read by another process")
        self._endpoint = Endpoint(
            assignment.site, assignment.address, assignment.incarnation, carrier=PROCESS_DRAINER
        )
        self._reception = Reception(self._endpoint, layout, terms, fresh=not assignment.incarnation)
        self._deferrals = Deferrals(self._endpoint)
        self._words = self._reception.words
        self._words[Word.SINCE] = 0
        self._words[Word.PROCESS] = os.getpid()  # the guardian says so too, but perhaps later
        BACKLOG.keep_in(self._words[Word.WAITING :][:1])
        self._actor: Actor
        self._asynchronous = False
        self._runner: asyncio.Runner | None = None

    def run(self) -> int:
        """Live; return the process's exit code. The guardian has been told the reason by then."""
        self._heed_signals()
        try:
            return self._live()
        finally:
            if self._runner is not None:
                self._runner.close()
            self._flush()
            self._endpoint.peers.let_go()  # with its slabs

    def _heed_signals(self) -> None:
        signal.signal(signal.SIGTERM, self._on_sigterm)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})

    def _live(self) -> int:
        offspring.emancipate(self._on_sigterm, self._abandon)
        known = self._assignment.blueprint.target.partition(":")[0] in sys.modules
        try:
            self._start()
        except Ignore as declined:
            text = f"declined to start: {declined}" if str(declined) else "declined to start"
            self._report(ExitReason(end=End.NORMAL, text=text), answered=False)
            return 0
        except BaseException as error:  # noqa: BLE001 - reported, whatever it is
            self._report(reason_of(error, End.FAILED_START), answered=False)
            return _EXIT_CRASHED
        self._leave_if_forked(0)
        self._announce(known)
        try:
            why = self._serve()
            self._call(self._actor.on_stop(why))
        except Crash as crash:
            return self._crashed(crash.why, crash.answered)
        except SystemExit as exit:
            return self._exited(exit)
        except BaseException as error:  # noqa: BLE001 - likewise
            return self._crashed(reason_of(error, End.EXCEPTION), answered=False)
        self._flush()
        self._report(why, answered=False)
        return 0

    def _start(self) -> None:
        ASKING.set((self._assignment.address,))
        terms = self._assignment.blueprint.terms
        linux.take_place(terms.nice, terms.cpu_affinity)
        if self._assignment.preparation is not None:
            spawn.prepare(self._assignment.preparation)
        self._actor = blueprints.build(self._assignment.blueprint, self._endpoint.codec)
        self._actor.context = WorkerContext(self._reception, self._endpoint, self._deferrals)
        hooks = (self._actor.on_start, self._actor.receive, self._actor.on_stop)
        self._asynchronous = any(map(inspect.iscoroutinefunction, hooks))
        self._call(self._actor.on_start())
        self._reception.age()
        self._words[Word.STATE] = Condition.RUNNING

    def _announce(self, known: bool) -> None:
        module = self._assignment.blueprint.target.partition(":")[0]
        imported = () if known or linux.threads() > 1 else (module,)
        self._endpoint.tell_guardian(
            Started(
                id=self._assignment.address.id, incarnation=self._assignment.incarnation, modules=imported
            )
        )

    def _call(self, result: Any) -> Any:
        """What a hook returned; a coroutine is run to its end in the actor's event loop."""
        if not inspect.iscoroutine(result):
            return result
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(self._in_the_loop(result))

    async def _in_the_loop(self, hook: Coroutine[Any, Any, Any]) -> Any:
        """What a hook returned. What it has forked ends in here, as the loop is the actor's."""
        try:
            result = await hook
        except BaseException as error:
            if self._reception.forked:
                _leave_with(error)
            raise
        self._leave_if_forked(0)
        return result

    def _serve(self) -> ExitReason:
        if not self._asynchronous:
            return self._reception.serve(self._actor)
        served: ExitReason = self._call(self._reception.serve_async(self._actor))
        return served

    def _crashed(self, why: ExitReason, answered: bool) -> int:
        self._flush()
        self._report(why, answered=answered)
        return _EXIT_CRASHED

    def _exited(self, exit: SystemExit) -> int:
        """A `sys.exit` of user code: normal with 0, else abnormal with its code."""
        code = _code(exit)
        self._leave_if_forked(code)
        why = self._reception.why or (reason.NORMAL if code == 0 else reason_of_exit(exit, code))
        self._flush()
        self._report(why, answered=False)
        return code

    def _report(self, why: ExitReason, *, answered: bool) -> None:
        self._leave_if_forked(_EXIT_CRASHED if why.abnormal else 0, why.traceback)
        self._deferrals.end(why)
        self._reception.why = why  # a SIGTERM from here on is the guardian's, who waits for the end
        self._endpoint.tell_guardian(
            Ended(
                id=self._assignment.address.id,
                incarnation=self._assignment.incarnation,
                reason=why,
                answered=answered,
            )
        )

    def _abandon(self) -> None:
        """In what the actor has forked: have nothing to do with the actor's affairs."""
        BACKLOG.keep_private()
        self._reception.abandon()

    def _leave_if_forked(self, code: int, words: str = "") -> None:
        """In what the actor has forked, end the process: it shall not speak in the actor's name."""
        if self._reception.forked:
            if words:
                print(words, file=sys.stderr)
            processes.leave(code)

    def _flush(self) -> None:
        self._endpoint.reports.tell_of_flood()
        self._endpoint.flush(self._assignment.blueprint.terms.shutdown)

    def _on_sigterm(self, _signal: int, _frame: FrameType | None) -> None:
        """From the guardian, after its word: leave at once. From elsewhere: the guardian decides."""
        if self._words[Word.CONTROL] or self._reception.why is not None:
            self._reception.stop(reason.SHUTDOWN)
            sys.exit(128 + signal.SIGTERM)
        self._endpoint.tell_guardian(Interrupted())


def _code(exit: SystemExit) -> int:
    """The code of a ``sys.exit``, as the kernel keeps it."""
    return exit.code & 0xFF if isinstance(exit.code, int) else int(exit.code is not None)


def _leave_with(error: BaseException) -> NoReturn:
    """End a process by what a hook has raised in it."""
    match error:
        case Ignore():
            processes.leave(0)
        case SystemExit():
            processes.leave(_code(error))
        case _:
            traceback.print_exception(error)
            processes.leave(_EXIT_CRASHED)
