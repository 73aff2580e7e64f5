"""What to send in place of a value whose class cannot travel, where its class alone tells."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Generator

_NUMPY = {
    "ndarray": "send .tolist() of it, or .tobytes() with its shape and dtype",
    "generic": "send .item() of it",
}
"""By the name of the base class in numpy, which is not imported for this."""


def instead_of(cls: type) -> str | None:
    """The way out of a value of such a class; None if nothing special is known of it."""
    if issubclass(cls, Awaitable):
        return "await it, in an `async def`"
    if issubclass(cls, Generator | AsyncGenerator):
        return "it yields; return a list"
    names = [base.__name__ for base in cls.__mro__ if base.__module__ == "numpy"]
    return next((_NUMPY[name] for name in names if name in _NUMPY), None)
