"""The zygote: a process that does nothing but fork those that wait to be the next actors'.

What a process writes to after a fork is copied for it, a page at a time, and again after the next fork. The
guardian writes to much between two starts, the zygote to hardly anything. What it forks is its sibling: a
child of the guardian, which alone learns how it ends.
"""

from __future__ import annotations

import errno
import gc
import os
import select
import socket
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, starmap
from multiprocessing.process import BaseProcess
from typing import Any, Final

from actors.core.codec.flat import get_acquainted
from actors.runtime import birth, linux, pinning, processes
from actors.runtime.compaction import compact
from actors.runtime.descriptor import Descriptor
from actors.runtime.immortality import immortalize, lasting, used_by
from actors.runtime.rehearsal import rehearse
from actors.runtime.scout import scout
from actors.runtime.sibling import fork_sibling
from actors.runtime.site import Site

PID: Final = 8
"""How many bytes a pid has on its way to the guardian, little endian."""
_REHEARSALS: Final = 10
"""CPython rewrites a function's code in its first eight calls or so, and then leaves it alone."""
_PAUSE: Final = 0.05
"""After how many seconds without a request there is time for what makes later forks cheaper."""
_MANY: Final = 10
"""How many requests are answered before that, pause or not: as it takes about as long as they do."""


def main(site: Site, guardian: int, preparation: dict[str, Any] | None, connection: int) -> None:
    """Fork a process for each byte that comes through the connection, a packet socket, until it ends.

    Answers each by a packet: the pid of a process that waits for its role, with a pidfd of it and the pipe
    through which to tell it; or 0 where none is to be had now. Ends by itself where none ever will be.

    The target of a `multiprocessing.Process`, and what it forks goes on as the same. It leads no process
    group: whoever killed that would kill what it has just forked.
    """
    immortalize(lasting())  # what the guardian has imported since its own start
    birth.give_up(guardian, connection)
    _practise()
    requests = socket.socket(fileno=connection)
    requests.settimeout(None)  # whatever the main module has made the default
    pipe = _serve(requests)
    if pipe is None:
        processes.leave(0)
    birth.wait(site, guardian, preparation, pipe)


def _practise() -> None:
    with suppress(Exception):  # an actor can do without
        for _ in range(_REHEARSALS):
            rehearse()
    gc.collect()
    gc.freeze()


def _serve(requests: socket.socket) -> int | None:
    """Fork on request; in a new process return the pipe to wait in, and in the end None."""
    with suppress(ConnectionError):  # the guardian has just been killed, and so is this process
        for _ in _heard(requests):
            try:
                pipe = _fork(requests)
            except ConnectionError:
                raise
            except OSError as error:
                if error.errno == errno.ENOSYS:
                    return None
                requests.send(bytes(PID))
            else:
                if pipe is not None:
                    return pipe
    return None


def _heard(requests: socket.socket) -> Iterator[None]:
    """Yield for each request, having seen to cheaper forks when there was time or many had come."""
    for _ in range(_MANY):
        if not _comes(requests):
            break
        if not requests.recv(1):
            return
        yield
    get_acquainted()
    if linux.threads() > 1:  # somebody's annotation has started one: a fork would not be safe
        return
    _pins = _economise()
    while requests.recv(1):
        yield


def _comes(requests: socket.socket) -> bool:
    poll = select.poll()
    poll.register(requests, select.POLLIN)
    return bool(poll.poll(_PAUSE * 1000))


def _economise() -> Descriptor | None:
    """Have a life write to less, and that be copied within each fork, while what is returned is kept."""
    with suppress(Exception):  # forks are dearer without, and as good
        immortalize(chain.from_iterable(starmap(used_by, compact(rehearse))))
        _practise()
        written = scout(_rehearse_in_a_fork)
        ring = pinning.ring()
        pinning.pin(ring, written)
        return ring
    return None


def _rehearse_in_a_fork(pipe: int) -> None:
    """Do what is done in each fork before it is told a role."""
    _begin_anew()
    birth.leave_home(os.getppid(), pipe)
    rehearse()


def _fork(requests: socket.socket) -> int | None:
    """Fork, and answer a request; in the new process return the pipe to wait in."""
    reading, writing = map(Descriptor, os.pipe())  # here they are closed after that, there by who waits
    pid, number = fork_sibling()
    if not pid:
        requests.detach()
        _begin_anew()
        return reading.number
    pidfd = Descriptor(number)
    socket.send_fds(requests, [pid.to_bytes(PID, "little")], [pidfd.number, writing.number])
    return None


def _begin_anew() -> None:
    """Have `multiprocessing` do what it does in each process that it forks."""
    process: Any = BaseProcess
    process._after_fork()
