"""What is known of memory, and pages that are copied within a fork."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.runtime import memory, pinning
from actors.runtime.descriptor import Descriptor
from actors.runtime.memory import Ranges
from actors.runtime.scout import scout
from support import forks

PAGES = 12
PAGE = mmap.PAGESIZE


class Memory:
    """Some pages of this process."""

    def __init__(self, pages: mmap.mmap) -> None:
        self.map = pages
        view = ctypes.c_char.from_buffer(self.map)
        self.begin = ctypes.addressof(view)

    def pages(self, *parts: tuple[int, int]) -> Ranges[int]:
        """Where some pages lie, from one to before another."""
        return Ranges("L", [number for a, b in parts for number in (self.begin + a * PAGE, (b - a) * PAGE)])

    def write(self, *pages: int) -> None:
        for page in pages:
            self.map[page * PAGE] = ord("!")

    def among(self, ranges: Ranges[int]) -> set[int]:
        """Which of the pages are in some ranges."""
        parts = [*zip(ranges[::2], ranges[1::2], strict=True)]
        addresses = [self.begin + page * PAGE for page in range(PAGES)]
        return {
            page
            for page, address in enumerate(addresses)
            if any(begin <= address < begin + length for begin, length in parts)
        }


@pytest.fixture
def some() -> Memory:
    filled = Memory(mmap.mmap(-1, PAGES * PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    filled.map[:] = b"." * PAGES * PAGE
    return filled


def a_ring() -> Descriptor:
    try:
        return pinning.ring()
    except OSError as error:
        pytest.skip(f"no io_uring is to be had here: {error}")


def exclusive_in_a_fork(some: Memory) -> set[int]:
    """Which of the pages a fork has to itself that has written to none of them."""
    reading, writing = os.pipe()
    within = some.pages((0, PAGES))

    def tell() -> None:
        os.write(writing, bytes(some.among(memory.written(within))))

    assert forks.wait(forks.fork(tell)) == 0
    os.close(writing)
    told = os.read(reading, 100)
    os.close(reading)
    return set(told)


def test_memory_of_its_own_may_be_written_to(some: Memory) -> None:
    assert some.among(memory.writable()) == set(range(PAGES))


def test_memory_that_is_shared_or_only_read_is_not_its_own() -> None:
    with (
        mmap.mmap(-1, PAGE, mmap.MAP_SHARED) as shared,
        mmap.mmap(-1, PAGE, prot=mmap.PROT_READ) as constant,
    ):
        assert len(shared) == len(constant) == PAGE
        lines = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
        found = {*memory.writable()[::2]}
    others = {int(line[0].split("-")[0], 16) for line in lines if line[1] not in ("rw-p", "rwxp")}
    assert others
    assert not others & found


def test_a_scout_tells_what_a_life_writes_to(some: Memory) -> None:
    a_ring()  # or the scout would not tell
    found = scout(lambda _pipe: some.write(3, 4, 7))
    assert some.among(found) == {3, 4, 7}
    assert some.begin + 4 * PAGE not in found[::2]  # pages side by side are one range


def test_a_page_of_a_file_is_not_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"." * PAGES * PAGE)
    with path.open("r+b") as file:
        some = Memory(mmap.mmap(file.fileno(), PAGES * PAGE, mmap.MAP_PRIVATE))
    a_ring()
    assert not some.among(scout(lambda _pipe: some.write(8)))


def fail(_pipe: int) -> None:
    raise LookupError("no life")


def die(_pipe: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("life", [fail, die])
def test_a_scout_that_does_not_come_back_tells_nothing(life: Callable[[int], None]) -> None:
    assert not scout(life)


def test_a_scout_tells_nothing_where_who_asks_for_a_ring_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinning, "ring", lambda: os.kill(os.getpid(), signal.SIGSYS))
    assert not scout(lambda _pipe: None)


def test_pinned_pages_are_a_forks_own_from_the_beginning(some: Memory) -> None:
    ring = a_ring()
    assert exclusive_in_a_fork(some) == set()
    pinning.pin(ring, some.pages((2, 4), (9, 10)))
    assert exclusive_in_a_fork(some) == {2, 3, 9}
    assert exclusive_in_a_fork(some) == {2, 3, 9}


def test_what_is_copied_is_what_was_there(some: Memory) -> None:
    ring = a_ring()
    pinning.pin(ring, some.pages((0, PAGES)))
    some.write(5)

    def check() -> None:
        assert some.map[5 * PAGE] == ord("!")
        assert some.map[6 * PAGE] == ord(".")
        some.write(6)

    assert forks.wait(forks.fork(check)) == 0
    assert some.map[6 * PAGE] == ord(".")


def test_nothing_is_pinned_any_more_without_the_ring(some: Memory) -> None:
    ring = a_ring()
    pinning.pin(ring, some.pages((0, PAGES)))
    del ring
    while exclusive_in_a_fork(some):  # the kernel takes its time
        pass


def test_what_is_not_there_cannot_be_pinned(some: Memory) -> None:
    ring = a_ring()
    with pytest.raises(OSError, match=os.strerror(errno.EFAULT)):
        pinning.pin(ring, some.pages((0, 1)) + Ranges("L", [0, PAGE]))
    assert exclusive_in_a_fork(some) == set()


def test_more_than_may_be_locked_cannot_be_pinned(some: Memory) -> None:
    a_ring()

    def check() -> None:
        if not os.getuid():
            os.setuid(65534)
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (PAGE, PAGE))
        with pytest.raises(OSError, match=os.strerror(errno.ENOMEM)):
            pinning.pin(pinning.ring(), some.pages((0, PAGES)))

    assert forks.wait(forks.fork(check)) == 0
