"""The scout: a process that lives a life, so that it is known what memory such a life writes to."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, NoReturn

from actors.runtime import memory, pinning
from actors.runtime.descriptor import Descriptor
from actors.runtime.memory import Ranges

_AT_ONCE: Final = 1 << 16


def scout(life: Callable[[int], None]) -> Ranges[int]:
    """What a fork of this process writes to in a life, which gets a descriptor that it must keep.

    Nothing, if the fork does not survive that, or its asking for a ring: some sandboxes kill who does. Who
    asks does nothing meanwhile, as what it writes to is the fork's alone afterwards, too. Raises `OSError`
    if no process is to be had.
    """
    own = memory.writable()
    reading, writing = map(Descriptor, os.pipe())
    pid = os.fork()
    if not pid:
        _report(life, own, writing.number)
    del writing
    said = b"".join(iter(lambda: os.read(reading.number, _AT_ONCE), b""))
    os.waitpid(pid, 0)
    return Ranges("L", said)


def _report(life: Callable[[int], None], own: Ranges[int], pipe: int) -> NoReturn:
    try:
        life(pipe)
        written = memory.written(own)
        pinning.ring()
        os.write(pipe, written)
    finally:
        os._exit(0)
