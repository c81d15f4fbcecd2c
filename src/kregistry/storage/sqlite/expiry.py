"""Expiry: when a key's time is up, it is deleted like any other key, with a revision."""

from __future__ import annotations

import threading

from kregistry.meta.clock import Clock

#: Seconds by which a clock that was set forward brings deadlines nearer at one look,
FORWARD_STEP = 60.0
#: and the seconds that must pass between two such steps.
FORWARD_PAUSE = 1.0

#: Keys that are due, oldest first.
DUE = """
SELECT CAST(key AS TEXT), revision FROM newest INDEXED BY expiring
WHERE expires IS NOT NULL AND expires <= ? ORDER BY expires LIMIT ?
"""
#: Keys of a range that are going to be due, and when.
EXPIRING = """
SELECT CAST(key AS TEXT), expires FROM newest
WHERE key >= ? AND key < ? AND expires IS NOT NULL
"""
#: When the next key is due.
NEXT = "SELECT min(expires) FROM newest INDEXED BY expiring WHERE expires IS NOT NULL"


class SteadyClock:
    """Wall time for deadlines that outlive the process, deaf to clocks being set.

    Within a process time passes as the monotonic clock says. A wall clock set back changes
    nothing; one set forward (or a machine that slept) is followed, but only so far at each
    look, so that one wrong second does not expire everything.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._time = clock.now().timestamp()
        self._last = clock.monotonic()
        self._next_step = self._last

    def now(self) -> float:
        """Seconds since the epoch."""
        with self._lock:
            self._pass()
            return self._time

    def adjust(self) -> float:
        """Follow the wall clock a step forward, if it is ahead. For the sweeper.

        Returns:
            Seconds by which it is still ahead.
        """
        with self._lock:
            self._pass()
            ahead = max(self._clock.now().timestamp() - self._time, 0.0)
            if self._last >= self._next_step:
                step = min(ahead, FORWARD_STEP)
                self._time += step
                ahead -= step
                self._next_step = self._last + FORWARD_PAUSE
            return ahead

    def _pass(self) -> None:
        monotonic = self._clock.monotonic()
        self._time += max(monotonic - self._last, 0.0)
        self._last = monotonic
