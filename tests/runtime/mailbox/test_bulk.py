"""Large ``bytes`` are read whole, or not at all."""

from __future__ import annotations

import ctypes
import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actors.runtime.mailbox import bulk

pread: Callable[[int, int, int, int], int] = bulk._libc.pread  # pyright: ignore[reportPrivateUsage]
PATTERN = bytes(range(251))
ALONE, TOGETHER = bulk.LARGE + 12_345, (16 << 20) + 54_321


@pytest.fixture(params=[ALONE, TOGETHER], ids=["alone", "together"])
def size(request: pytest.FixtureRequest) -> int:
    """How much is read: by one thread or by two."""
    found: int = request.param
    return found


@pytest.fixture
def descriptor(tmp_path: Path, size: int) -> Iterator[int]:
    (tmp_path / "file").write_bytes(written(size + 3))
    opened = os.open(tmp_path / "file", os.O_RDONLY)
    yield opened
    os.close(opened)


def written(size: int) -> bytes:
    return (PATTERN * (size // len(PATTERN) + 1))[:size]


def replace_read(monkeypatch: pytest.MonkeyPatch, read: Callable[..., int]) -> None:
    """Have the system read in another way."""

    class Libc:
        pread = staticmethod(read)
        madvise = bulk._libc.madvise  # pyright: ignore[reportPrivateUsage]

    monkeypatch.setattr(bulk, "_libc", Libc)


def test_it_is_what_the_file_holds(descriptor: int, size: int) -> None:
    os.lseek(descriptor, 3, os.SEEK_SET)
    data = bulk.read(descriptor, size)
    assert type(data) is bytes
    assert data == written(size + 3)[3:]
    assert hash(data) == hash(bytes(bytearray(data)))
    assert os.lseek(descriptor, 0, os.SEEK_CUR) == 3 + size


def test_a_file_that_ends_early_is_an_error(descriptor: int, size: int) -> None:
    with pytest.raises(EOFError):
        bulk.read(descriptor, size + 4)


def test_pieces_are_put_together(descriptor: int, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(descriptor: int, address: int, size: int, offset: int) -> int:
        return pread(descriptor, address, min(size, 1_000_003), offset)

    replace_read(monkeypatch, read)
    assert bulk.read(descriptor, size) == written(size)


def test_an_interrupted_read_is_made_again(
    descriptor: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted = set[int]()

    def read(descriptor: int, address: int, size: int, offset: int) -> int:
        if offset not in interrupted:
            interrupted.add(offset)
            ctypes.set_errno(errno.EINTR)
            return -1
        return pread(descriptor, address, size, offset)

    replace_read(monkeypatch, read)
    assert bulk.read(descriptor, size) == written(size)
    assert len(interrupted) == (1 if size == ALONE else 2)


@pytest.mark.parametrize("part", ["first", "last"])
def test_the_error_of_the_system_is_told(
    descriptor: int, size: int, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:

    def read(descriptor: int, address: int, count: int, offset: int) -> int:
        if (part == "first") == (offset == 0) or size == ALONE:
            ctypes.set_errno(errno.EIO)
            return -1
        return pread(descriptor, address, count, offset)

    replace_read(monkeypatch, read)
    with pytest.raises(OSError, match="Input/output") as caught:
        bulk.read(descriptor, size)
    assert caught.value.errno == errno.EIO


def test_two_threads_read_only_what_is_worth_it(
    descriptor: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = set[int]()

    def read(descriptor: int, address: int, size: int, offset: int) -> int:
        threads.add(threading.get_ident())
        return pread(descriptor, address, size, offset)

    replace_read(monkeypatch, read)
    bulk.read(descriptor, size)
    assert len(threads) == (1 if size == ALONE else 2)


def test_without_a_thread_it_reads_alone(
    descriptor: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert bulk.read(descriptor, size) == written(size)


def test_more_than_there_is_memory_for_is_an_error(descriptor: int) -> None:
    with pytest.raises(MemoryError):
        bulk.read(descriptor, 1 << 60)
