"""FakeClock: time that stands still until a test moves it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from kregistry.meta.clock import Clock

#: Where a fake clock starts unless told otherwise.
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


class FakeClock(Clock):
    """A clock that only :meth:`advance` and :meth:`step` move. Safe to share between threads."""

    def __init__(self, start: datetime = EPOCH) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs a time zone")
        self._lock = threading.Lock()
        self._now = start
        self._monotonic = 0.0
        self._listeners: dict[int, Callable[[], None]] = {}
        self._next = 0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass: both faces of the clock move forward.

        Raises:
            ValueError: *seconds* is negative; time that runs backwards is :meth:`step`.
        """
        if seconds < 0:
            raise ValueError("time does not pass backwards; use step")
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._monotonic += seconds
        self._tell()

    def step(self, seconds: float) -> None:
        """Set the wall clock forward or back, as an administrator does; no time passes."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
        self._tell()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call *listener* after every move, in the thread that moved the clock.

        Returns:
            What to call to end that.
        """
        with self._lock:
            token, self._next = self._next, self._next + 1
            self._listeners[token] = listener
        return lambda: self._forget(token)

    def _forget(self, token: int) -> None:
        with self._lock:
            self._listeners.pop(token, None)

    def _tell(self) -> None:
        with self._lock:
            listeners = list(self._listeners.values())
        for listener in listeners:
            listener()
