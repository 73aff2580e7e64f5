"""Bytes that were messages once: decoded, or a `DecodeError`; never anything else."""

import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest

from actors.core.address import Address
from actors.core.codec import SEGMENT_MIN, Codec
from actors.core.errors import DecodeError
from actors.core.ref import ActorRef
from core.samples import Colour, Leaf, Rights, Tree

CODEC = Codec()
MUTANTS = 110_000

SEEDS: list[Any] = [
    Leaf(1, "x", 0.5),
    Tree([1, "two", None], [Tree(3)], {"a": Leaf(4)}, (5, "six")),
    Tree({(1, 2): {3, 4.5}, b"k": frozenset({"\ud800", 2**70})}),
    Tree(b"x" * SEGMENT_MIN, [Tree([b"y" * SEGMENT_MIN])]),
    {"a": [1, -1, 1.5, True, None, "text", b"bytes"], 7: {"deep": [[[[]]]]}},
    [datetime(2024, 1, 2, tzinfo=UTC), UUID(int=3), Decimal("1.5"), 2j, PurePosixPath("p"), ()],
    [Colour.RED, Rights.READ, ActorRef(Address("demo", 1, "ada")), [Leaf(n) for n in range(3)]],
]
INTERESTING = bytes([0x00, 0x7F, 0x80, 0x90, 0x9F, 0xC0, 0xC1, 0xC7, 0xD4, 0xDD, 0xDF, 0xFF])


def flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def overwrite(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] = chance.choice(INTERESTING)


def truncate(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def insert(data: bytearray, chance: random.Random) -> None:
    position = chance.randrange(len(data))
    data[position:position] = chance.randbytes(chance.randint(1, 4))


def remove(data: bytearray, chance: random.Random) -> None:
    position = chance.randrange(len(data))
    del data[position : position + chance.randint(1, 4)]


def splice(data: bytearray, chance: random.Random) -> None:
    other = CODEC.encode(chance.choice(SEEDS))[0]
    start = chance.randrange(len(other))
    data[chance.randrange(len(data)) :] = other[start:]


MUTATIONS = [flip, overwrite, truncate, insert, remove, splice]


@pytest.mark.parametrize("seed", SEEDS, ids=range(len(SEEDS)))
def test_mutants_decode_and_encode_again_or_are_a_decode_error(seed: Any) -> None:
    chance = random.Random(SEEDS.index(seed))
    stream, segments = CODEC.encode(seed)
    decoded = 0
    for _ in range(MUTANTS // len(SEEDS)):
        mutant = bytearray(stream)
        chance.choice(MUTATIONS)(mutant, chance)
        try:
            value = CODEC.decode(bytes(mutant), segments)
        except DecodeError:
            continue
        decoded += 1
        CODEC.decode(*CODEC.encode(value))
    assert 0 < decoded < MUTANTS // len(SEEDS)
