"""Slabs carry messages of some KiB, and no kill, label or full disk breaks what they carry."""

from __future__ import annotations

import errno
import itertools
import os
import random
import signal
import struct
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from types import SimpleNamespace
from typing import Any

import pytest

from actors.core.errors import DecodeError
from actors.runtime.mailbox import depot, frame, slab
from actors.runtime.mailbox.depot import Depot
from actors.runtime.mailbox.mailbox import Mailbox
from actors.runtime.mailbox.parcel import BadParcel, Places
from actors.runtime.mailbox.slab import LARGEST, Slab
from actors.runtime.mailbox.slabs import Slabs
from support.forks import Gate, fork, kill, wait

MEDIUM = b"m" * 20_000


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.close()


def parcels(box: Mailbox) -> Path:
    return Path(box._open.layout.places.main)  # pyright: ignore[reportPrivateUsage]


def slabs_in(directory: Path) -> list[Path]:
    return [path for path in directory.iterdir() if path.stat().st_size > LARGEST]


def put(sender: Slab, *parts: bytes) -> bytes | None:
    return sender.put(parts, sum(map(len, parts)))


def taken(directory: Path, label: bytes) -> list[bytes]:
    place = Slabs(str(directory)).find(label)
    parts = place.read()
    place.discard()
    return parts


def label_of(name: str, number: int, offset: int, *sizes: int) -> bytes:
    head = struct.pack("<cBIQ", b"b", len(sizes), offset, number)
    return head + struct.pack(f"<{len(sizes)}I", *sizes) + name.encode()


def test_a_rare_message_needs_no_slab_and_the_second_makes_it(mailbox: Mailbox) -> None:
    mailbox.put(MEDIUM)
    assert slabs_in(parcels(mailbox)) == []
    mailbox.put(MEDIUM)
    assert len(slabs_in(parcels(mailbox))) == 1
    assert [mailbox.get(), mailbox.get()] == [MEDIUM, MEDIUM]


def test_messages_of_all_sizes_keep_their_order_round_and_round_the_ring(mailbox: Mailbox) -> None:
    chance = random.Random(1)
    sizes = [chance.choice([10, 5_000, 70_000, LARGEST - 100, LARGEST + 1]) for _ in range(300)]
    waiting: list[bytes] = []
    for size in sizes:
        waiting.append(chance.randbytes(16) * (size // 16 + 1))
        mailbox.put({"data": waiting[-1]})
        while len(waiting) > chance.randrange(40):
            assert mailbox.get() == {"data": waiting.pop(0)}
    assert [mailbox.get()["data"] for _ in list(waiting)] == waiting


def test_a_slab_never_gives_out_room_that_is_not_free(tmp_path: Path) -> None:
    chance = random.Random(2)
    sender = Slab(str(tmp_path / "1.2.3"))
    inside: list[tuple[bytes, bytes]] = []
    refused = 0
    for number in range(3_000):
        data = number.to_bytes(4, "big") * chance.randrange(1_000, LARGEST // 8)
        label = put(sender, data)
        if label is None:
            refused += 1
        else:
            inside.append((label, data))
        while inside and (label is None or chance.random() < 0.45):
            first, expected = inside.pop(0)
            assert taken(tmp_path, first) == [expected]
            label = first
    assert 0 < refused < 1_500


class Receiver:
    """Deals with a message, or with none, whenever the sender lets it have the processor."""

    def __init__(self, directory: Path, labels: list[bytes]) -> None:
        self.directory = directory
        self.labels = labels
        self.turns = 0
        self.busy = False

    def __call__(self) -> None:
        self.turns += 1
        if not self.busy:
            taken(self.directory, self.labels.pop(0))


def fill(sender: Slab) -> list[bytes]:
    labels: list[bytes] = []
    while (label := put(sender, MEDIUM)) is not None:
        labels.append(label)
    return labels


def test_a_full_slab_is_waited_for_as_long_as_that_is_worth_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, clock = Slab(str(tmp_path / "1.2.3")), itertools.count()
    monkeypatch.setattr(slab, "_MOMENT", 11)
    monkeypatch.setattr(slab, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    receiver = Receiver(tmp_path, fill(sender))
    monkeypatch.setattr(os, "sched_yield", receiver)
    assert put(sender, MEDIUM) is None
    assert receiver.turns == 0, "it was in vain before"
    taken(tmp_path, receiver.labels.pop(0))
    for _ in range(30):
        receiver.labels.append(put(sender, MEDIUM) or b"")
    assert all(receiver.labels)
    assert receiver.turns == 29
    receiver.busy = True
    assert put(sender, MEDIUM) is None
    assert receiver.turns == 29 + 10


def test_what_a_full_slab_refuses_goes_as_a_parcel(mailbox: Mailbox) -> None:
    values = [bytes([number]) * 60_000 for number in range(100)]
    for value in values:
        mailbox.put(value)
    assert len(list(parcels(mailbox).iterdir())) > 20
    assert [mailbox.get() for _ in values] == values
    assert len(list(parcels(mailbox).iterdir())) == 1


def test_a_full_disk_makes_parcels_of_them(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "no space left")

    mailbox.put(MEDIUM)
    monkeypatch.setattr(os, "posix_fallocate", full)
    mailbox.put(MEDIUM)
    assert slabs_in(parcels(mailbox)) == []
    monkeypatch.undo()
    mailbox.put(MEDIUM)
    mailbox.put(MEDIUM)
    assert len(slabs_in(parcels(mailbox))) == 1
    monkeypatch.setattr(os, "pwritev", full)
    mailbox.put(MEDIUM)
    monkeypatch.undo()
    assert [mailbox.get() for _ in range(5)] == [MEDIUM] * 5


def test_a_message_given_up_twice_does_not_free_the_room_of_the_next(tmp_path: Path) -> None:
    """As a reader does that is killed between freeing the room and stepping past the message."""
    sender = Slab(str(tmp_path / "1.2.3"))
    slabs = Slabs(str(tmp_path))
    labels = [put(sender, MEDIUM)]
    first = labels[0] or b""
    slabs.find(first).discard()
    while (label := put(sender, os.urandom(9_000))) is not None:
        labels.append(label)
    slabs.find(first).discard()
    assert put(sender, MEDIUM) is None
    with pytest.raises(BadParcel):
        slabs.find(first).read()


def test_the_slab_of_a_killed_sender_is_swept_once_no_frame_can_claim_it(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(depot, "_SELDOM", 0.0)
    ready = Gate()

    def write() -> None:
        for _ in range(3):
            mailbox.put(MEDIUM)
        ready.open()
        signal.pause()

    for _ in range(3):
        sender = fork(write)
        ready.wait()
        kill(sender)
        assert [mailbox.get(timeout=30) for _ in range(3)] == [MEDIUM] * 3
        with pytest.raises(Empty):
            mailbox.get(timeout=0.01)
        assert slabs_in(parcels(mailbox)) == []
    ready.close()


def test_a_sender_that_ends_leaves_no_slab_behind(mailbox: Mailbox) -> None:
    def write() -> None:
        other = Mailbox.attach(mailbox.address)
        for _ in range(3):
            other.put(MEDIUM)
            mailbox.get(timeout=30)
        other.close()

    assert wait(fork(write)) == 0
    assert list(parcels(mailbox).iterdir()) == []


def test_a_forked_child_writes_into_a_slab_of_its_own(mailbox: Mailbox) -> None:
    for _ in range(2):
        mailbox.put(b"parent" * 1_000)

    def write() -> None:
        for _ in range(2):
            mailbox.put(b"child" * 1_000)

    assert wait(fork(write)) == 0
    mailbox.put(b"parent" * 1_000)
    got = [mailbox.get() for _ in range(5)]
    assert got == [b"parent" * 1_000] * 2 + [b"child" * 1_000] * 2 + [b"parent" * 1_000]


def test_no_label_reads_anything_but_a_message_in_a_slab(mailbox: Mailbox, tmp_path: Path) -> None:
    chance = random.Random(3)
    for _ in range(3):  # the first as a parcel
        mailbox.put(MEDIUM)
    directory = parcels(mailbox)
    name = slabs_in(directory)[0].name
    (directory / "1.1.1").write_bytes(bytes(slab.SIZE))
    (directory / "1.1.2").symlink_to(directory / name)
    (directory / "1.1.3").mkdir()
    os.mkfifo(directory / "1.1.4")
    labels = [label_of(name, 7, 4096, 10), label_of(name, 1, 4194304, 999999), label_of(name, 1, 4096)]
    labels += [label_of(f"../{name}", 1, 4096, 1), label_of(name, 0, 4096, 1)]
    labels += [label_of(f"1.1.{number}", 1, 4096, 10) for number in range(1, 6)]
    for label in labels:
        os.write(mailbox._open.pipe.number, frame.parcel(label))  # pyright: ignore[reportPrivateUsage]
    true = label_of(name, 1, 4096, 20003)
    assert [len(part) for part in Slabs(str(directory)).find(true).read()] == [20003]
    with pytest.raises(BadParcel):
        Slabs(str(directory)).find(label_of(name, 1, 4096))
    for _ in range(2_000):
        forged = bytearray(true)
        for _ in range(chance.randrange(1, 4)):
            forged[chance.randrange(len(forged))] = chance.choice(b"0123456789./bms\0\1\xff")
        try:
            parts = Depot(Places(str(directory), str(tmp_path))).find(bytes(forged)).read()
        except BadParcel:
            continue
        assert sum(map(len, parts)) <= slab.SIZE
    assert [mailbox.get() for _ in range(3)] == [MEDIUM] * 3
    for _ in range(10):
        with pytest.raises(DecodeError):
            mailbox.get()
    for odd in ("1.1.1", "1.1.2", "1.1.4"):
        (directory / odd).unlink()
    (directory / "1.1.3").rmdir()


def test_who_settles_a_dead_readers_affairs_sees_its_messages_and_frees_their_room(tmp_path: Path) -> None:
    sender, slabs = Slab(str(tmp_path / "1.2.3")), Slabs(str(tmp_path))
    label = put(sender, b"head" * 2_000, b"segment" * 2_000) or b""
    assert slabs.find(label).glance(6) == b"headhe"
    assert list(tmp_path.iterdir()) != []
    slabs.find(label).discard()
    with pytest.raises(BadParcel):
        slabs.find(label).glance(6)
    del sender
    assert list(tmp_path.iterdir()) == []
