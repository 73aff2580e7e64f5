"""Names of parametrized tests that are the same in every process, as xdist needs them."""

import re


def stable(value: object) -> str:
    """The repr of a value, short and without the addresses of objects."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))[:60]
