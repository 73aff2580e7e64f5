"""The tokenizer: the worker that counts one file at a time."""

from __future__ import annotations

from actors import Actor, Request
from actors.cli.demo.poison import swallow_if_poison
from actors.cli.demo.tally import Tally, count


class Tokenize(Request[Tally]):
    """Ask a tokenizer to count a file."""

    path: str


class Tokenizer(Actor):
    """Counts files. Nothing in it knows that it may be killed at any instant."""

    def receive(self, message: Tokenize) -> Tally:
        swallow_if_poison(message.path)
        return count(message.path)
