"""A start waits a moment for a process that is on its way. The zygote is a fake, the processes are not."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from actors import child
from actors.core.address import Address
from actors.core.codec import Codec
from actors.runtime import blueprint
from actors.runtime.descriptor import Descriptor
from actors.runtime.guardian import castings
from actors.runtime.guardian import spares as module
from actors.runtime.guardian.loop import Loop
from actors.runtime.guardian.process import ActorProcess
from actors.runtime.guardian.spares import Spares
from actors.runtime.site import Site
from actors.runtime.worker import Assignment
from support import forks
from support.cast import Player

SITE = Site.at(Path("/nowhere"), Path("/nowhere"))
BLUEPRINT = blueprint.draw(child(Player), Codec())


class Zygote:
    """Counts what it is asked for, and forks when the test says so."""

    pid = 0
    prompt = False

    def __init__(self, *_: Any, on_fork: Callable[..., None], on_end: Callable[..., None]) -> None:
        self.requests = 0
        self.on_fork = on_fork
        self.on_end = on_end

    def request(self) -> None:
        if not self.prompt:
            self.requests += 1
            self.prompt = True

    def kill(self) -> None:
        self.prompt = False

    def fork(self, *, deaf: bool = False) -> tuple[int, int]:
        """Hand over a process; return its pid and where its role can be read, unless it is `deaf`."""
        self.prompt = False
        pid = forks.fork(signal.pause)
        reading, writing = os.pipe2(os.O_NONBLOCK)
        if deaf:
            os.close(reading)
        self.on_fork(ActorProcess(pid, os.pidfd_open(pid)), Descriptor(writing))
        return pid, reading


class Stage:
    """Spares whose zygote has been asked for a process, and who has been cast."""

    def __init__(self, spares: Spares, loop: Loop) -> None:
        self._loop = loop
        self.cast: dict[int, ActorProcess | None] = {}
        self.unwanted = set[int]()
        self._spares = spares

    @property
    def zygote(self) -> Zygote:
        """The fake one."""
        zygote: Any = self._spares._zygote  # pyright: ignore[reportPrivateUsage]
        assert isinstance(zygote, Zygote)
        return zygote

    def start(self, number: int, then: Callable[[], object] = lambda: None) -> None:
        """Have an actor start, as the guardian does; `then` is called once it is known in which process."""
        assignment = Assignment(
            site=SITE,
            address=Address("here", number, f"player-{number}"),
            layout=SITE.mailbox(number),
            incarnation=0,
            blueprint=BLUEPRINT,
            guardian=os.getpid(),
        )
        self._spares.cast(
            assignment, lambda: number not in self.unwanted, lambda one: self._take(number, one, then)
        )
        self._spares.prepare()

    def _take(self, number: int, process: ActorProcess | None, then: Callable[[], object]) -> None:
        self.cast[number] = process
        then()

    def run(self, moments: float = 5) -> None:
        """Run the loop, for much longer than a start waits unless told otherwise."""
        self._loop._running = True  # pyright: ignore[reportPrivateUsage]
        self._loop.call_later(moments * castings._MOMENT, self._loop.stop)  # pyright: ignore[reportPrivateUsage]
        self._loop.run()

    def fill(self) -> list[int]:
        """Have all come that are to wait; return where each can be told."""
        readings: list[int] = []
        while len(self._spares._waiting) < self._spares._size:  # pyright: ignore[reportPrivateUsage]
            self.run()
            assert self.zygote.prompt
            readings.append(self.zygote.fork()[1])
        return readings

    @property
    def has_zygote(self) -> bool:
        return self._spares._zygote is not None  # pyright: ignore[reportPrivateUsage]

    def retire(self) -> None:
        self._spares.retire()

    def end(self) -> None:
        self.retire()
        self.run()  # which collects who has waited in vain
        for process in filter(None, self.cast.values()):
            process.kill()
            process.reap()


@contextmanager
def staged(size: int) -> Generator[Stage]:
    """So many spares, whose zygote has been asked for the first of them."""
    loop, endpoint = Loop(), SimpleNamespace(site=SITE, codec=Codec())
    spares: Any = Spares(endpoint, loop, None, size)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with mock.patch.object(module, "ZygoteProcess", Zygote):
        spares.prepare()
        stage = Stage(spares, loop)
        yield stage
        stage.end()
    loop._epoll.close()  # pyright: ignore[reportPrivateUsage]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged(1) as stage:
        yield stage


@pytest.fixture
def three() -> Iterator[Stage]:
    with staged(3) as stage:
        yield stage


def role(reading: int) -> int:
    """The number of the actor whose role a process has been told."""
    told = os.read(reading, 10_000)
    os.close(reading)
    number: int = Codec().decode(told).id
    return number


def test_a_start_waits_for_the_process_that_is_on_its_way(stage: Stage) -> None:
    stage.start(7)
    assert not stage.cast
    pid, reading = stage.zygote.fork()
    process = stage.cast[7]
    assert process
    assert process.pid == pid
    assert role(reading) == 7
    stage.run()
    assert stage.cast == {7: process}


def test_each_process_plays_one_role_and_another_is_asked_for(stage: Stage) -> None:
    for number in (7, 8):
        stage.start(number)
    assert [role(stage.zygote.fork()[1]) for _ in range(2)] == [7, 8]
    assert stage.zygote.requests == 3


def test_a_start_that_is_not_wanted_any_more_leaves_the_process_to_the_next(stage: Stage) -> None:
    for number in (7, 8):
        stage.start(number)
    stage.unwanted.add(7)
    assert role(stage.zygote.fork()[1]) == 8
    assert set(stage.cast) == {8}


def test_a_process_that_comes_when_nobody_wants_it_any_more_waits(stage: Stage) -> None:
    stage.start(7)
    stage.unwanted.add(7)
    _, reading = stage.zygote.fork()
    assert not stage.cast
    stage.start(8)
    assert role(reading) == 8


def test_a_start_waits_for_a_moment_only(stage: Stage) -> None:
    stage.start(7)
    stage.run()
    assert stage.cast == {7: None}
    os.close(stage.zygote.fork()[1])
    assert stage.cast == {7: None}


def test_of_starts_at_the_same_time_all_but_the_first_wait_too(stage: Stage) -> None:
    readings = [stage.zygote.fork()[1]]
    for number in (7, 8, 9):
        stage.start(number)
    assert set(stage.cast) == {7}
    readings += [stage.zygote.fork()[1] for _ in range(2)]
    assert [role(reading) for reading in readings] == [7, 8, 9]


def test_they_wait_for_as_long_as_processes_come(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(castings, "_MOMENT", 0.2)
    for number in range(6):
        stage.start(number)
    for number in range(6):
        stage.run(0.3)
        assert role(stage.zygote.fork()[1]) == number
    assert None not in stage.cast.values()


def test_a_start_that_is_not_wanted_any_more_is_not_given_up_either(stage: Stage) -> None:
    stage.start(7)
    stage.unwanted.add(7)
    stage.run()
    assert not stage.cast


def test_one_that_waits_no_longer_leaves_what_comes_then_to_the_next(stage: Stage) -> None:
    readings: list[int] = []
    stage.start(7, then=lambda: readings.append(stage.zygote.fork()[1]))
    stage.start(8)
    stage.run()
    assert stage.cast[7] is None
    assert role(*readings) == 8


def test_one_after_the_other_stops_waiting_if_none_comes(stage: Stage) -> None:
    for number in range(4):
        stage.start(number)
    stage.run(2)
    assert stage.cast == dict.fromkeys(range(4))


def test_nobody_waits_for_a_zygote_that_has_ended(stage: Stage) -> None:
    for number in (7, 8):
        stage.start(number)
    stage.zygote.on_end(stage.zygote, -signal.SIGKILL)
    stage.run(0.5)
    assert stage.cast == {7: None, 8: None}


def test_nobody_waits_for_longer_than_a_moment_since_the_last_came(stage: Stage) -> None:
    for number in (7, 8):
        stage.start(number)
    assert role(stage.zygote.fork()[1]) == 7
    stage.run()
    assert stage.cast[8] is None


def test_who_waits_when_all_is_to_stop_does_not_start(stage: Stage) -> None:
    stage.start(7)
    stage.retire()
    stage.run()
    assert not stage.cast


def test_then_there_is_no_zygote_any_more(stage: Stage) -> None:
    stage.retire()
    stage.start(7)
    assert stage.cast == {7: None}
    assert not stage.has_zygote


@pytest.mark.parametrize(("code", "another"), [(-signal.SIGKILL, True), (0, False)])
def test_one_that_was_killed_is_replaced_with_the_next_start(
    stage: Stage, code: int, *, another: bool
) -> None:
    stage.zygote.on_end(stage.zygote, code)
    assert not stage.has_zygote
    stage.start(7)
    assert stage.has_zygote is another


def test_who_waits_when_it_is_killed_waits_on(three: Stage) -> None:
    readings = three.fill()
    three.zygote.on_end(three.zygote, -signal.SIGKILL)
    for number in (7, 8, 9):
        three.start(number)
    assert [role(reading) for reading in readings] == [7, 8, 9]


def test_who_lacks_what_the_guardian_has_imported_is_dismissed(
    three: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings, zygote = three.fill(), three.zygote
    monkeypatch.setitem(sys.modules, "imported_late", sys)
    three.start(7)
    assert three.cast == {7: None}
    assert three.zygote is not zygote
    three.run()  # until they are dead, and with them what holds the other ends
    for reading in readings:
        assert os.read(reading, 1) == b"", "nobody is told anything through it"
        os.close(reading)


def test_one_that_dies_before_it_is_told_is_missed_by_nobody(stage: Stage) -> None:
    stage.start(7)
    stage.zygote.fork(deaf=True)
    assert stage.cast == {7: None}


def test_those_that_wait_come_one_after_the_other_until_there_are_enough(three: Stage) -> None:
    readings = three.fill()
    three.run()
    assert three.zygote.requests == 3
    for number in (7, 8, 9):
        three.start(number)
    assert [role(reading) for reading in readings] == [7, 8, 9]


def test_they_are_replaced_when_no_actor_has_started_for_a_while(three: Stage) -> None:
    readings = three.fill()
    for number in (7, 8):
        three.start(number)
        assert role(readings.pop(0)) == number
        readings += three.fill()
    assert three.zygote.requests == 5
    for reading in readings:
        os.close(reading)


def test_until_then_no_more_are_asked_for_than_are_needed(
    three: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = three.fill()
    monkeypatch.setattr(module, "_QUIET", 3_600.0)
    for number in (7, 8):
        three.start(number)
    three.run()
    assert three.zygote.requests == 3
    three.start(9)
    assert three.zygote.requests == 4, "the last is replaced at once"
    readings.append(three.zygote.fork()[1])
    assert three.zygote.requests == 4
    three.start(10)
    assert [role(reading) for reading in readings] == [7, 8, 9, 10]


def test_when_all_have_been_used_as_many_come_again(three: Stage) -> None:
    readings = three.fill()
    for number in (7, 8, 9):
        three.start(number)
    three.run()
    readings += three.fill()
    assert len(readings) == 6
    for reading in readings:
        os.close(reading)


def test_whatever_kills_them_is_not_fed_for_ever(three: Stage) -> None:
    for _ in range(12):
        if three.zygote.prompt:
            pid, reading = three.zygote.fork()
            os.kill(pid, signal.SIGKILL)
            os.close(reading)
        three.run(2)
    assert three.zygote.requests == 3


def test_one_that_has_died_is_passed_over(three: Stage) -> None:
    dead, _ = three.zygote.fork(deaf=True)
    three.run()
    _, reading = three.zygote.fork()
    three.start(7)
    assert role(reading) == 7
    process = three.cast[7]
    assert process
    assert process.pid != dead


def test_one_whose_death_is_known_does_not_count(stage: Stage) -> None:
    pid, reading = stage.zygote.fork()
    os.close(reading)
    os.kill(pid, signal.SIGKILL)
    stage.run()
    stage.start(7)
    assert not stage.cast
    assert role(stage.zygote.fork()[1]) == 7


def test_without_any_there_is_no_zygote() -> None:
    with staged(0) as stage:
        stage.start(7)
        assert stage.cast == {7: None}
        assert not stage.has_zygote
