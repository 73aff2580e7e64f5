"""Promise 6: no kill of an actor blocks, slows or corrupts anyone else."""

import os
import signal

from actors import ActorCrashed, ActorSystem, child
from support.cast import Add, Numbers, Pid, Player, Relay


def test_a_sender_killed_at_any_time_leaves_its_receiver_working(system: ActorSystem) -> None:
    player = system.spawn(child(Player))
    steady = system.spawn(child(Relay, player))
    doomed = system.spawn(child(Relay, player))
    for number in range(1_000):
        steady.tell(Add(number=number))
        doomed.tell(Add(number=100_000 + number))
        if number % 50 == 0:
            try:
                os.kill(doomed.ask(Pid(), timeout=20), signal.SIGKILL)
            except (ActorCrashed, ProcessLookupError):
                continue
    numbers = steady.ask(Numbers(), timeout=20)
    assert [number for number in numbers if number < 100_000] == list(range(1_000))


def test_a_stopped_receiver_keeps_no_sender_waiting(system: ActorSystem) -> None:
    frozen, player = system.spawn(child(Player)), system.spawn(child(Player))
    pid = frozen.ask(Pid())
    os.kill(pid, signal.SIGSTOP)
    for number in range(10_000):
        frozen.tell(Add(number=number))
    player.tell(Add(number=1))
    assert player.ask(Numbers()) == [1]
    os.kill(pid, signal.SIGCONT)
    assert frozen.ask(Numbers(), timeout=20) == list(range(10_000))
