"""Parcels: what is read of a file that a frame names, and what is refused."""

from __future__ import annotations

import errno
import os
import resource
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.runtime.mailbox import parcel
from actors.runtime.mailbox.parcel import BadParcel, Parcel, Places
from support import forks

LABEL = b"m1.2.3"
TRUE = struct.pack("<IQ", 1, 5) + b"hello"


def link(path: Path) -> None:
    target = path.with_name("target")
    target.write_bytes(TRUE)
    path.symlink_to(target)


FORGED: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "empty": lambda path: path.touch(),
    "a link": link,
    "a pipe": os.mkfifo,
    "a directory": Path.mkdir,
    "too many parts": lambda path: path.write_bytes(struct.pack("<IQ", 0xFFFF_FFFF, 5) + b"hello"),
    "no parts": lambda path: path.write_bytes(struct.pack("<IQ", 0, 5) + b"hello"),
    "too long a part": lambda path: path.write_bytes(struct.pack("<IQ", 1, 1 << 60) + b"hello"),
    "too short a part": lambda path: path.write_bytes(struct.pack("<IQ", 1, 2) + b"hello"),
}


def receive(places: Places) -> object:
    return Parcel.named(places, LABEL).read()


def glance(places: Places) -> object:
    return Parcel.named(places, LABEL).glance(4096)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(str(tmp_path), str(tmp_path / "spill"))


@pytest.mark.parametrize("read", [receive, glance])
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_what_is_no_parcel_is_refused(
    places: Places, forge: Callable[[Path], object], read: Callable[[Places], object]
) -> None:
    forge(Path(places.main, "1.2.3"))
    with pytest.raises(BadParcel):
        read(places)


def test_a_glance_shows_the_beginning_of_the_first_part(places: Places) -> None:
    label = parcel.send(places, (b"x" * 300_000, b"y" * 300_000))
    sent = Parcel.named(places, label)
    assert sent.glance(4) == b"xxxx"
    assert sent.glance(1 << 30) == b"x" * 300_000
    assert sent.read() == [b"x" * 300_000, b"y" * 300_000]


@pytest.mark.parametrize("read", [receive, glance])
@pytest.mark.parametrize(("number", "error"), [(errno.EIO, BadParcel), (errno.ENOMEM, OSError)])
def test_what_the_disk_cannot_read_is_no_parcel_but_memory_may_come_back(
    places: Places,
    read: Callable[[Places], object],
    number: int,
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(places.main, "1.2.3").write_bytes(TRUE)

    def fail(*_: int) -> bytes:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "read", fail)
        with pytest.raises(error, match=os.strerror(number)):
            read(places)


@pytest.mark.parametrize("read", [receive, glance])
def test_a_want_of_descriptors_is_no_fault_of_the_parcel(
    places: Places, read: Callable[[Places], object]
) -> None:
    Path(places.main, "1.2.3").write_bytes(TRUE)

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))), 4096))
        while True:
            try:
                os.open(os.devnull, os.O_RDONLY)
            except OSError:
                break
        with pytest.raises(OSError, match=os.strerror(errno.EMFILE)):
            read(places)

    assert forks.wait(forks.fork(work)) == 0
