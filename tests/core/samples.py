"""Messages and enums for tests that need some of every kind."""

from __future__ import annotations

import enum
from typing import Any

import attrs

from actors.core.message import Message


class Colour(enum.Enum):
    RED = "red"
    GREEN = (1, 2)


class Level(enum.IntEnum):
    LOW = 1


class Rights(enum.IntFlag):
    READ = 1
    WRITE = 2
    ALL = 3


class Leaf(Message):
    number: int
    text: str | None = None
    ratio: float = 0.0


class Tree(Message):
    value: Any
    children: list[Tree] = attrs.field(factory=list["Tree"])
    named: dict[str, Leaf] = attrs.field(factory=dict[str, Leaf])
    pair: tuple[int, str] | None = None
