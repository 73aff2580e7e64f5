"""The custodian: a thread of the application that waits for the guardian's end, and replaces it."""

from __future__ import annotations

import os
import select
import threading
import time
from math import inf
from typing import TYPE_CHECKING, Any, Final

from actors.core.errors import ActorsError, AskTimeout, Rejected
from actors.core.glance import reason
from actors.core.policy import Intensity
from actors.core.protocol import Hello, Rebuild
from actors.runtime.deadline import moment, over
from actors.runtime.descriptor import Descriptor
from actors.runtime.lane import PAUSE

if TYPE_CHECKING:
    from actors.runtime.session import Session


_NO_OTHER: Final = "its guardian was killed, and no other can take over"


class _Died(Exception):
    """The new guardian has ended before it had taken over."""


class _Impossible(Exception):
    """No guardian could be executed for as long as one may take to boot."""


class Custodian(threading.Thread):
    """Sleeps until the guardian ends. Then it has the session go on with a new one, or end."""

    def __init__(self, session: Session, intensity: Intensity, patience: float) -> None:
        """Replace the guardian as often as `intensity` allows; each may take `patience` seconds to boot."""
        super().__init__(name="actors-custodian", daemon=True)
        self._session = session
        self._intensity = intensity
        self._patience = patience
        self._replaced: list[float] = []

    def run(self) -> None:
        """Live as long as the session, and no longer hold it."""
        session = self._session
        try:
            if self._has_begun(session):
                self._see_to(session)
        finally:
            session.guardian.kill()  # if it lives, as it cannot serve or by a fault of ours
            session.finish()
            del self._session

    def _has_begun(self, session: Session) -> bool:
        """Wait until the first guardian serves; if it does not, have the session say why."""
        try:
            self._ask(Hello(), self._patience)
        except Rejected as error:
            session.farewell = error.reason
        except AskTimeout:
            session.farewell = f"its guardian was not ready after {self._patience:g} s"
        except _Died:  # its obituary says it
            pass
        except (ActorsError, OSError, RuntimeError) as error:
            session.farewell = reason(error)
        else:
            session.resume()
            return True
        return False

    def _see_to(self, session: Session) -> None:
        session.guardian.wait()
        while session.wants_guardian and self._may_replace():
            try:
                self._execute(session)
                self._hand_over(session)
            except Rejected as error:  # no guardian will be able to
                session.farewell = f"{_NO_OTHER}: {error.reason}"
                return
            except _Impossible as error:  # or it has been told to stop meanwhile, and said so
                session.farewell = session.farewell or f"{_NO_OTHER}: {error}"
                return
            except (_Died, ActorsError, OSError, RuntimeError):
                session.guardian.kill()
            session.guardian.wait()

    def _execute(self, session: Session) -> None:
        """Execute another guardian: what there is no descriptor, memory or room for, there may be later."""
        until = moment(self._patience)
        while True:
            try:
                session.interrupt()
            except OSError as error:
                if over(until) or not session.wants_guardian:
                    raise _Impossible(str(error)) from error
                time.sleep(PAUSE)
            else:
                return

    def _may_replace(self) -> bool:
        now = time.monotonic()
        if not self._intensity.allows(self._replaced, now):
            return False
        self._replaced = [*self._intensity.recent(self._replaced, now), now]
        return True

    def _hand_over(self, session: Session) -> None:
        self._ask(Hello(), self._patience)
        for request in session.subscriptions():
            self._ask(request, self._patience)
        self._ask(Rebuild(), inf)
        session.resume()

    def _ask(self, request: Any, timeout: float) -> None:
        """Ask the guardian, and notice its end, for which nobody else looks meanwhile."""
        endpoint = self._session.endpoint
        answered = Descriptor(os.eventfd(0, os.EFD_CLOEXEC))
        future = endpoint.ask_future(endpoint.guardian, request, timeout)
        future.add_done_callback(lambda _: os.eventfd_write(answered.number, 1))
        poll = select.poll()
        for descriptor in (answered, self._session.guardian):
            poll.register(descriptor, select.POLLIN)
        poll.poll()
        if not future.done():
            endpoint.end_asks(self._session.last_exit)
            raise _Died
        future.result()
