"""The army: thirty soldiers below five supervisors of all strategies, one below another, and some alone."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import attrs

from actors import ActorRef, ActorSystem, AskTimeout, ChildSpec, Strategy, Supervisor, child
from support.chaos.cast import AsyncSoldier, Soldier, role_word
from support.chaos.role import Role, RoleWord

WITHIN: Final = 5.0
"""The window in which restarts count towards the limit, in seconds."""
_BOUND: Final = 200
_ALONE: Final = 4


@attrs.frozen
class Post:
    """Where a soldier stands."""

    ref: ActorRef
    word: RoleWord

    @property
    def path(self) -> str:
        return self.ref.path

    def role(self, system: ActorSystem) -> tuple[int, Role] | None:
        """Its process, if it has one, and what that is doing."""
        pid = system.pid(self.ref)
        return None if pid is None else (pid, self.word.of(pid))


class Army:
    """The soldiers of a system; their ledgers are in one directory."""

    def __init__(self, system: ActorSystem, directory: Path, limit: int) -> None:
        """Each supervisor takes so many restarts within `WITHIN` seconds."""
        self.posts: dict[str, Post] = {}
        self._system = system
        self._directory = directory
        self._limit = limit
        self._paths: list[str] = []

    def muster(self) -> None:
        """Start them all."""
        inner = self._family("outer/inner", Strategy.ONE_FOR_ALL, 5)
        families = (
            self._family("one", Strategy.ONE_FOR_ONE, 8),
            self._family("rest", Strategy.REST_FOR_ONE, 6),
            self._family("all", Strategy.ONE_FOR_ALL, 5),
            self._family("outer", Strategy.REST_FOR_ONE, 6, inner),
        )
        alone = [self.soldier(f"alone{number}") for number in range(_ALONE)]
        for spec in (*families, *alone):
            self._system.spawn(spec)
        self.posts = {path: self._post(path) for path in self._paths}

    def guest(self, name: str) -> ActorRef:
        """Start another soldier, whom nobody knows."""
        return self._system.spawn(self._soldier(name))

    def dismiss(self, name: str) -> None:
        """Stop a guest that may be there, or not, after the death of a guardian."""
        with suppress(AskTimeout):
            for ref in self._system.children():
                if ref.path == name:
                    ref.stop()

    def soldier(self, path: str, cls: type[Soldier] = Soldier) -> ChildSpec[Soldier]:
        self._paths.append(path)
        return self._soldier(path, cls)

    def _soldier(self, path: str, cls: type[Soldier] = Soldier) -> ChildSpec[Soldier]:
        name = path.rpartition("/")[2]
        return child(cls, str(ledger(self._directory, path))).options(name=name, shutdown=0.5)

    def _family(
        self, path: str, how: Strategy, count: int, *supervisors: ChildSpec[Any]
    ) -> ChildSpec[Supervisor]:
        """A supervisor of soldiers: the first is asynchronous, the second has a bounded mailbox."""
        first = self.soldier(f"{path}/a", AsyncSoldier)
        second = self.soldier(f"{path}/b").options(mailbox_size=_BOUND)
        others = [self.soldier(f"{path}/{name}") for name in "cdefgh"[: count - 2]]

        class Family(Supervisor):
            strategy = how
            max_restarts, within = self._limit, WITHIN
            children = (first, second, *supervisors, *others)

        return child(Family).options(name=path.rpartition("/")[2])

    def _post(self, path: str) -> Post:
        word = RoleWord(role_word(ledger(self._directory, path)))
        return Post(self._system.ref(path), word)


def falls_alone(path: str) -> bool:
    """Whether nobody is restarted with a soldier."""
    return path.startswith(("one/", "alone"))


def ledger(directory: Path, path: str) -> Path:
    """Where an actor's ledger is."""
    return directory / f"{path.replace('/', '.')}.ledger"


def writer(ledger: Path) -> str:
    """Whose ledger it is."""
    return ledger.stem.replace(".", "/")
