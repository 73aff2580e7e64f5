"""Full disks, no descriptors, tiny pipes: nothing is lost, and who is told is the sender."""

from __future__ import annotations

import ctypes
import errno
import os
import queue
import resource
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.core.errors import DiskFull, MailboxFull
from actors.runtime import rundirectory
from actors.runtime.mailbox.mailbox import Mailbox
from support.forks import fork, wait

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNS = 0x00020000
_NOBODY = 65534
SMALL_DISK = 1 << 20


def in_a_child(work: Callable[[], None]) -> None:
    """Do some work that would change this process for good; the child's traceback is in the output."""
    assert wait(fork(work)) == 0


def libc(name: str, *arguments: Any) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), name)


def mount_small(*directories: Path) -> None:
    """In this process only, let these directories be disks of 1 MiB each."""
    user, group = os.geteuid(), os.getegid()
    libc("unshare", _CLONE_NEWNS | (0 if user == 0 else _CLONE_NEWUSER))
    if user != 0:  # be the same one in there, and not one that may own no file
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    libc("mount", b"none", b"/", None, 0x4000 | 0x40000, None)  # MS_REC | MS_PRIVATE
    for directory in directories:
        directory.mkdir(exist_ok=True)
        libc("mount", b"tmpfs", bytes(directory), b"tmpfs", 0, f"size={SMALL_DISK}".encode())


@pytest.fixture(scope="module")
def can_mount(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("disk")
    if wait(fork(lambda: mount_small(directory))) != 0:
        pytest.skip("may not mount a disk here")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_mount: None) -> Path:
    monkeypatch.setenv(rundirectory.ENVIRONMENT, str(tmp_path / "run"))
    return tmp_path / "run"


def test_what_the_run_directory_has_no_room_for_goes_through_the_temporary_directory(small: Path) -> None:
    def work() -> None:
        mount_small(small)
        mailbox = Mailbox()
        large = [bytes([number]) * 700_000 for number in range(4)]
        for value in large:
            mailbox.put(value)
        assert len(os.listdir(mailbox._open.layout.places.spill)) == 3  # pyright: ignore[reportPrivateUsage]
        assert [mailbox.get() for _ in large] == large
        spill = Path(mailbox._open.layout.places.spill)  # pyright: ignore[reportPrivateUsage]
        mailbox.close()
        assert not spill.exists()

    in_a_child(work)


def test_with_no_room_in_either_place_a_large_put_raises_disk_full_and_nothing_is_lost(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)

    def work() -> None:
        mount_small(small, temporary)
        mailbox = Mailbox()
        put = [0, 1]
        for number in put:
            mailbox.put(bytes([number]) * 700_000)
        with pytest.raises(DiskFull, match=f"{small}.*{temporary}"):
            mailbox.put(b"2" * 700_000)
        mailbox.put("a small one still goes")
        assert [mailbox.get()[0] for _ in put] == put
        assert mailbox.get() == "a small one still goes"
        mailbox.put(b"and now a large one, too" * 20_000)
        assert mailbox.get() == b"and now a large one, too" * 20_000
        mailbox.close()

    in_a_child(work)


def test_a_large_message_that_waits_when_the_disks_fill_up_is_carried_once_there_is_room(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)

    def work() -> None:
        mount_small(small, temporary)
        mailbox = Mailbox()
        values = [b"x" * 4_000] * 20 + [b"y" * 700_000, "last"]
        for value in values:
            mailbox.put(value)
        fillers = [small / "filler", temporary / "filler"]
        for filler in fillers:
            with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
                filler.write_bytes(bytes(2 * SMALL_DISK))
        assert [mailbox.get() for _ in range(20)] == values[:20]
        while not mailbox._outbox.stalled:  # pyright: ignore[reportPrivateUsage]
            os.sched_yield()
        for filler in fillers:
            filler.unlink()
        assert [mailbox.get(timeout=30) for _ in range(2)] == values[20:]
        mailbox.close()

    in_a_child(work)


def test_no_mailbox_is_made_where_its_journal_has_no_room_and_nothing_is_left(small: Path) -> None:
    def work() -> None:
        mount_small(small)
        (small / "filler").write_bytes(bytes(SMALL_DISK - 65_536))
        descriptors = os.listdir("/proc/self/fd")
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            Mailbox()
        assert os.listdir(small) == ["filler"]
        assert len(os.listdir("/proc/self/fd")) == len(descriptors)

    in_a_child(work)


def fill(mailbox: Mailbox) -> int:
    """Put numbers until some wait for room in the pipe; how many."""
    count = 0
    while not mailbox._outbox.waiting:  # pyright: ignore[reportPrivateUsage]
        mailbox.put(count)
        count += 1
    return count


def use_up_descriptors(spare: int) -> list[int]:
    """Open files until none but so many can be opened."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
    taken: list[int] = []
    try:
        while True:
            taken.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        for _ in range(spare):
            os.close(taken.pop())
    return taken


def test_out_of_descriptors_small_messages_go_on_and_large_ones_wait_at_either_end() -> None:
    def work() -> None:
        mailbox = Mailbox()
        mailbox.put(b"large" * 100_000)
        mailbox.put("ready to read")
        mailbox.qsize()
        assert mailbox.get() == b"large" * 100_000
        assert mailbox.get() == "ready to read"
        mailbox.put(b"to be read later" * 100_000)
        taken = use_up_descriptors(0)
        for _ in range(2):
            with pytest.raises(OSError, match=os.strerror(errno.EMFILE)):
                mailbox.get()
        with pytest.raises(MailboxFull, match="nothing can carry"):
            mailbox.put(b"to be written later" * 100_000)
        os.close(taken.pop())
        assert mailbox.get() == b"to be read later" * 100_000
        mailbox.put("small")
        mailbox.put(b"to be written later" * 100_000)
        assert mailbox.get() == "small"
        assert mailbox.get() == b"to be written later" * 100_000
        mailbox.close()

    in_a_child(work)


def test_a_large_message_that_found_no_descriptor_is_carried_once_there_is_one() -> None:
    def work() -> None:
        mailbox = Mailbox()
        mailbox.put("to become the reader")
        mailbox.get()
        small = fill(mailbox)
        taken = use_up_descriptors(0)
        mailbox.put(b"to be carried" * 10_000)
        assert [mailbox.get(timeout=30) for _ in range(small)] == list(range(small))
        while not mailbox._outbox.stalled:  # pyright: ignore[reportPrivateUsage]
            os.sched_yield()
        for _ in range(4):
            os.close(taken.pop())
        while mailbox._outbox.waiting:  # pyright: ignore[reportPrivateUsage]
            os.sched_yield()
        assert mailbox.get(timeout=30) == b"to be carried" * 10_000
        mailbox.close()

    in_a_child(work)


def test_without_a_thread_to_carry_it_a_put_is_refused_and_a_later_one_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mailbox = Mailbox()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", _no_thread)
        put = 0
        with pytest.raises(MailboxFull, match="can't start new thread"):  # noqa: PT012 - any of them
            while True:
                mailbox.put(put)
                put += 1
    mailbox.put(put)
    assert [mailbox.get(timeout=30) for _ in range(put + 1)] == list(range(put + 1))
    mailbox.close()


def _no_thread(_thread: Any) -> None:
    raise RuntimeError("can't start new thread")


@pytest.fixture
def for_nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run and temporary directories that an unprivileged user may use, and no busy disk holds up."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        if os.geteuid() == 0:
            os.chown(directory, _NOBODY, _NOBODY)
        monkeypatch.setenv(rundirectory.ENVIRONMENT, directory)
        monkeypatch.setenv("TMPDIR", directory)
        monkeypatch.setattr(tempfile, "tempdir", None)
        yield


def test_pipes_of_two_pages_hold_up(for_nobody: None) -> None:
    """What the kernel gives an unprivileged user who has many pipes already."""

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (8_000, 8_000))
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
        pages = int(Path("/proc/sys/fs/pipe-user-pages-soft").read_text())
        pipes = [os.pipe() for _ in range(pages // 16)]
        mailbox, bounded = Mailbox(), Mailbox(4_096)
        values = [b"x" * (size % 5_000) for size in range(0, 100_000, 37)]

        def send() -> None:
            for value in values:
                mailbox.put(value)
            finish(mailbox)

        child = fork(send)
        assert [mailbox.get(timeout=30) for _ in values] == values
        assert wait(child) == 0
        for _ in range(2):
            for number in range(4_096):
                bounded.put(number)
            assert bounded.full()
            assert [bounded.get(timeout=30) for _ in range(4_096)] == list(range(4_096))
        mailbox.close()
        bounded.close()
        assert len(pipes) > 1_000

    in_a_child(work)


def finish(mailbox: Mailbox) -> None:
    mailbox.close()
    mailbox.join_thread()


def test_a_waiting_reader_uses_no_processor() -> None:
    mailbox = Mailbox(2)

    def work() -> None:
        mailbox.put("something to do")
        assert mailbox.get() == "something to do"
        before = time.process_time()
        with pytest.raises(queue.Empty):
            mailbox.get(timeout=1.2)
        assert time.process_time() - before < 0.02

    in_a_child(work)
    mailbox.close()


def test_a_gibibyte_arrives(tmp_path: Path) -> None:
    needed = 3 << 30
    room = os.statvfs(rundirectory.base())
    if room.f_bavail * room.f_frsize < needed or _available_memory() < 2 * needed:
        pytest.skip("too little memory")
    mailbox = Mailbox()

    def send() -> None:
        mailbox.put(b"\x07" * (1 << 30))
        finish(mailbox)

    child = fork(send)
    received = mailbox.get(timeout=60)
    assert len(received) == 1 << 30
    assert received.count(7) == 1 << 30
    assert wait(child) == 0
    mailbox.close()


def _available_memory() -> int:
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return int(lines["MemAvailable"].split()[0]) << 10
