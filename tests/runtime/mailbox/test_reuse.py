"""Reuse: whose file becomes the next message's, and that none stays."""

from __future__ import annotations

import errno
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from actors import Actor, ActorSystem, DecodeError, Mailbox, child
from actors.runtime.mailbox import frame, parcel, reuse
from actors.runtime.mailbox.parcel import Parcel, Places
from actors.runtime.mailbox.reuse import LARGEST, REUSE, SMALLEST, Reuse
from support import cast, forks

PART = os.urandom(SMALLEST)


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    yield Places(str(tmp_path), str(tmp_path / "spill"))
    REUSE.remove()


@pytest.fixture(autouse=True)
def short_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reuse, "_MOMENT", 0.2)


def send(places: Places, *parts: bytes) -> Parcel:
    return Parcel.named(places, parcel.send(places, parts))


def file_of(stored: Parcel) -> int:
    return os.stat(stored.path).st_ino


@pytest.mark.parametrize("size", [SMALLEST, SMALLEST + 1, 3 * SMALLEST, 2 * SMALLEST // 3])
def test_the_file_of_a_message_that_is_done_with_is_that_of_the_next(places: Places, size: int) -> None:
    first = send(places, b"head", PART)
    before = file_of(first)
    first.reuse()
    assert not os.path.exists(first.path)
    parts = [os.urandom(size), b"tail"]
    second = send(places, *parts)
    assert file_of(second) == before
    assert second.read() == parts
    second.discard()
    assert os.listdir(places.main) == []


def test_the_next_is_a_fresh_one_if_the_kept_one_is_far_too_large(places: Places) -> None:
    first = send(places, PART)
    before = file_of(first)
    first.reuse()
    second = send(places, PART[: len(PART) // 3])
    assert file_of(second) != before
    assert file_of(send(places, PART)) == before


def test_one_is_kept_at_a_time(places: Places) -> None:
    for stored in (send(places, PART), send(places, PART)):
        stored.reuse()
    assert len(os.listdir(places.main)) == 1


def small(path: Path) -> None:
    path.write_bytes(bytes(SMALLEST - 1))


def huge(path: Path) -> None:
    path.touch()
    os.truncate(path, LARGEST + 1)


def linked(path: Path) -> None:
    path.with_name("mine").write_bytes(PART)
    path.hardlink_to(path.with_name("mine"))


def link(path: Path) -> None:
    path.with_name("mine").write_bytes(PART)
    path.symlink_to(path.with_name("mine"))


def missing(_: Path) -> None:
    pass


KINDS: list[Callable[[Path], object]] = [small, huge, linked, link, os.mkfifo, missing]


@pytest.mark.parametrize("make", KINDS)
def test_what_is_not_worth_it_or_has_another_name_is_removed(
    places: Places, make: Callable[[Path], object]
) -> None:
    path = Path(places.main, "1.2.3")
    make(path)
    Parcel(str(path)).reuse()
    assert set(os.listdir(places.main)) <= {"mine"}
    if os.path.exists(path.with_name("mine")):
        assert path.with_name("mine").read_bytes() == PART


def test_nothing_is_kept_on_a_disk_that_is_nearly_full(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def free(_: str) -> SimpleNamespace:
        return SimpleNamespace(f_bavail=3 * SMALLEST // 4096, f_frsize=4096)

    monkeypatch.setattr(os, "statvfs", free)
    send(places, PART).reuse()
    assert os.listdir(places.main) == []


def test_nothing_is_kept_if_no_thread_can_sweep_it(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(**_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(reuse, "threading", SimpleNamespace(Thread=none))
    send(places, PART).reuse()
    assert os.listdir(places.main) == []


def test_one_that_a_signal_handler_keeps_meanwhile_is_the_one(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = send(places, PART), send(places, PART)
    have_swept, before = REUSE._have_swept, file_of(second)  # pyright: ignore[reportPrivateUsage]

    def interrupted() -> None:
        monkeypatch.undo()
        second.reuse()
        have_swept()

    monkeypatch.setattr(REUSE, "_have_swept", interrupted)
    first.reuse()
    assert len(os.listdir(places.main)) == 1
    assert file_of(send(places, PART)) == before


@pytest.mark.parametrize("function", ["open", "ftruncate"])
def test_what_cannot_be_written_over_is_not_left(
    places: Places, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    send(places, PART).reuse()

    def fail(*_: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patch:
        patch.setattr(os, function, fail)
        with pytest.raises(OSError, match="open files"):
            send(places, PART)
    assert os.listdir(places.main) == []


def test_a_file_that_is_no_parcel_is_never_written_over(mailbox: Mailbox) -> None:
    path = Path(mailbox.address, "parcels", "1.2.3")
    path.write_bytes(PART)
    with path.open("rb") as somebodys:
        writing = os.open(Path(mailbox.address, "mail"), os.O_WRONLY)
        os.write(writing, frame.parcel(b"m1.2.3"))
        os.close(writing)
        with pytest.raises(DecodeError):
            mailbox.get(timeout=20)
        assert not path.exists()
        mailbox.put(PART)
        assert mailbox.get(timeout=20) == PART
        assert somebodys.read() == PART


def test_after_a_moment_it_is_removed(places: Places) -> None:
    send(places, PART).reuse()
    assert len(os.listdir(places.main)) == 1
    while os.listdir(places.main):
        os.sched_yield()


def test_each_is_kept_for_a_moment_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mine, clock = Reuse(), [0.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 1:
            with mine._lock:  # pyright: ignore[reportPrivateUsage]  # so that the file has been put aside
                clock[0] = 0.15
            kept = mine.take(str(tmp_path / "taken"), len(PART))
            assert kept is not None
            os.close(kept)
            assert mine.keep(str(tmp_path / "taken"), str(tmp_path / "again"))
            clock[0] = 0.2
        else:
            clock[0] += seconds

    slept = list[float]()
    monkeypatch.setattr(reuse, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=sleep))
    path = tmp_path / "file"
    path.write_bytes(PART)
    threads = set(threading.enumerate())
    assert mine.keep(str(path), str(tmp_path / "aside"))
    for thread in set(threading.enumerate()) - threads:
        thread.join()
    assert slept == pytest.approx([0.2, 0.15])
    assert sorted(os.listdir(tmp_path)) == []


def test_a_file_that_has_been_removed_with_its_directory_is_none(places: Places, tmp_path: Path) -> None:
    elsewhere = Places(str(tmp_path / "gone"), places.spill)
    os.mkdir(elsewhere.main)
    send(elsewhere, PART).reuse()
    for name in os.listdir(elsewhere.main):
        os.unlink(f"{elsewhere.main}/{name}")
    os.rmdir(elsewhere.main)
    assert send(places, PART).read() == [PART]


def test_a_fork_neither_takes_nor_removes_what_its_parent_keeps(places: Places) -> None:
    first = send(places, PART)
    before = file_of(first)
    first.reuse()

    def fork() -> None:
        REUSE.remove()
        assert file_of(send(places, PART)) != before

    assert forks.wait(forks.fork(fork)) == 0
    assert file_of(send(places, PART)) == before


def test_nothing_is_left_at_the_end_of_a_process(places: Places) -> None:
    program = f"""
from actors.runtime.mailbox.parcel import Parcel, Places, send
places = Places({places.main!r}, {places.spill!r})
Parcel.named(places, send(places, [bytes({SMALLEST})])).reuse()
"""
    subprocess.run([sys.executable, "-c", program], check=True)
    assert os.listdir(places.main) == []


def test_what_a_killed_reader_has_kept_is_swept_by_the_next(mailbox: Mailbox) -> None:
    parcels = Path(mailbox.address, "parcels")

    def read_and_die() -> None:
        mailbox.get(timeout=20)
        os.kill(os.getpid(), signal.SIGKILL)

    mailbox.put(PART + PART)
    reader = forks.fork(read_and_die)
    forks.wait(reader)
    assert len(os.listdir(parcels)) == 1
    mailbox.put("next")
    assert mailbox.get(timeout=20) == "next"
    while os.listdir(parcels):
        with pytest.raises(queue.Empty):
            mailbox.get(timeout=0.01)


class Twice(Actor):
    def receive(self, message: bytes) -> bytes:
        return message + message


def test_questions_and_replies_of_many_sizes_take_turns_in_a_file(system: ActorSystem) -> None:
    twice = system.spawn(Twice)
    for size in (300, 400, 5, 700, 10_000, 300, 2_000, 1_100, 0, 500):
        data = os.urandom(1024) * size
        assert twice.ask(data) == data + data


def test_so_they_do_with_threads(system: ActorSystem) -> None:
    actors, wrong = [system.spawn(Twice) for _ in range(2)], list[int]()

    def ask(number: int) -> None:
        for count in range(20):
            data = os.urandom(1024) * (300 + 40 * (number + count))
            if actors[count % 2].ask(data) != data + data:
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_guardian_keeps_no_file_as_that_would_take_a_thread(system: ActorSystem) -> None:
    system.spawn(child(cast.Player, *range(200_000)))
    time_is_up = time.monotonic() + 0.1
    while time.monotonic() < time_is_up:
        assert len(os.listdir(f"/proc/{system.guardian_pid}/task")) == 1
