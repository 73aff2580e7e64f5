"""The users: the threads and event loops of the application, which send, ask, spawn and stop."""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from actors import ActorRef, MailboxFull, StartError
from support.chaos.army import Army, Post
from support.chaos.asker import Asker
from support.chaos.ledger import Ledger
from support.chaos.mail import Bear, Poke, Sender

PATIENCE: Final = 40.0
"""How long anything may take that has to come to its end, in seconds."""
_PACE: Final = 0.01
_TOLD_AT_ONCE: Final = 10
_ASKED_AT_ONCE: Final = 10
_GUESTS_MAIL: Final = 20
_TOLD_AGAIN: Final = 5.0
"""After how many seconds a guest is told to stop once more."""
_NUMBERS: Final = itertools.count()


class Users:
    """Use an army from several threads at once, and write down how it was."""

    def __init__(self, army: Army, ledger: Ledger, chance: random.Random) -> None:
        self._army = army
        self._posts = list(army.posts.values())
        self._ledger = ledger
        self._over = threading.Event()
        parts = (self._poke, self._poke, self._ask, self._ask_async, self._come_and_go)
        self._threads = [
            threading.Thread(target=self._guarded, args=(part, random.Random(chance.random())))
            for part in parts
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Come to an end."""
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE)
            if thread.is_alive():
                self._ledger.problem(f"{thread.name} hangs")

    def _guarded(self, part: Callable[[random.Random], None], chance: random.Random) -> None:
        try:
            part(chance)
        except BaseException as error:
            self._ledger.problem(f"{part.__name__}: {error!r}")
            raise

    def _poke(self, chance: random.Random) -> None:
        sender = Sender(f"root{next(_NUMBERS)}", chance)
        while not self._over.wait(_PACE):
            by, to = chance.sample(self._posts, 2)
            poke = Poke(to=to.ref, count=chance.randrange(20), ask=chance.random() < 0.05)
            with suppress(MailboxFull):
                by.ref.tell(Bear() if chance.random() < 0.05 else poke)
            sender.send(to.ref, _TOLD_AT_ONCE)
        for receiver, count in sender.sent.items():
            self._ledger.sent(sender.name, receiver, count)

    def _ask(self, chance: random.Random) -> None:
        asker = Asker(f"root{next(_NUMBERS)}", chance)
        while not self._over.is_set():
            ask = chance.choice((asker.ask, asker.ask_future))
            self._ledger.asked(ask(chance.choice(self._posts).ref))

    def _ask_async(self, chance: random.Random) -> None:
        asker = Asker(f"root{next(_NUMBERS)}", chance)

        async def one(post: Post) -> None:
            self._ledger.asked(await asker.ask_async(post.ref))

        async def many() -> None:
            while not self._over.is_set():
                await asyncio.gather(*map(one, chance.choices(self._posts, k=_ASKED_AT_ONCE)))

        asyncio.run(many())

    def _come_and_go(self, chance: random.Random) -> None:
        """Spawn actors that nobody shoots at, and stop them in order: these must miss nothing."""
        while not self._over.wait(_PACE):
            name = f"guest{next(_NUMBERS)}"
            try:
                guest = self._army.guest(name)
            except StartError:  # its guardian was killed meanwhile; it may be there all the same
                self._army.dismiss(name)
                continue
            sender = Sender(name, chance)
            sender.send(guest, _GUESTS_MAIL)
            drained = chance.random() < 0.5
            guest.stop(drain=drained)
            if not self._has_gone(guest):
                self._ledger.problem(f"{name} does not stop")
            if drained:
                self._ledger.sent(name, name, sender.sent[name])

    def _has_gone(self, guest: ActorRef) -> bool:
        """Whether a guest that was told to stop does; what a guardian died with is told again."""
        end = time.monotonic() + PATIENCE
        while not guest.join(_TOLD_AGAIN):
            if time.monotonic() > end:
                return False
            guest.stop()
        return True
