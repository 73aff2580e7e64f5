"""The asker: puts questions, and tells how they ended."""

from __future__ import annotations

import itertools
import os
import random
import time
from typing import Final

from actors import ActorRef
from support.chaos.ledger import Asked
from support.chaos.mail import Check, padding
from support.chaos.starvation import starved

TIMEOUT: Final = 0.5
"""How long an ask may take."""
_PATIENCE: Final = 40.0
"""How long to wait for a future, which ought to end before."""


class Question:
    """A question on its way to its end; its time runs from when it is made."""

    def __init__(self, check: Check, to: ActorRef) -> None:
        self.check = check
        self._to = to
        self._starved = starved()
        self._began = time.monotonic()

    def ended(self, result: int | Exception) -> Asked:
        """It has ended, just now, with this reply or error."""
        ended = time.monotonic()
        starving = max(0.0, starved() - self._starved)
        outcome = self._outcome(result)
        return Asked(self.check.question, self._to.path, os.getpid(), outcome, self._began, ended, starving)

    def _outcome(self, result: int | Exception) -> str:
        if isinstance(result, Exception):
            return type(result).__name__
        return "reply" if result == self.check.checksum else "wrong"


class Asker:
    """Asks in every way that there is; the oracle says which ends may be."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self._name = name
        self._chance = chance
        self._numbers = itertools.count()

    def question(self, to: ActorRef) -> Question:
        """A question that nobody else has asked."""
        name = f"{self._name}?{next(self._numbers)}"
        return Question(Check(question=name, padding=padding(self._chance)), to)

    def ask(self, to: ActorRef) -> Asked:
        question = self.question(to)
        try:
            return question.ended(to.ask(question.check, timeout=TIMEOUT))
        except Exception as error:
            return question.ended(error)

    def ask_future(self, to: ActorRef) -> Asked:
        question = self.question(to)
        try:
            return question.ended(to.ask_future(question.check, timeout=TIMEOUT).result(_PATIENCE))
        except Exception as error:
            return question.ended(error)

    async def ask_async(self, to: ActorRef) -> Asked:
        question = self.question(to)
        try:
            return question.ended(await to.ask_async(question.check, timeout=TIMEOUT))
        except Exception as error:
            return question.ended(error)
