"""Large ``bytes`` are read whole, or not at all."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.runtime.mailbox import bulk

SIZE = bulk.LARGE + 12_345
PATTERN = bytes(range(256))


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "file").write_bytes(PATTERN * (SIZE // 256 + 1))
    opened = os.open(tmp_path / "file", os.O_RDONLY)
    yield opened
    os.close(opened)


def test_it_is_what_the_file_holds(descriptor: int) -> None:
    os.lseek(descriptor, 3, os.SEEK_SET)
    data = bulk.read(descriptor, SIZE)
    assert type(data) is bytes
    assert data == (PATTERN * (SIZE // 256 + 1))[3 : 3 + SIZE]
    assert hash(data) == hash(bytes(bytearray(data)))
    assert os.lseek(descriptor, 0, os.SEEK_CUR) == 3 + SIZE


def test_a_file_that_ends_early_is_an_error(descriptor: int) -> None:
    with pytest.raises(EOFError):
        bulk.read(descriptor, 2 * SIZE)


def test_pieces_are_put_together() -> None:
    reading, writing = os.pipe()
    text = PATTERN * 40_000

    def write() -> None:
        with open(writing, "wb", buffering=0) as file:
            file.write(text)

    writer = threading.Thread(target=write)
    writer.start()
    assert bulk.read(reading, len(text)) == text
    writer.join()
    os.close(reading)


def test_the_error_of_the_system_is_told(tmp_path: Path) -> None:
    directory = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(IsADirectoryError):
        bulk.read(directory, SIZE)
    os.close(directory)


def test_more_than_there_is_memory_for_is_an_error(descriptor: int) -> None:
    with pytest.raises(MemoryError):
        bulk.read(descriptor, 1 << 60)
