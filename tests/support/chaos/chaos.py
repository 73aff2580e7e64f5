"""The play: a system, its army, those who use it and who shoots at it; and the end, where it is judged."""

from __future__ import annotations

import random
import shutil
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from actors import ActorSystem, EventStream
from actors.core.events import ActorStarted, RestartLimitReached
from actors.runtime import rundirectory
from support.chaos import footprint
from support.chaos.army import WITHIN, Army, falls_alone, ledger
from support.chaos.fire import Fire
from support.chaos.footprint import Footprint
from support.chaos.ledger import Ledger
from support.chaos.oracle import Oracle
from support.chaos.truce import Truce
from support.chaos.users import PATIENCE, Users

_UNLIMITED: Final = 1_000_000
_SHOWN: Final = 20


class Chaos:
    """A system to fight over. Enter, `fight` as often as you like, and leave: what was wrong is raised."""

    def __init__(
        self,
        seed: int,
        *,
        limit: int = _UNLIMITED,
        root_limit: int = _UNLIMITED,
        guardians: bool = False,
    ) -> None:
        """Supervisors give up after `limit` restarts, and actors below none after `root_limit`.

        With `guardians`, guardians are shot at too.
        """
        self.restarts: dict[str, list[float]] = {"alone": [], "in groups": []}
        """How long they took, from the death to the end of `on_start`, in seconds."""
        self.given_up: list[str] = []
        """Who was restarted too often."""
        self.footprints: list[Footprint] = []
        """What the system took after each fight."""
        self._may_stop = min(limit, root_limit) < _UNLIMITED
        self._chance = random.Random(seed)
        self._directory = Path(tempfile.mkdtemp(prefix="chaos-", dir=rundirectory.base()))
        self._ledger = Ledger(ledger(self._directory, "application"))
        self._guardians = guardians
        self._system = ActorSystem(
            "chaos", max_restarts=root_limit, within=WITHIN, max_guardian_restarts=_UNLIMITED
        )
        self._army = Army(self._system, self._directory, limit)
        self._answered: set[str] = set()

    def __enter__(self) -> Self:
        try:
            self._system.start()
            self._events = threading.Thread(target=self._follow, args=(self._system.events(),))
            self._events.start()
            self._army.muster()
            posts = self._army.posts
            self.fire = Fire(
                self._system, posts.values(), self._ledger, self._chance, guardians=self._guardians
            )
            self._truce = Truce(self._system, posts, self._ledger, self._chance, may_stop=self._may_stop)
            self._truce.hold()  # by which everyone's mailbox is open here
        except BaseException:
            self._end()
            raise
        return self

    def fight(self, seconds: float, kills: int = _UNLIMITED) -> None:
        """Fight for so long, or until there were so many kills in all, and come to rest."""
        users = Users(self._army, self._ledger, self._chance)
        users.start()
        try:
            self.fire.shoot(time.monotonic() + seconds, kills)
        finally:
            users.stop()
        self._answered = self._truce.hold()
        self.footprints.append(footprint.measure(self._system))
        for growth in footprint.growth(self.footprints[0], self.footprints[-1]):
            self._ledger.problem(growth)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._system.stop()
        self._events.join(PATIENCE)
        try:
            self.oracle = Oracle(
                self._directory, self._answered, may_stop=self._may_stop, may_lose=self._guardians
            )
            problems = list(self.oracle.problems())
        finally:
            self._end()
        if kind is None:
            assert not problems, "\n".join(problems[:_SHOWN])

    def _follow(self, events: EventStream) -> None:
        for event in events:
            if isinstance(event, ActorStarted) and event.incarnation:
                kind = "alone" if falls_alone(event.actor.path) else "in groups"
                self.restarts[kind].append(event.after)
            elif isinstance(event, RestartLimitReached):
                self.given_up.append(event.actor.path)

    def _end(self) -> None:
        self._system.stop()
        self._ledger.close()
        shutil.rmtree(self._directory, ignore_errors=True)
