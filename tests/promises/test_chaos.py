"""All promises at once, under fire; `benchmarks/soak.py` goes on for longer."""

from support.chaos import Chaos


def test_a_system_under_fire_keeps_its_promises() -> None:
    chaos = Chaos(1, limit=1_000_000, root_limit=1_000_000)
    chaos.run(seconds=6, kills=400)
    assert chaos.outcomes["reply"] > 100


def test_a_system_whose_supervisors_give_up_under_fire_keeps_its_promises() -> None:
    chaos = Chaos(2, limit=2, root_limit=3)
    chaos.run(seconds=4, kills=400)
    assert chaos.outcomes["restart limit reached"] > 1
    assert chaos.outcomes["ActorStopped"] > 1
