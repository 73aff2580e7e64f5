"""A sibling is a fork like any other, but for its parent."""

from __future__ import annotations

import ctypes
import errno
import os
import random
import signal
import threading
from collections.abc import Callable

import pytest

from actors.runtime import sibling
from actors.runtime.sibling import fork_sibling
from support import forks


def nothing() -> None:
    """Do nothing."""


def exit_code(work: Callable[[], object], before: Callable[[], object] = nothing) -> int:
    """Have a child do something, and then fork a sibling that does some work; the exit code of that."""
    reading, writing = os.pipe()

    def fork() -> None:
        before()
        pid, pidfd = fork_sibling()
        if pid:
            assert os.readlink(f"/proc/self/fd/{pidfd}") == "anon_inode:[pidfd]"
            os.write(writing, str(pid).encode())
        else:
            assert pidfd == -1
            work()

    assert forks.wait(forks.fork(fork)) == 0
    pid = int(os.read(reading, 20))
    os.close(reading)
    os.close(writing)
    return forks.wait(pid)


def test_it_is_a_child_of_its_parents_parent() -> None:
    me = os.getpid()

    def check() -> None:
        assert os.getppid() == me
        assert threading.get_native_id() == os.getpid()
        assert threading.active_count() == 1

    assert exit_code(check) == 0


def test_its_end_is_told_like_a_forks() -> None:
    assert exit_code(lambda: os._exit(7)) == 7
    assert exit_code(lambda: os.kill(os.getpid(), signal.SIGKILL)) == -signal.SIGKILL


def test_its_random_numbers_are_its_own() -> None:
    def check() -> None:
        """CPython sees to it after a fork, as to all that is registered with `os.register_at_fork`."""
        assert random.getstate() != random.Random(1).getstate()

    assert exit_code(check, before=lambda: random.seed(1)) == 0


def test_its_c_library_knows_its_thread() -> None:
    def check() -> None:
        """A signal to a thread goes by the id that the C library has of it."""
        main = threading.get_ident()
        got = threading.Event()
        signal.signal(signal.SIGUSR1, lambda _signal, _frame: got.set())
        thread = threading.Thread(target=lambda: signal.pthread_kill(main, signal.SIGUSR1))
        thread.start()
        thread.join()
        assert got.wait(20)

    assert exit_code(check) == 0


def test_it_may_fork_and_start_threads() -> None:
    def check() -> None:
        assert forks.wait(forks.fork(lambda: os._exit(3))) == 3
        thread = threading.Thread(target=lambda: None)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()

    assert exit_code(check) == 0


def test_there_is_none_with_a_c_library_that_keeps_its_thread_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threading, "get_native_id", lambda: -1)
    with pytest.raises(OSError, match="C library") as caught:
        fork_sibling()
    assert caught.value.errno == errno.ENOSYS


class Sandbox:
    """A C library where a system call is not permitted."""

    prctl = staticmethod(ctypes.PyDLL(None).prctl)

    def syscall(self, *_: object) -> int:
        ctypes.set_errno(errno.EPERM)
        return -1


def test_a_sandbox_that_forbids_it_forbids_it_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    def check() -> None:
        with pytest.raises(OSError, match="not permitted") as caught:
            fork_sibling()
        assert caught.value.errno == errno.ENOSYS

    monkeypatch.setattr(sibling, "_libc", Sandbox())
    assert forks.wait(forks.fork(check)) == 0
