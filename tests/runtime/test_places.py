"""Where and how gladly an actor's process runs."""

from __future__ import annotations

import os
from typing import Any

import pytest

from actors import Actor, ActorSystem, StartError, child


class Placed(Actor):
    def receive(self, message: Any) -> Any:
        return os.getpriority(os.PRIO_PROCESS, 0), sorted(os.sched_getaffinity(0))


def test_an_actor_has_the_priority_and_the_processors_that_it_was_given(system: ActorSystem) -> None:
    processors = sorted(os.sched_getaffinity(0))
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert system.spawn(Placed).ask("where?") == (own, processors)
    placed = system.spawn(child(Placed).options(nice=3, cpu_affinity=processors[-1:]))
    assert placed.ask("where?") == (min(19, own + 3), processors[-1:])


def test_a_processor_that_there_is_not_fails_the_start_and_says_so(system: ActorSystem) -> None:
    here = ", ".join(map(str, sorted(os.sched_getaffinity(0))))
    for number in (4_000, 1 << 40):
        wrong = rf"cpu_affinity is \[{number}\]; the processors here are {here}\n"
        with pytest.raises(StartError, match=wrong):
            system.spawn(child(Placed).options(cpu_affinity=[number]))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may have any priority")
def test_a_priority_that_is_not_allowed_fails_the_start_and_says_so(system: ActorSystem) -> None:
    with pytest.raises(StartError, match="nice"):
        system.spawn(child(Placed).options(nice=-5))
