"""An oracle for kills: messages with sequence numbers and checksums, and who got which of them."""

from __future__ import annotations

import itertools
import mmap
import os
import random
import select
import struct
import zlib
from functools import partial
from typing import Any, Final

from actors.runtime.mailbox.mailbox import Mailbox
from support.forks import fork, kill, wait

_RECORD: Final = struct.Struct("<QQ")
_PATIENCE: Final = 30.0
_OVERFLOW: Final = 1 << 20
_END: Final = "end"


def message(writer: int, number: int) -> list[Any]:
    """The message that this writer puts with this number: small, a page or so, or large."""
    chance = random.Random(writer << 32 | number)
    size = chance.choices([chance.randrange(300), chance.randrange(3_000, 9_000), 150_000], [90, 8, 2])[0]
    data = chance.randbytes(16) * (size // 16 + 1)
    return [writer, number, zlib.crc32(data), data]


def check(received: list[Any]) -> tuple[int, int]:
    """The writer and the number of a message that is whole."""
    writer, number, checksum, data = received
    assert zlib.crc32(data) == checksum, f"message {number} of {writer} is corrupt"
    return writer, number


class Words:
    """Numbers in memory that forked children share."""

    def __init__(self, count: int) -> None:
        self._map = mmap.mmap(-1, 8 * count)
        self.words = memoryview(self._map).cast("Q")


class ReaderKills:
    """Writers that never stop, and readers that are killed one after another."""

    def __init__(self, writers: int, chance: random.Random) -> None:
        self.mailbox = Mailbox(overflow=_OVERFLOW)
        self.kills = 0
        self.received: list[list[int]] = [[] for _ in range(writers)]
        self._chance = chance
        self._words = Words(writers + 1)
        self._stop = writers
        self._records, self._recording = os.pipe()
        self._writers = [fork(partial(self._write, writer)) for writer in range(writers)]

    def run(self, kills: int) -> None:
        """Kill that many readers, each somewhere in its work."""
        for _ in range(kills):
            reader = fork(self._read)
            self._collect(self._chance.randrange(30))
            kill(reader)
            self.kills += 1

    def finish(self) -> int:
        """Let the writers end and a last reader take everything; how many messages were lost."""
        self._words.words[self._stop] = 1
        last = fork(self._read_to_the_end)
        os.close(self._recording)
        self._collect(None)
        codes = [wait(pid) for pid in (*self._writers, last)]
        assert not any(codes), f"exit codes {codes}"
        os.close(self._records)
        self.mailbox.close()
        return sum(self._lost(writer) for writer in range(self._stop))

    def _lost(self, writer: int) -> int:
        received = self.received[writer]
        assert all(a < b for a, b in itertools.pairwise(received)), "doubled or out of order"
        return self._words.words[writer] - len(received)

    def _write(self, writer: int) -> None:
        number = 0
        while not self._words.words[self._stop]:
            self.mailbox.put(message(writer, number))
            number += 1
        self._words.words[writer] = number
        self.mailbox.put(_END)
        self.mailbox.close()
        self.mailbox.join_thread()

    def _read(self) -> None:
        while True:
            os.write(self._recording, _RECORD.pack(*check(self.mailbox.get())))

    def _read_to_the_end(self) -> None:
        for _ in self._writers:
            while (received := self.mailbox.get(timeout=_PATIENCE)) != _END:
                os.write(self._recording, _RECORD.pack(*check(received)))

    def _collect(self, count: int | None) -> None:
        """Take note of so many messages that readers have got, or of all."""
        poll = select.poll()
        poll.register(self._records, select.POLLIN)
        while count is None or count > 0:
            assert poll.poll(_PATIENCE * 1000), "the readers hang"
            data = os.read(self._records, _RECORD.size)
            if not data:
                return
            record: tuple[int, int] = _RECORD.unpack(data)
            self.received[record[0]].append(record[1])
            count = None if count is None else count - 1


class WriterKills:
    """A reader, and writers that are killed one after another."""

    def __init__(self, kills: int, chance: random.Random) -> None:
        self.mailbox = Mailbox(overflow=_OVERFLOW)
        self.received: list[list[int]] = [[] for _ in range(kills)]
        self._chance = chance
        self._handed_over = Words(kills)

    def run(self, side_by_side: int) -> None:
        """Kill every writer, each somewhere in its work, while some others write."""
        writers: list[int] = []
        for number in range(len(self.received)):
            writers.append(fork(partial(self._write, number)))
            if len(writers) == side_by_side:
                self._take(self._chance.randrange(30))
                kill(writers.pop(self._chance.randrange(side_by_side)))
        for pid in writers:
            kill(pid)

    def finish(self) -> int:
        """Take what is left; how many messages were received. Every one handed over must be among them."""
        while not self.mailbox.empty():
            self._take(1)
        for received, handed_over in zip(self.received, self._handed_over.words, strict=True):
            assert received == list(range(len(received))), "doubled, lost or out of order"
            assert len(received) >= handed_over, "lost, though handed over"
        self.mailbox.close()
        return sum(map(len, self.received))

    def _write(self, writer: int) -> None:
        number = 0
        while True:
            self.mailbox.put(message(writer, number))
            number += 1
            if not self.mailbox._outbox.waiting:  # pyright: ignore[reportPrivateUsage]
                self._handed_over.words[writer] = number

    def _take(self, count: int) -> None:
        for _ in range(count):
            writer, number = check(self.mailbox.get(timeout=_PATIENCE))
            self.received[writer].append(number)
