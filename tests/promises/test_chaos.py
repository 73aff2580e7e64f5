"""All promises at once, under fire; `benchmarks/soak.py` goes on for longer."""

from support.chaos.chaos import Chaos


def test_a_system_under_fire_keeps_its_promises() -> None:
    with Chaos(1) as chaos:
        chaos.fight(seconds=3)
        chaos.fight(seconds=3)
    assert chaos.oracle.outcomes["reply"] > 50
    assert chaos.fire.kills.total() > 20


def test_a_system_whose_supervisors_give_up_under_fire_keeps_its_promises() -> None:
    with Chaos(2, limit=1, root_limit=2) as chaos:
        chaos.fight(seconds=5)
    assert chaos.given_up
