"""Lent: a stream that others hold, and whose end somebody waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable

from kregistry.core.pod.streams import Closing


class Lent(Closing):
    """Tells when it is closed. A subclass calls :meth:`_returned` at the end of ``close``."""

    def __init__(self) -> None:
        self._calls_lock = threading.Lock()
        self._calls: list[Callable[[], None]] | None = []

    def on_close(self, call: Callable[[], None]) -> None:
        """Call *call* once when the stream is closed, at once if it is already. Any thread."""
        with self._calls_lock:
            if self._calls is not None:
                self._calls.append(call)
                return
        call()

    def _returned(self) -> None:
        with self._calls_lock:
            calls, self._calls = self._calls, None
        for call in calls or ():
            call()
