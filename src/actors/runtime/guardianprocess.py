"""The guardian process, as the application holds it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from actors.runtime.descriptor import Descriptor, beyond_standard
from actors.runtime.guardian import invocation
from actors.runtime.rundirectory import RunDirectory

_QUICK: Final = 2.0
"""How long the guardian may take to kill everything before it is killed itself, in seconds."""


class GuardianProcess:
    """An executed guardian: seen to end through its pidfd."""

    def __init__(self, process: subprocess.Popen[bytes], directory: Path) -> None:
        self._process = process
        self._directory = directory
        self._code: int | None = None
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
            root = beyond_standard(os.pidfd_open(os.getpid()))
            try:
                return cls(
                    subprocess.Popen(  # noqa: S603 - the command is our own
                        invocation.command(run.path, run.fileno(), root),
                        env=invocation.environment(),
                        pass_fds=(run.fileno(), root),
                        stdin=subprocess.DEVNULL,
                        stdout=_ours(1),
                        stderr=_ours(2),
                        start_new_session=True,
                    ),
                    run.path,
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
                self._exit_code()
                return

    @property
    def meant_to_end(self) -> bool:
        """Whether, having ended, it did so because that was its task."""
        code = self._exit_code()
        return not self._directory.exists() if code is None else code in (0, invocation.ESCALATED)

    def obituary(self) -> str:
        """How it ended."""
        code = self._exit_code()
        if code == 0:
            return "it was told to stop"
        if code == invocation.ESCALATED:
            return "what was restarted too often was escalated to it (on_escalation)"
        return f"its guardian process {_how(code)}, and every actor with it"

    def _exit_code(self) -> int | None:
        """The code with which it has ended; None if something else in this process has collected it.

        `Popen.wait` would say 0 then, which is that of an orderly end. Whoever collects it has written the
        code down before, so this needs no lock, which a thread might have that a signal handler interrupts.
        """
        if self._process.returncode is None:
            with suppress(ChildProcessError):
                end = os.waitid(os.P_PIDFD, self._pidfd.number, os.WEXITED | os.WNOWAIT)
                if end is not None:
                    self._code = end.si_status if end.si_code == os.CLD_EXITED else -end.si_status
                os.waitid(os.P_PIDFD, self._pidfd.number, os.WEXITED)
            self._process.returncode = self._code or 0  # so that `subprocess` does not wait as well
        return self._code


def _ours(number: int) -> int | None:
    """What a child has for a standard stream: ours, or the null device where that is closed.

    Its number may be some other file's then, which is closed at the execution.
    """
    with suppress(OSError):
        if os.get_inheritable(number):
            return None
    return subprocess.DEVNULL


@contextmanager
def _sigint_blocked() -> Generator[None]:
    """Keep Ctrl-C from the guardian, and from between its start and somebody's knowing of it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _how(code: int | None) -> str:
    if code is None:
        return "ended (nobody knows how: is SIGCHLD ignored?)"
    return f"was killed by {_name(-code)}" if code < 0 else f"exited with code {code}"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
