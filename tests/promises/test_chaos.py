"""All promises at once, under fire; `benchmarks/soak.py` goes on for longer, to the end of supervisors."""

import pytest

from support.chaos import Chaos


@pytest.mark.parametrize("seed", [1])
def test_a_system_under_fire_keeps_its_promises(seed: int) -> None:
    chaos = Chaos(seed, limit=1_000_000, root_limit=1_000_000)
    chaos.run(seconds=6, kills=400)
    assert chaos.outcomes["reply"] > 100
