"""Orders: what a root process tells its guardian before it runs; kept in the run directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import attrs

from actors.core.codec import Codec
from actors.core.policy import Intensity
from actors.core.strategy import Escalation

_FILE: Final = "orders"


@attrs.frozen
class Orders:
    """How to serve a system."""

    preparation: dict[str, Any]
    """What `multiprocessing` tells a spawned process: where the main module is, ``sys.path``, …"""
    intensity: Intensity
    escalation: Escalation = Escalation.STOP_BRANCH
    spares: int = 1
    """How many processes are to wait to become actors'."""
    generation: int = 0
    """How many guardians the system has had before."""
    cause: str = ""
    """How the last of them ended."""

    def write(self, directory: Path) -> None:
        """Leave them for the guardian."""
        stream, _ = Codec().encode(attrs.asdict(self))
        (directory / _FILE).write_bytes(stream)

    @classmethod
    def read(cls, directory: Path) -> Orders:
        """Take them."""
        values: dict[str, Any] = Codec().decode((directory / _FILE).read_bytes())
        values["intensity"] = Intensity(**values["intensity"])
        return cls(**values)
