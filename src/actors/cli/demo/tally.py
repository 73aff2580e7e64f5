"""Tallies: what is counted, and how."""

from __future__ import annotations

import tokenize

from actors import Message


class Tally(Message):
    """How much has been counted. Tallies add up, in any order."""

    files: int = 0
    lines: int = 0
    tokens: int = 0
    skipped: int = 0
    """Files that are no valid Python, such as test data; they count for nothing else."""

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            files=self.files + other.files,
            lines=self.lines + other.lines,
            tokens=self.tokens + other.tokens,
            skipped=self.skipped + other.skipped,
        )

    def __str__(self) -> str:
        return (
            f"{self.files:,} files, {self.lines:,} lines, {self.tokens:,} tokens ({self.skipped:,} skipped)"
        )


def count(path: str) -> Tally:
    """Tokenize a file and count it. The same file always gives the same tally, so asking twice is safe."""
    lines = tokens = 0
    try:
        with open(path, "rb") as source:
            for token in tokenize.tokenize(source.readline):
                tokens += 1
                lines = token.start[0] - 1  # the last token stands below the last line
    except (OSError, SyntaxError, ValueError, tokenize.TokenError):
        return Tally(skipped=1)
    return Tally(files=1, lines=lines, tokens=tokens)
