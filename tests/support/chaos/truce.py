"""The truce: nobody shoots and nobody sends, and what is left comes to rest."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from actors import (
    ActorCrashed,
    ActorRef,
    ActorStopped,
    ActorSystem,
    AskTimeout,
    HandlerError,
    MailboxFull,
    NoSuchActor,
)
from support.chaos.army import Post
from support.chaos.asker import Asker
from support.chaos.ledger import Ledger
from support.chaos.users import PATIENCE

_ATTEMPTS: Final = 200
"""How often an actor may fall over what still waits for it."""


class Truce:
    """Brings an army to rest."""

    def __init__(
        self,
        system: ActorSystem,
        posts: Mapping[str, Post],
        ledger: Ledger,
        chance: random.Random,
        *,
        may_stop: bool,
    ) -> None:
        """Whether an actor `may_stop` for good: else it is a problem that one has."""
        self._may_stop = may_stop
        self._system = system
        self._posts = posts
        self._ledger = ledger
        self._asker = Asker("truce", chance)

    def hold(self) -> set[str]:
        """Wait until everyone has dealt with all that was sent from here, or is gone; who has answered.

        To look who is there later would not tell: a family gives up actor by actor.
        """
        answered = {path for path, post in self._posts.items() if self._answers(post.ref)}
        self._see_off()
        self._look_for_strays()
        return answered

    def _answers(self, ref: ActorRef) -> bool:
        for _ in range(_ATTEMPTS):
            question = self._asker.question(ref)
            try:
                result: int | Exception = ref.ask(question.check, timeout=PATIENCE)
            except (ActorCrashed, MailboxFull, HandlerError):
                continue
            except ActorStopped:
                self._expect_gone(ref)
                return False
            except AskTimeout as error:
                result = error
            if question.ended(result).outcome == "reply":
                return True
            break
        self._ledger.problem(f"{ref.path} does not answer any more")
        return False

    def _expect_gone(self, ref: ActorRef) -> None:
        """Of an actor that is removed its questions end first; then its name is free, then `join` returns.

        A second `join` is answered when all who went with it are gone, too.
        """
        if not self._may_stop:
            self._ledger.problem(f"{ref.path} has stopped, though nobody stopped it")
        elif not (ref.join(PATIENCE) and ref.join(PATIENCE)):
            self._ledger.problem(f"{ref.path} has stopped, and does not go")
        elif ref.path in self._system.names():
            self._ledger.problem(f"{ref.path} is gone, and keeps its name")

    def _see_off(self) -> None:
        """Wait for the end of those that have been told to stop."""
        for name in self._system.names():
            if name.rpartition("/")[2].startswith("Recruit"):
                with suppress(NoSuchActor):
                    if not self._system.ref(name).join(PATIENCE):
                        self._ledger.problem(f"{name} does not stop")

    def _look_for_strays(self) -> None:
        directories = {entry.name for entry in self._system.directory.iterdir() if entry.name.isdigit()}
        actors = {str(self._system.ref(name).address.id) for name in self._system.names()}
        strays = directories - actors - {"0", "1"}
        if strays:
            self._ledger.problem(f"directories without actors: {strays}")
