"""The guardian process, as the application holds it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Final, Self

from actors.runtime.descriptor import Descriptor
from actors.runtime.guardian import boot
from actors.runtime.rundirectory import RunDirectory

_QUICK: Final = 2.0
"""How long the guardian may take to kill everything before it is killed itself, in seconds."""


class GuardianProcess:
    """An executed guardian: seen to end through its pidfd."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        try:
            self._pidfd = Descriptor(os.pidfd_open(process.pid))
        except OSError:
            process.kill()
            process.wait()
            raise

    @classmethod
    def launch(cls, run: RunDirectory) -> Self:
        """Execute a guardian for a run directory."""
        with _sigint_blocked():
            root = os.pidfd_open(os.getpid())
            try:
                return cls(
                    subprocess.Popen(  # noqa: S603 - the command is our own
                        boot.command(run.path, run.fileno(), root),
                        env=boot.environment(),
                        pass_fds=(run.fileno(), root),
                        stdin=subprocess.DEVNULL,
                        start_new_session=True,
                    )
                )
            finally:
                os.close(root)

    @property
    def pid(self) -> int:
        """Its pid."""
        return self._process.pid

    def fileno(self) -> int:
        """Its pidfd: readable once it has ended."""
        return self._pidfd.number

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it has ended, after at most `timeout` seconds."""
        return self._pidfd.wait(timeout)

    def kill(self) -> None:
        """Have it kill everything, and kill it if it does not: its actors die with it. Collects it."""
        for number in (signal.SIGQUIT, signal.SIGKILL):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd.number, number)
            if self.wait(_QUICK):
                self._process.wait()
                return

    @property
    def meant_to_end(self) -> bool:
        """Whether, having ended, it did so because that was its task."""
        return self._process.wait() in (0, boot.ESCALATED)

    def obituary(self) -> str:
        """How it ended."""
        code = self._process.wait()
        if code == 0:
            return "it was told to stop"
        if code == boot.ESCALATED:
            return "what was restarted too often was escalated to it (on_escalation)"
        how = f"was killed by {_name(-code)}" if code < 0 else f"exited with code {code}"
        return f"its guardian process {how}, and every actor with it"


@contextmanager
def _sigint_blocked() -> Generator[None]:
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
