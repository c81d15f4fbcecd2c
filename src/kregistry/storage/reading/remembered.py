"""Remembered: what was found out about versions of keys, and is worth keeping for a while."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Generic, TypeVar

from kregistry.storage.backend import Record

V = TypeVar("V")


class Remembered(Generic[V]):
    """Something about the newest known version of each key; of so many keys at most.

    There are two generations. What is asked for moves to the young one; when that is half of
    what may be kept, it becomes the old one, and what nobody asked for meanwhile is gone. So
    nothing is moved for a hit in the young one, which is one lookup without a lock (0.2 us),
    and dropping costs nothing per entry.

    Args:
        capacity: Keys that are remembered at most, one more if that is odd; 0 remembers nothing.
    """

    __slots__ = ("_half", "_lock", "_old", "_young")

    def __init__(self, capacity: int) -> None:
        self._half = (capacity + 1) // 2
        self._lock = threading.Lock()
        self._young: dict[str, tuple[int, V]] = {}
        self._old: dict[str, tuple[int, V]] = {}

    def __bool__(self) -> bool:
        return bool(self._young or self._old)

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())

    def get(self, key: str, revision: int) -> V | None:
        """What is remembered about *key* as of *revision*, its ``mod_revision``."""
        entry = self._young.get(key)
        if entry is None:
            entry = self._old.get(key)
            if entry is None:
                return None
            if entry[0] == revision:
                return self.add(key, revision, entry[1])
        return entry[1] if entry[0] == revision else None

    def find(self, records: Sequence[Record]) -> list[V | None]:
        """:meth:`get` for many, at 0.2 us each."""
        young = self._young.get
        return [
            entry[1]
            if (entry := young(record.key)) is not None and entry[0] == record.mod_revision
            else self.get(record.key, record.mod_revision)
            for record in records
        ]

    def add(self, key: str, revision: int, value: V) -> V:
        """Remember *value*, unless something is remembered about that version already.

        Returns:
            What is remembered: the same for all who come at the same time.
        """
        if not self._half:
            return value
        with self._lock:
            known = self._young.get(key)
            if known is not None and known[0] >= revision:
                return known[1] if known[0] == revision else value
            older = self._old.get(key)
            if older is not None and older[0] == revision:
                value = older[1]
            if known is None and len(self._young) >= self._half:
                self._old, self._young = self._young, {}
            self._young[key] = (revision, value)
        return value

    def forget(self, key: str) -> None:
        """Nothing is stored under *key* any more."""
        with self._lock:
            self._young.pop(key, None)
            self._old.pop(key, None)
