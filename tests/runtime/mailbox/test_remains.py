"""A mailbox leaves nothing behind, however those who use it end."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from actors.core.errors import MailboxClosed
from actors.runtime import rundirectory
from actors.runtime.mailbox.depot import Depot
from actors.runtime.mailbox.mailbox import Mailbox
from actors.runtime.mailbox.parcel import Places
from actors.runtime.rundirectory import RunDirectory
from support.forks import Gate, fork, kill, wait

PATTERN = "actors-*"


def directories() -> list[Path]:
    return [*rundirectory.base().glob(PATTERN), *rundirectory.spill_base().glob(PATTERN)]


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def run(program: str) -> str:
    """Run a program in an interpreter of its own; what it printed."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("maxsize", [0, 5])
def test_a_close_gives_everything_back_though_the_object_lives_on(maxsize: int) -> None:
    before = descriptors()
    mailboxes = [Mailbox(maxsize) for _ in range(10)]
    for mailbox in mailboxes:
        mailbox.put("read")
        mailbox.get()
        mailbox.put(b"unread" * 10_000)
        mailbox.close()
    assert descriptors() == before
    assert directories() == []


@pytest.mark.parametrize("maxsize", [0, 5])
def test_a_mailbox_that_is_collected_is_closed(maxsize: int) -> None:
    before = descriptors()
    for mailbox in [Mailbox(maxsize) for _ in range(10)]:
        mailbox.put("read")
        mailbox.get()
    del mailbox  # pyright: ignore[reportPossiblyUnboundVariable]
    gc.collect()
    assert descriptors() == before
    assert directories() == []


def test_what_waits_in_a_collected_mailbox_is_still_carried() -> None:
    mailbox = Mailbox()
    other = Mailbox.attach(mailbox.address)
    for number in range(20_000):
        mailbox.put(number)
    del mailbox
    gc.collect()
    assert [other.get(timeout=30) for _ in range(20_000)] == list(range(20_000))
    other.close()


def test_a_program_that_ends_without_a_close_leaves_nothing() -> None:
    run(
        "from actors.runtime.mailbox.mailbox import Mailbox\n"
        "mailbox = Mailbox(); mailbox.put(b'x' * 100_000); mailbox.put(1); mailbox.get()"
    )
    assert directories() == []


def test_at_its_end_a_process_hands_over_what_waits_in_it() -> None:
    mailbox = Mailbox()
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from actors.runtime.mailbox.mailbox import Mailbox\n"
            "mailbox = Mailbox.attach(sys.argv[1])\n"
            "for number in range(50_000): mailbox.put(number)",
            mailbox.address,
        ]
    )
    assert [mailbox.get(timeout=30) for _ in range(50_000)] == list(range(50_000))
    assert writer.wait(30) == 0
    mailbox.close()


def test_a_cancelled_join_lets_a_process_end_though_something_waits_in_it() -> None:
    run(
        "from actors.runtime.mailbox.mailbox import Mailbox\n"
        "mailbox = Mailbox(); mailbox.cancel_join_thread()\n"
        "for number in range(50_000): mailbox.put(number)"
    )
    assert directories() == []


def test_what_a_killed_creator_leaves_is_swept_by_the_next_that_is_made() -> None:
    ready = Gate()

    def create() -> None:
        mailbox = Mailbox(3)
        mailbox.put(b"x" * 100_000)
        spill = Path(mailbox._open.layout.places.spill)  # pyright: ignore[reportPrivateUsage]
        spill.mkdir()
        (spill / "1.1.1").touch()
        ready.open()
        threading.Event().wait()

    creator = fork(create)
    ready.wait()
    kill(creator)
    ready.close()
    assert len(directories()) == 2
    rundirectory.sweep()
    assert directories() == []


def test_spilled_mail_whose_run_directory_vanished_is_swept() -> None:
    hold = RunDirectory.create()
    hold.spill.mkdir()
    shutil.rmtree(hold.path)
    rundirectory.sweep()
    assert directories() == []
    hold.disown()


def test_a_sweep_spares_what_is_in_use_here_and_in_other_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Mailbox()
    spill = Path(mailbox._open.layout.places.spill)  # pyright: ignore[reportPrivateUsage]
    spill.mkdir()
    with monkeypatch.context() as patch:
        patch.setenv(rundirectory.ENVIRONMENT, str(tmp_path))
        rundirectory.sweep()
    rundirectory.sweep()
    assert spill.exists()
    mailbox.put(b"x" * 100_000)
    assert mailbox.get() == b"x" * 100_000
    mailbox.close()


def test_a_sweep_spares_spilled_mail_beside_the_run_directories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(rundirectory.ENVIRONMENT, str(rundirectory.spill_base()))
    hold = RunDirectory.create()
    hold.spill.mkdir()
    rundirectory.sweep()
    assert hold.spill.exists()
    hold.release()
    assert directories() == []


def test_the_last_one_out_removes_the_mailbox() -> None:
    mailbox, gates = Mailbox(), [Gate(), Gate()]
    address = mailbox.address

    def outlive(gate: Gate) -> None:
        gate.wait()
        mailbox.put("still here")
        assert mailbox.get() == "still here"
        mailbox.close()

    children = [fork(partial(outlive, gate)) for gate in gates]
    mailbox.close()
    for child, gate in zip(children, gates, strict=True):
        assert Path(address).exists()
        gate.open()
        assert wait(child) == 0
        gate.close()
    assert not Path(address).exists()
    with pytest.raises(MailboxClosed):
        Mailbox.attach(address)


def test_a_directory_that_is_no_mailbox_is_not_attached_to() -> None:
    hold = RunDirectory.create()
    before = descriptors()
    with pytest.raises(MailboxClosed):
        Mailbox.attach(str(hold.path))
    assert descriptors() == before
    hold.release()


def test_a_directory_that_others_may_enter_is_not_attached_to() -> None:
    mailbox = Mailbox()
    os.chmod(mailbox.address, 0o755)
    with pytest.raises(PermissionError):
        Mailbox.attach(mailbox.address)
    mailbox.close()


def test_the_parcel_of_a_killed_writer_is_swept_once_no_frame_can_claim_it() -> None:
    mailbox = Mailbox()
    parcels = Path(mailbox._open.layout.places.main)  # pyright: ignore[reportPrivateUsage]
    dead = fork(lambda: None)
    wait(dead)
    orphan, foreign = parcels / f"{dead}.1.0", parcels / "not a parcel"
    orphan.touch()
    foreign.touch()
    mailbox.put("first")
    mailbox.put("second")
    assert mailbox.get() == "first"
    assert orphan.exists()
    assert mailbox.get() == "second"
    with contextlib.suppress(Exception):
        mailbox.get(timeout=0.01)
    assert not orphan.exists()
    assert foreign.exists()
    mailbox.close()


def test_a_parcel_handed_over_by_a_writer_that_dies_during_the_sweep_is_spared(tmp_path: Path) -> None:
    places = Places(str(tmp_path), str(tmp_path / "spill"))
    dead = fork(lambda: None)
    wait(dead)
    (tmp_path / f"{dead}.1.0").touch()
    found = Depot(places)
    found.tidy(lambda: False)
    assert list(tmp_path.iterdir()) != []
    found.tidy(lambda: True)
    assert list(tmp_path.iterdir()) == []
    assert not found.doubtful
