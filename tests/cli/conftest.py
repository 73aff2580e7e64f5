"""A tree of sources small enough to be counted often."""

from pathlib import Path

import pytest

FILES = 90


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sources of about ten milliseconds each, two that are no Python, and some that do not count."""
    root = tmp_path_factory.mktemp("tree")
    (root / "package").mkdir()
    for number in range(FILES):
        below = root / "package" if number % 2 else root
        (below / f"module_{number}.py").write_text(f"value = [{number}, 2, 3]  # a comment\n" * 600)
    (root / "unfinished.py").write_text("value = [")
    (root / "encoding.py").write_bytes(b"# coding: no-such-encoding\n")
    (root / "directory.py").mkdir()
    (root / "text.txt").write_text("no source\n")
    (root / "site-packages").mkdir()
    (root / "site-packages" / "installed.py").write_text("pass\n")
    return root
