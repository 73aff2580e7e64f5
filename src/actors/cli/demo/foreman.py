"""The foreman: the actor that hands out the files and sees to it that each is counted once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from actors import Actor, ActorCrashed, ActorRef, Request, child
from actors.cli.demo.tally import Tally
from actors.cli.demo.tokenizer import Tokenize, Tokenizer
from actors.cli.demo.totals import HowFar, SetAside, Standing

_PATIENCE: Final = 60.0
"""How many seconds one file may take."""
_POISON: Final = 2
"""How many segfaults make a file poison. SIGKILL is nothing that a file can do, so it does not count."""
_AHEAD: Final = 2
"""How many questions a tokenizer has: one in hand, one that waits in its mailbox and outlives it."""


class Crawl(Request[Standing]):
    """Ask the foreman to have files counted; the answer is the totals when all are done."""

    files: tuple[str, ...]


class Foreman(Actor):
    """Keeps its tokenizers busy, and asks again what one has died of."""

    def __init__(self, workers: int, totals: ActorRef) -> None:
        self.workers = workers
        self.totals = totals
        self.crew: list[ActorRef] = []

    def on_start(self) -> None:
        for number in range(1, self.workers + 1):
            self.crew.append(self.context.spawn(child(Tokenizer), name=f"tokenizer-{number}"))

    async def receive(self, message: Crawl) -> Standing:
        files = iter(message.files)
        async with asyncio.TaskGroup() as group:
            for tokenizer in self.crew * _AHEAD:
                group.create_task(self._feed(tokenizer, files))
        # One sender's messages arrive in order, so the totals have heard of every file by now.
        return await self.totals.ask_async(HowFar(), timeout=_PATIENCE)

    async def _feed(self, tokenizer: ActorRef, files: Iterator[str]) -> None:
        """Hand one file after the other to a tokenizer; all feeders draw from the same heap."""
        for path in files:
            self.totals.tell(await self._count(tokenizer, path))

    async def _count(self, tokenizer: ActorRef, path: str) -> Tally | SetAside:
        """Ask until there is an answer: counting twice does no harm, and a dead tokenizer comes back."""
        segfaults = 0
        while segfaults < _POISON:
            try:
                return await tokenizer.ask_async(Tokenize(path=path), timeout=_PATIENCE)
            except ActorCrashed as crash:
                segfaults += "SIGSEGV" in str(crash.reason)
        return SetAside(path=path)
