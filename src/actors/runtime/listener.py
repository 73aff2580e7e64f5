"""Listeners: a callback for each event, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from actors.core.events import Event
from actors.runtime import log
from actors.runtime.eventstream import EventStream


class Listener:
    """Calls back with each event of a stream, in order, until it is closed or the system has stopped.

    What the callback raises is logged, and the next event follows.
    """

    def __init__(self, stream: EventStream, callback: Callable[[Event], object]) -> None:
        self._stream = stream
        self._callback = callback
        self._open = True
        self._thread = threading.Thread(target=self._run, name="actors-listener", daemon=True)
        try:
            log.preload()
            self._thread.start()
        except BaseException:
            stream.close()
            raise

    def close(self) -> None:
        """Call back no more; return when no call is under way. May be called from the callback."""
        self._open = False
        self._stream.close()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self) -> None:
        for event in self._stream:
            if not self._open:
                return
            try:
                self._callback(event)
            except BaseException:  # noqa: BLE001 - the callback is the user's
                log.logger().exception("listener_failed", event_class=type(event).__name__)
