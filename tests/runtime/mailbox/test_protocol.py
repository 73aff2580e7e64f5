"""A reader killed between any two instructions of the protocol leaves a state to go on from."""

from __future__ import annotations

import inspect
import os
import signal
import struct
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

from actors.core.errors import DecodeError
from actors.runtime.mailbox import credit, inbox, journal, mailbox, parcel, reading, slab, status
from actors.runtime.mailbox.inbox import Inbox
from actors.runtime.mailbox.layout import Layout
from actors.runtime.mailbox.mailbox import Mailbox
from actors.runtime.mailbox.reuse import REUSE
from actors.runtime.mailbox.status import TAKEN, Status, Word
from support.forks import fork, wait
from support.oracle import Words

BY_OPCODE: Final = {module.__file__ for module in (journal, status, credit, slab)}
BY_LINE: Final = {module.__file__ for module in (mailbox, reading, inbox, parcel)}
MESSAGES: Final[list[Any]] = ["first", b"large" * 2_000, "third", b"parcel" * 50_000]
GARBAGE: Final = b"\0garbage"


class Stepper:
    """Kills this process at the n-th step that it takes in the modules above."""

    def __init__(self, last: int, taken: memoryview) -> None:
        self._last = last
        self._steps = taken

    def __enter__(self) -> None:
        here = inspect.currentframe()
        assert here
        here.f_trace_opcodes = True  # Python 3.12 looks only now whether anybody wants to know
        sys.settrace(self._trace)

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        file = frame.f_code.co_filename
        if file in BY_OPCODE:
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
        elif file not in BY_LINE:
            return None
        if event in ("opcode", "line"):
            self._steps[0] += 1
            if self._steps[0] == self._last:
                os.kill(os.getpid(), signal.SIGKILL)
        return self._trace


def get(box: Mailbox) -> Any:
    try:
        return box.get(block=False)
    except DecodeError:
        return GARBAGE


def take_all(box: Mailbox, count: int, recording: int) -> None:
    for _ in range(count):
        value = get(box)
        os.write(recording, struct.pack("<H", MESSAGES_AND_GARBAGE.index(value)))


MESSAGES_AND_GARBAGE: Final = [*MESSAGES[:2], GARBAGE, *MESSAGES[2:]]


def put_all(box: Mailbox) -> None:
    for value in MESSAGES_AND_GARBAGE:
        if value == GARBAGE:
            os.write(box._open.pipe.number, GARBAGE)  # pyright: ignore[reportPrivateUsage]
        else:
            box.put(value)


def taken(layout: Layout) -> bool:
    status = Status(layout.journal)
    try:
        return bool(status.words[Word.CURSOR] & TAKEN)
    finally:
        status.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("first", [1, 2], ids=["odd", "even"])
def test_a_successor_goes_on_from_every_instruction(first: int) -> None:
    box = Mailbox(len(MESSAGES))
    layout = box._open.layout  # pyright: ignore[reportPrivateUsage]
    steps = Words(1)
    for _ in range(2):  # the first large message goes as a parcel, all others by the slab
        box.put(MESSAGES[1])
        assert get(box) == MESSAGES[1]
    box.release()
    step, killed, lost_in_hand = first - 2, -signal.SIGKILL, 0
    while killed == -signal.SIGKILL:
        step += 2
        put_all(box)
        steps.words[0] = 0
        records, recording = os.pipe()

        def read(last: int = step, recording: int = recording) -> None:
            with Stepper(last, steps.words):
                take_all(box, len(MESSAGES_AND_GARBAGE), recording)

        killed = wait(fork(read))
        os.close(recording)
        got = [MESSAGES_AND_GARBAGE[i] for (i,) in struct.iter_unpack("<H", os.read(records, 100))]
        os.close(records)
        in_hand = taken(layout)
        rest = [get(box) for _ in range(left(box))]
        expected = MESSAGES_AND_GARBAGE[len(got) :]
        assert got == MESSAGES_AND_GARBAGE[: len(got)], f"step {step}"
        assert rest == expected[1:] if in_hand else rest in (expected, expected[1:]), f"step {step}"
        lost_in_hand += in_hand
        REUSE.remove()
        assert len(list(Path(layout.places.main).iterdir())) == 1, f"step {step}: a parcel is left"
        assert slab_in_use(box) == 0, f"step {step}: something is left in the slab"
        assert box.empty()
        box.release()
        mend(box)
    assert killed == 0
    assert step > 500
    assert 50 < lost_in_hand < step
    box.close()


def test_a_successor_goes_on_from_every_instruction_of_a_run() -> None:
    messages = [b"first", b"parcel" * 50_000, b"third", b"", b"fifth"]
    box = Mailbox()
    layout = box._open.layout  # pyright: ignore[reportPrivateUsage]
    steps = Words(1)
    step, killed, in_hand, lost_in_hand = 0, -signal.SIGKILL, False, 0
    while killed == -signal.SIGKILL:
        step += 1
        for message in messages:
            box._outbox.put(message)  # pyright: ignore[reportPrivateUsage]
        steps.words[0] = 0
        records, recording = os.pipe()

        def read(last: int = step, recording: int = recording) -> None:
            opened = box._reading._reader()  # pyright: ignore[reportPrivateUsage]
            with Stepper(last, steps.words):
                run_through(opened, messages, recording)

        killed = wait(fork(read))
        os.close(recording)
        count = len(os.read(records, 100))
        os.close(records)
        in_hand = taken(layout)
        successor = box._reading._reader()  # pyright: ignore[reportPrivateUsage]
        rest: list[bytes] = []
        while (parts := successor.take()) is not None:
            rest.append(parts[0])
            successor.done()
        expected = messages[count:]
        assert rest in ((expected, expected[1:]) if in_hand else (expected,)), f"step {step}"
        lost_in_hand += in_hand
        assert box.empty()
        box.release()
    assert killed == 0
    assert not in_hand, "what has been run through must not be tried again"
    assert step > 200
    assert 50 < lost_in_hand < step
    box.close()


TOLD: Final = True
FORCED: Final = False
"""Beyond the bound, as no place is free."""
MIXED: Final = [
    (b"first", TOLD),
    (b"second", FORCED),
    (b"slab" * 5_000, FORCED),
    (GARBAGE, FORCED),
    (b"parcel" * 50_000, FORCED),
    (b"slab" * 5_001, TOLD),
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("first", [1, 2], ids=["odd", "even"])
def test_a_kill_gives_no_place_back_that_was_not_taken(first: int) -> None:
    box = Mailbox(sum(told for _, told in MIXED))
    outbox, credits = box._outbox, box._open.credits  # pyright: ignore[reportPrivateUsage]
    layout = box._open.layout  # pyright: ignore[reportPrivateUsage]
    assert credits is not None
    steps = Words(1)
    for _ in range(2):  # the first large message goes as a parcel, all others by the slab
        box.put(MESSAGES[1])
        assert get(box) == MESSAGES[1]
    box.release()
    step, killed, lost_in_hand, places_lost = first - 2, -signal.SIGKILL, [0, 0], 0
    while killed == -signal.SIGKILL:
        step += 2
        for message, told in MIXED:
            if message == GARBAGE:
                os.write(outbox.pipe.fileno(), GARBAGE)
            elif told:
                assert credits.take()
                outbox.put(message)
            else:
                outbox.put_uncounted(message)
        steps.words[0] = 0

        def read(last: int = step) -> None:
            opened = box._reading._reader()  # pyright: ignore[reportPrivateUsage]
            with Stepper(last, steps.words):
                for _ in MIXED:
                    assert next_in_hand(opened) is not None
                    opened.done()

        killed = wait(fork(read))
        in_hand = taken(layout)
        free, rest = see_to_the_rest(box)
        if in_hand:
            lost_in_hand[MIXED[len(MIXED) - len(rest) - 1][1]] += 1
        expected = MIXED[len(MIXED) - len(rest) :]
        taken_up = [sum(told for _, told in expected[begun:]) for begun in range(len(expected) + 1)]
        missing = {credits.size - now - up for now, up in zip(free, taken_up, strict=True)}
        assert rest == [message for message, _ in expected], f"step {step}"
        assert missing in ({0}, {1}), f"step {step}: {free} free before {taken_up}"
        places_lost += missing == {1}
        box.release()
        mend(box)
    assert killed == 0
    assert min(lost_in_hand) > 20
    assert 0 < places_lost < step // 10, "by a kill between `done` and `give` only"
    box.close()


def next_in_hand(opened: Inbox) -> bytes | None:
    try:
        parts = opened.take()
    except DecodeError:
        return GARBAGE
    return None if parts is None else parts[0]


def see_to_the_rest(box: Mailbox) -> tuple[list[int], list[bytes]]:
    """What a successor finds, and how many places are free before each message and at the end."""
    opened = box._reading._reader()  # pyright: ignore[reportPrivateUsage]
    credits = box._open.credits  # pyright: ignore[reportPrivateUsage]
    assert credits is not None
    free, rest = [credits.free], list[bytes]()
    while (message := next_in_hand(opened)) is not None:
        rest.append(message)
        opened.done()
        free.append(credits.free)
    return free, rest


def run_through(opened: Inbox, messages: list[bytes], recording: int) -> None:
    """Take all messages, and write a byte for each once it is in hand."""
    done = 0
    while done < len(messages):
        for message in opened.run():
            assert message == messages[done]
            os.write(recording, b".")
            done += 1
        parts = opened.take()
        if parts is not None:
            assert parts[0] == messages[done]
            os.write(recording, b".")
            opened.done()
            done += 1


def slab_in_use(box: Mailbox) -> int:
    sender = box._outbox._stowage._slab  # pyright: ignore[reportPrivateUsage]
    return 0 if sender is None else sum(map(bool, sender._words[:-1]))  # pyright: ignore[reportPrivateUsage]


def left(box: Mailbox) -> int:
    """How many messages the successor finds, once it has given up what was in hand."""
    if box._reading._inbox is None:  # pyright: ignore[reportPrivateUsage]
        box._reading._reader()  # pyright: ignore[reportPrivateUsage]
    return box._reading.count() or 0  # pyright: ignore[reportPrivateUsage]


def mend(box: Mailbox) -> None:
    """Make up for the place that a reader took along when it was killed between `done` and `give`."""
    credits = box._open.credits  # pyright: ignore[reportPrivateUsage]
    if credits is not None:
        assert credits.size - credits.free <= 1
        credits.mend()
