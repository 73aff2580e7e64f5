"""Run directories: where mailboxes live, and how none is left behind.

A run directory belongs to one user (mode 0700) and is held by every process that uses it: each hold is
a shared `flock`, which the kernel drops when the last copy of its descriptor is closed, however the
process ends. Who takes the lock exclusively knows that nobody is left, and removes the directory.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import stat
import tempfile
from functools import cache
from pathlib import Path

from actors.runtime.descriptor import beyond_standard

ENVIRONMENT = "ACTORS_RUN_DIRECTORY"
"""Names the directory in which run directories are made, instead of ``/dev/shm``."""

_SPILL = "spill"
_TOKEN_BYTES = 6


def base() -> Path:
    """Where run directories are made: memory if the machine offers it, else the temporary directory."""
    chosen = os.environ.get(ENVIRONMENT)
    if chosen:
        return Path(chosen).absolute()
    memory = Path("/dev/shm")  # noqa: S108 - the point of it: a tmpfs; what we make in it is mode 0700
    return memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


def spill_base() -> Path:
    """Where large messages go when `base` is full."""
    return Path(tempfile.gettempdir())


def spill_of(path: Path) -> Path:
    """Where what does not fit into the run directory at `path` goes.

    Settled when the directory is made, as processes may disagree about the temporary directory, and not
    to be guessed by other users. If the run directory is gone, so is this place.
    """
    try:
        return Path(os.readlink(path / _SPILL))
    except OSError:
        return path / _SPILL


def _prefix() -> str:
    return f"actors-{os.getuid()}-"


def _spill_suffix(base: Path) -> str:
    """Ends the names of the spill directories that belong to run directories in `base`, and no others."""
    status = base.stat()
    return f"-{status.st_dev:x}.{status.st_ino:x}-spill"


class RunDirectory:
    """One process's hold on a run directory.

    The hold is shared with forked children, as its descriptor is; `release` gives up this process's
    part, and whoever releases last removes the directory.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def create(cls) -> RunDirectory:
        """Make a new, empty run directory and hold it."""
        while True:
            path = base() / f"{_prefix()}{secrets.token_hex(_TOKEN_BYTES)}"
            path.mkdir(mode=0o700)
            try:
                hold = cls.hold(path)
            except FileNotFoundError:  # swept in the instant before it was held
                continue
            except BaseException:
                path.rmdir()
                raise
            hold._settle_spill()
            return hold

    @classmethod
    def hold(cls, path: Path) -> RunDirectory:
        """Hold an existing run directory.

        Raises `FileNotFoundError` if it is gone or going, `PermissionError` if it is another user's.
        """
        descriptor = beyond_standard(
            os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        )
        try:
            return cls._held(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise

    @classmethod
    def adopt(cls, path: Path, descriptor: int) -> RunDirectory:
        """Take over a hold whose descriptor came from another process."""
        os.set_inheritable(descriptor, False)
        return cls(path, descriptor)

    @classmethod
    def _held(cls, path: Path, descriptor: int) -> RunDirectory:
        status = os.fstat(descriptor)
        if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
            raise PermissionError(f"{path} is not a private directory of this user")
        if not _lock(descriptor, fcntl.LOCK_SH) or os.fstat(descriptor).st_nlink == 0:
            raise FileNotFoundError(f"{path} is gone")
        return cls(path, descriptor)

    def _settle_spill(self) -> None:
        name = f"{self.path.name}.{secrets.token_hex(_TOKEN_BYTES)}{_spill_suffix(self.path.parent)}"
        try:
            (self.path / _SPILL).symlink_to(spill_base().absolute() / name)
        except BaseException:
            self.release()
            raise

    @property
    def spill(self) -> Path:
        """Where what does not fit goes; made by whoever needs it first."""
        return spill_of(self.path)

    def fileno(self) -> int:
        """The descriptor that carries the hold; pass it on to share the hold with a new process."""
        return self._descriptor

    def release(self) -> None:
        """Give up this process's hold; remove the directory if nobody else holds it."""
        self.disown()
        _remove_unheld(self.path)

    def disown(self) -> None:
        """Give up this process's hold and leave the directory to the others."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def remove(self) -> None:
        """Remove the directory, whoever holds it."""
        _remove(self.path)


def found() -> list[Path]:
    """The run directories of this user, whoever holds them, if anybody does."""
    return sorted(base().glob(_prefix() + "[0-9a-f]" * 2 * _TOKEN_BYTES))


def sweep() -> None:
    """Remove the run directories of this user that no living process holds."""
    for path in found():
        _remove_unheld(path)
    for spill in spill_base().glob(f"{_prefix()}*{_spill_suffix(base())}"):
        if not (base() / spill.name.partition(".")[0]).exists():
            shutil.rmtree(spill, ignore_errors=True)


@cache
def sweep_once() -> None:
    """`sweep` at the first call of this process."""
    sweep()


def is_held(path: Path) -> bool:
    """Whether any living process uses a run directory; one that nobody uses is removed."""
    _remove_unheld(path)
    return path.exists()


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove_unheld(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if os.fstat(descriptor).st_uid == os.getuid() and _lock(descriptor, fcntl.LOCK_EX):
            _remove(path)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    spill = spill_of(path)
    shutil.rmtree(path, ignore_errors=True)
    shutil.rmtree(spill, ignore_errors=True)
