"""A session: one run of an actor system, from the side of the application."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Final

from actors.core.address import Address
from actors.core.codec import Limits
from actors.core.errors import ActorsError, AskTimeout, Rejected, StartError, SystemStopped
from actors.core.policy import Intensity
from actors.core.protocol import Hello, StopSystem
from actors.runtime import leftovers, rundirectory
from actors.runtime.descriptor import Descriptor
from actors.runtime.endpoint import Endpoint
from actors.runtime.guardian import boot
from actors.runtime.guardian.orders import Orders
from actors.runtime.mailbox.drainer import PROCESS_DRAINER
from actors.runtime.rundirectory import RunDirectory
from actors.runtime.site import APPLICATION, GUARDIAN, Site

_QUICK: Final = 2.0
"""How long the guardian may take to kill everything before it is killed itself, in seconds."""

OnWake = Callable[[], ActorsError | None]


class Session:
    """A run directory, a guardian process and this process's endpoint."""

    def __init__(
        self,
        run: RunDirectory,
        keepers: list[int],
        guardian: subprocess.Popen[bytes],
        pidfd: Descriptor,
        endpoint: Endpoint,
    ) -> None:
        self.owner = os.getpid()
        self.pidfd = pidfd
        """Readable once the guardian has ended."""
        self.endpoint = endpoint
        self._run = run
        self._keepers = keepers
        self._guardian = guardian

    @classmethod
    def start(cls, limits: Limits | None, intensity: Intensity, on_wake: OnWake) -> Session:
        """Make a run directory and execute a guardian for it; `greet` waits until it serves."""
        rundirectory.sweep()
        run = RunDirectory.create()
        try:
            with _sigint_blocked():
                return cls._start(run, limits, intensity, on_wake)
        except BaseException:
            run.remove()
            run.disown()
            raise

    @classmethod
    def _start(
        cls, run: RunDirectory, limits: Limits | None, intensity: Intensity, on_wake: OnWake
    ) -> Session:
        site = Site.at(run)
        site.create()
        (site.path / str(APPLICATION)).mkdir(mode=0o700)
        layout = site.mailbox(GUARDIAN)
        layout.directory.mkdir(mode=0o700)
        keepers = layout.create(0)
        Orders(boot.preparation(), intensity).write(run.path)
        guardian, pidfd = _launch(run)
        endpoint = Endpoint(
            site,
            Address(site.system, APPLICATION, ""),
            os.getpid(),
            carrier=PROCESS_DRAINER,
            wake=[pidfd],
            on_wake=on_wake,
            limits=limits,
        )
        return cls(run, keepers, guardian, pidfd, endpoint)

    @property
    def guardian_pid(self) -> int:
        """The guardian's pid."""
        return self._guardian.pid

    def greet(self, name: str, timeout: float) -> None:
        """Wait until the guardian serves. Raises `StartError`."""
        try:
            self.endpoint.ask(self.endpoint.guardian, Hello(), timeout)
        except Rejected as error:
            raise StartError(name, error.reason) from None
        except AskTimeout:
            raise StartError(name, f"its guardian was not ready after {timeout:g} s") from None
        except SystemStopped as error:
            raise StartError(name, error.cause) from None
        finally:
            for keeper in self._keepers:
                os.close(keeper)
            self._keepers = []

    def wait(self, timeout: float | None) -> bool:
        """Whether the guardian has ended, after at most `timeout` seconds."""
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        return bool(poll.poll(None if timeout is None else timeout * 1000))

    def stop(self, timeout: float) -> None:
        """Tell the guardian to stop everything, and wait."""
        with suppress(ActorsError):
            self.endpoint.report_flood()
            self.endpoint.tell_guardian(StopSystem())
        self.wait(timeout)

    def kill(self) -> None:
        """Have the guardian kill everything, and kill it if it does not: its actors die with it."""
        for number in (signal.SIGQUIT, signal.SIGKILL):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd.number, number)
            if self.wait(_QUICK):
                return

    def obituary(self) -> str:
        """How the guardian ended."""
        code = self._guardian.wait()
        if code == 0:
            return "it was told to stop"
        how = f"was killed by {_name(-code)}" if code < 0 else f"exited with code {code}"
        return f"its guardian process {how}, and every actor with it"

    def clean(self, error: ActorsError) -> None:
        """End what is open here and leave nothing behind; the guardian has ended or been killed."""
        self._guardian.wait()
        self.endpoint.close(error)
        leftovers.kill(self.endpoint.site)
        self._run.remove()
        self._run.disown()


def _launch(run: RunDirectory) -> tuple[subprocess.Popen[bytes], Descriptor]:
    root = os.pidfd_open(os.getpid())
    try:
        guardian = subprocess.Popen(  # noqa: S603 - the command is our own
            boot.command(run.path, run.fileno(), root),
            env=boot.environment(),
            pass_fds=(run.fileno(), root),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    finally:
        os.close(root)
    return guardian, Descriptor(os.pidfd_open(guardian.pid))


@contextmanager
def _sigint_blocked() -> Generator[None, None, None]:
    """Keep Ctrl-C from the guardian, and from between its start and somebody's knowing of it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
