"""ExpiringKeys: which keys have a time to live, and when it is up."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Mapping

from kregistry.meta.clock import Clock

_SLACK = 1000


class ExpiringKeys:
    """Keys and the moments at which they are due. Safe to share between threads.

    A key is known by the revision of the write that gave it its time; a later write of the key
    gives it another one, or takes it away.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._heap: list[tuple[float, int, str]] = []
        self._keys: dict[str, tuple[int, float]] = {}

    def set(self, key: str, revision: int, ttl: float | None) -> None:
        """The key was written at *revision*, to live *ttl* seconds; None for ever."""
        if ttl is None and not self._keys:
            return
        with self._lock:
            known = self._keys.get(key)
            if known is not None and known[0] > revision:
                return  # an older write, told late
            if ttl is None:
                self._keys.pop(key, None)
                return
            self._add(key, revision, self._clock.monotonic() + ttl)

    def take(self, limit: int) -> list[tuple[str, int]]:
        """Keys that are due, with their revisions, the longest overdue first.

        They have no time left until somebody says :meth:`done`, or gives them back.
        """
        now = self._clock.monotonic()
        due: list[tuple[str, int]] = []
        with self._lock:
            while self._heap and self._heap[0][0] <= now and len(due) < limit:
                _, revision, key = heapq.heappop(self._heap)
                known = self._keys.get(key)
                if known is not None and known[0] == revision:
                    due.append((key, revision))
        return due

    def done(self, key: str, revision: int) -> None:
        """What :meth:`take` handed out is deleted, or somebody else has written it."""
        with self._lock:
            known = self._keys.get(key)
            if known is not None and known[0] == revision:
                del self._keys[key]

    def give_back(self, key: str, revision: int) -> None:
        """What :meth:`take` handed out could not be dealt with: it is due again, after others."""
        with self._lock:
            known = self._keys.get(key)
            if known is not None and known[0] == revision:
                self._add(key, revision, self._clock.monotonic())

    def next(self) -> float | None:
        """Seconds until something is due; None if nothing will be."""
        with self._lock:
            return max(self._heap[0][0] - self._clock.monotonic(), 0.0) if self._heap else None

    def remaining(self, start: str, end: str) -> Mapping[str, float]:
        """Seconds left for each key of ``start <= key < end`` that has a deadline."""
        now = self._clock.monotonic()
        with self._lock:
            return {
                key: max(deadline - now, 0.0)
                for key, (_, deadline) in self._keys.items()
                if start <= key < end
            }

    def _add(self, key: str, revision: int, deadline: float) -> None:
        self._keys[key] = (revision, deadline)
        heapq.heappush(self._heap, (deadline, revision, key))
        if len(self._heap) > 2 * len(self._keys) + _SLACK:  # those that later writes have moved
            self._heap = [(at, rev, key) for key, (rev, at) in self._keys.items()]
            heapq.heapify(self._heap)
