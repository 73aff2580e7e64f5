"""How deep values nest, and how many items their containers hold, against the limits.

A container is one level deeper than its deepest part; a plain value is at level 0.
"""

from collections.abc import Collection
from typing import Any

from actors.core.codec.limits import Limits
from actors.core.message import Message

CONTAINERS = frozenset({list, dict, tuple, set, frozenset})
SCALARS = frozenset({int, float, bool, str, bytes, type(None)})

_FLAT = bytes(
    set(range(256))
    - {*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF}  # arrays and maps
    - {0xC7, 0xC8, 0xC9, *range(0xD4, 0xD9)}  # extensions
)


def surely_within(stream: bytes | memoryview, limits: Limits) -> bool:
    """Whether the bytes alone show that the limits hold; when not, measure the value.

    Every item takes a byte and every level of nesting begins with a header byte, so there are at
    most as many items as bytes and at most as many levels as possible header bytes.
    """
    size = len(stream)
    if size > limits.items:
        return False
    return size <= limits.depth or len(bytes(stream).translate(None, _FLAT)) <= limits.depth


def within(value: Any, limits: Limits) -> bool:
    """Whether a value that can be packed keeps the limits, measured level by level."""
    level = [value]
    for _ in range(limits.depth + 1):
        level = [whole for whole in level if type(whole) not in SCALARS]
        parts: list[Any] = []
        for whole in level:
            inside = contents(whole)
            if len(inside) > limits.items:
                return False
            parts.extend(inside)
            if type(whole) is dict:
                parts.extend(whole.values())
        level = parts
        if not level:
            return True
    return all(not is_container(whole) for whole in level)


def is_container(value: Any) -> bool:
    return type(value) in CONTAINERS or issubclass(type(value), Message)


def contents(value: Any) -> Collection[Any]:
    """What stands directly in a value; of a dict, its keys."""
    if type(value) in CONTAINERS:
        inside: Collection[Any] = value
        return inside
    return vars(value).values() if issubclass(type(value), Message) else ()
