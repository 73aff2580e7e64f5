"""No kill of a reader or a writer, at any instant, hangs, corrupts, doubles or reorders anything."""

from __future__ import annotations

import os
import queue
import random
import signal

import pytest

from actors.runtime.mailbox.mailbox import Mailbox
from support.forks import Gate, fork, kill, wait
from support.oracle import ReaderKills, WriterKills

KILLS = 500


def test_a_killed_reader_loses_at_most_the_message_in_its_hand() -> None:
    kills = ReaderKills(2, random.Random())
    kills.run(KILLS)
    assert kills.finish() <= KILLS
    assert sum(map(len, kills.received)) > KILLS


def test_a_killed_writer_loses_only_what_it_had_not_handed_over() -> None:
    kills = WriterKills(KILLS, random.Random())
    kills.run(side_by_side=3)
    assert kills.finish() > KILLS


def test_an_idle_reader_that_is_killed_loses_nothing_and_blocks_nobody() -> None:
    mailbox, got = Mailbox(), Gate()

    def read() -> None:
        while True:
            mailbox.get()
            got.open()

    for number in range(5):
        reader = fork(read)
        mailbox.put("to be read")
        got.wait()
        kill(reader)
        mailbox.put(number)
        assert mailbox.get_nowait() == number
        mailbox.release()
    got.close()
    mailbox.close()


def test_a_stopped_reader_leaves_senders_alive_and_their_memory_bounded() -> None:
    mailbox, got = Mailbox(overflow=200_000), Gate()

    def read() -> None:
        while mailbox.get() != "end":
            got.open()

    reader = fork(read)
    mailbox.put("first")
    got.wait()
    os.kill(reader, signal.SIGSTOP)
    os.waitpid(reader, os.WUNTRACED)
    put = 0
    with pytest.raises(queue.Full, match="limit 200000"):  # noqa: PT012 - which put it is, is the question
        while True:
            mailbox.put_nowait(b"x" * 1_000)
            put += 1
    assert 200 < put < 64 + 200
    os.kill(reader, signal.SIGCONT)
    for _ in range(put):
        got.wait()
    mailbox.put("end")
    assert wait(reader) == 0
    got.close()
    mailbox.close()
