"""How deep values nest, and how many items their containers hold, against the limits.

A container is one level deeper than its deepest part; a plain value is at level 0.
"""

from collections.abc import Callable, Collection, Iterator
from itertools import chain
from typing import Any

from actors.core.codec import wire
from actors.core.codec.limits import Limits
from actors.core.message import Message
from actors.core.schema import schema_of

kind_of: Callable[[Any], type[Any]] = type
"""``type``, with one parameter; for type checkers, which then ask nothing about its parameters."""

CONTAINERS = frozenset({list, dict, tuple, set, frozenset})
SCALARS = frozenset({int, float, bool, str, bytes, type(None)})

_FLAT = bytes(
    set(range(256))
    - {*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF}  # arrays and maps
    - {0xC7, 0xC8, 0xC9, *range(0xD4, 0xD9)}  # extensions
)


def keeps_limits(value: Any, stream: bytes | memoryview, limits: Limits, *, has_extensions: bool) -> bool:
    """Whether a value, and the stream it was packed into, keep the limits of depth and items.

    Mostly the bytes alone show it: every item takes a byte, and every level begins with a header
    byte, so there are at most as many items as bytes and levels as possible header bytes.
    """
    if len(stream) > limits.items:
        return within(value, limits)
    if len(stream) <= limits.depth or _is_flat(value):
        return True
    if len(bytes(stream).translate(None, _FLAT)) <= limits.depth:
        return True
    if has_extensions or not wire.HAS_GAUGE:
        return within(value, limits)
    return not wire.nests_deeper(wire.body(stream), limits.depth)


def within(value: Any, limits: Limits) -> bool:
    """The same, measured on the value itself: exact and slow; ends soon for one that holds itself."""
    open_containers: list[Iterator[Any]] = [iter((value,))]
    while open_containers:
        for part in open_containers[-1]:
            if type(part) in SCALARS or not _is_container(part):
                continue
            inside = _contents(part)
            if len(open_containers) > limits.depth or len(inside) > limits.items:
                return False
            open_containers.append(chain(inside, _values(part)))
            break
        else:
            open_containers.pop()
    return True


def _is_flat(value: Any) -> bool:
    """Whether no container stands in a value that is none or is a dict, as the bytes alone may not show."""
    kind = kind_of(value)
    if kind is not dict:
        return kind in SCALARS
    return SCALARS.issuperset(map(type, value)) and SCALARS.issuperset(map(type, value.values()))


def _is_container(value: Any) -> bool:
    return type(value) in CONTAINERS or issubclass(type(value), Message)


def _contents(container: Any) -> Collection[Any]:
    """What stands directly in a container; of a dict, its keys."""
    kind = kind_of(container)
    if kind in CONTAINERS:
        inside: Collection[Any] = container
        return inside
    return schema_of(kind).unchecked(container).values()


def _values(container: Any) -> Collection[Any]:
    values: Collection[Any] = container.values() if kind_of(container) is dict else ()
    return values
