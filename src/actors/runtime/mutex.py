"""A mutex: a lock that is free again whenever a `with` has been left, however it was entered."""

from __future__ import annotations

from _thread import RLock


class Mutex(RLock):  # type: ignore[misc]  # final for type checkers only
    """A lock for `with`; reentrant, as a signal handler may send and ask, too.

    One that raises, as Ctrl-C does, may do so when the lock has been acquired and the body of the `with`
    has not begun: CPython 3.14 leaves its own locks locked for ever then.
    """

    __slots__ = ()

    def __enter__(self) -> bool:  # type: ignore[override]
        try:
            return self.acquire()
        except BaseException:
            try:  # noqa: SIM105 - `suppress` would be a call, in which a handler could raise again
                self.release()
            except RuntimeError:  # it was waiting, and had not acquired it
                pass
            raise
