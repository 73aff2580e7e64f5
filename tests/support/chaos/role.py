"""Roles: what an actor's process is in the middle of, for who takes aim at it."""

from __future__ import annotations

import mmap
import os
from collections.abc import Generator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Final

_BITS: Final = 8
_SIZE: Final = 8


class Role(IntEnum):
    STARTING = 0
    IDLE = 1
    HANDLING = 2
    PUTTING = 3
    STOPPING = 4


class RoleWord:
    """The process of an actor and its role: one word that other processes see, stored in one go."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, _SIZE)
            self._word = memoryview(mmap.mmap(descriptor, _SIZE)).cast("Q")
        finally:
            os.close(descriptor)

    def set(self, role: Role) -> None:
        """Be in a role from now on."""
        self._word[0] = os.getpid() << _BITS | role

    @contextmanager
    def during(self, role: Role, then: Role) -> Generator[None, None, None]:
        """Be in a role for a while, unless that ends by an exception."""
        self.set(role)
        yield
        self.set(then)

    def of(self, pid: int) -> Role:
        """The role of a process; one that has not said so yet is starting."""
        process, role = self._word[0] >> _BITS, self._word[0] & (1 << _BITS) - 1
        return Role(role) if process == pid else Role.STARTING
