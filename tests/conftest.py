"""Every test gets run directories of its own session, and may leave nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.runtime import rundirectory
from support import leftovers


@pytest.fixture(scope="session", autouse=True)
def _places_of_this_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give this session (each worker under xdist) its own run and temporary directories."""
    temporary = tmp_path_factory.mktemp("spill")
    memory = rundirectory.base()
    base = Path(tempfile.mkdtemp(prefix=f"test-{os.getpid()}-", dir=memory))
    leftovers.become_subreaper()
    leftovers.sweep_killed_sessions(memory)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(rundirectory.ENVIRONMENT, str(base))
        patch.setenv("TMPDIR", str(temporary))
        patch.setattr(tempfile, "tempdir", None)
        yield
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_reaches_programs() -> None:
    """Have the programs of this session heed SIGINT, which a shell has its background jobs ignore."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _nothing_is_left(_places_of_this_session: None) -> Iterator[None]:
    """Fail a test that leaves a process, a thread, a descriptor or a run directory behind."""
    before = leftovers.Surroundings.now()
    yield
    left = before.left_behind()
    if left:
        pytest.fail("left behind:\n  " + "\n  ".join(left), pytrace=False)
