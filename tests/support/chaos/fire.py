"""Fire: who shoots, at whom, in the middle of what, and how.

At actors, now and then at the processes that wait to be actors' or fork them, and if that is wanted at the
guardian, with which the waiting mail of all goes. Some are restarted on command instead, at no cost.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from actors import ActorSystem, MailboxFull
from support import household
from support.cast import ENDS, Die
from support.chaos.army import Post
from support.chaos.ledger import Ledger
from support.chaos.role import Role

_WAYS: Final = {"SIGKILL": 60, "SIGSEGV": 10, "SIGSTOP": 10, **dict.fromkeys(ENDS, 3)}
"""How, and how often; what is no signal is told to the actor, which then ends itself in that way."""
_AT_THE_GUARDIAN: Final = 0.01
"""Which share of the shots, if any, goes at the guardian."""
_COMMANDED: Final = 0.05
"""Which share of the shots is none: somebody is restarted on command, in order."""
_AT_HELPERS: Final = 0.05
"""Which share goes at the zygote and the spare, whom nobody misses."""
_GAP: Final = 0.15
"""How long nobody is shot at, at the most, in seconds."""
_PAUSE: Final = 0.05
"""How long a process is stopped, in seconds."""
_PATIENCE: Final = 0.1
"""How long to wait for somebody in the role that is aimed at, in seconds."""


class Fire:
    """Shoots at soldiers, from one thread."""

    def __init__(
        self,
        system: ActorSystem,
        posts: Iterable[Post],
        ledger: Ledger,
        chance: random.Random,
        *,
        guardians: bool = False,
    ) -> None:
        self.kills: Counter[str] = Counter()
        """How many processes were killed, by the way."""
        self.roles: Counter[str] = Counter()
        """In the middle of what, of those that a signal has killed."""
        self.commanded = 0
        """How many restarts were commanded."""
        self._system = system
        self._posts = tuple(posts)
        self._ledger = ledger
        self._chance = chance
        self._share = _AT_THE_GUARDIAN if guardians else 0.0
        self._paused: deque[tuple[float, int, int]] = deque()
        self._idle = threading.Event()

    def shoot(self, until: float, kills: int) -> None:
        """Shoot until a moment, and at most until there were so many kills in all."""
        while time.monotonic() < until and self.kills.total() < kills:
            self._idle.wait(self._chance.random() * _GAP)
            self._resume(time.monotonic() - _PAUSE)
            self._shoot_once()
        self._idle.wait(_PAUSE)
        self._resume(time.monotonic())

    def _shoot_once(self) -> None:
        if self._chance.random() < _AT_HELPERS:
            self._shoot_helper()
            return
        if self._chance.random() < _COMMANDED:
            self._chance.choice(self._posts).ref.restart()
            self.commanded += 1
            return
        if self._chance.random() < self._share:
            with suppress(ProcessLookupError):  # the one before has not been replaced yet
                os.kill(self._system.guardian_pid, signal.SIGKILL)
                self.kills["guardian"] += 1
            return
        (how,) = self._chance.choices(list(_WAYS), [*_WAYS.values()])
        if how in ENDS:
            with suppress(MailboxFull):
                self._chance.choice(self._posts).ref.tell(Die(how=how))
                self.kills[how] += 1
        elif aim := self._aim(self._chance.choice(list(Role))):
            self._hit(*aim, signal.Signals[how])

    def _shoot_helper(self) -> None:
        with suppress(FileNotFoundError, ProcessLookupError):  # a guardian is just being replaced
            helpers = household.children(self._system.guardian_pid) - household.actors(self._system)
            if helpers:
                os.kill(self._chance.choice(sorted(helpers)), signal.SIGKILL)
                self.kills["helper"] += 1

    def _aim(self, wanted: Role) -> tuple[int, Role] | None:
        """A process in a role and that role; in another, if nobody comes to be in this one."""
        patience = time.monotonic() + _PATIENCE
        while True:
            seen = [found for post in self._posts if (found := post.role(self._system))]
            right = [found for found in seen if found[1] is wanted]
            if right:
                return self._chance.choice(right)
            if time.monotonic() > patience:
                return self._chance.choice(seen) if seen else None
            self._idle.wait(0.001)

    def _hit(self, pid: int, role: Role, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            pidfd = os.pidfd_open(pid)
            try:
                if _parent(pid) != self._system.guardian_pid:  # its pid is another's by now
                    os.close(pidfd)
                    return
                signal.pidfd_send_signal(pidfd, number)
            except BaseException:
                os.close(pidfd)
                raise
            if number == signal.SIGSTOP:
                self._paused.append((time.monotonic(), pid, pidfd))
            else:
                os.close(pidfd)
                self.kills[number.name] += 1
                self.roles[role.name.lower()] += 1

    def _resume(self, before: float) -> None:
        """Let those go on that were stopped before a moment."""
        while self._paused and self._paused[0][0] <= before:
            since, pid, pidfd = self._paused.popleft()
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(pidfd, signal.SIGCONT)
            os.close(pidfd)
            self._ledger.paused(pid, since, time.monotonic())


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except FileNotFoundError:
        return 0
