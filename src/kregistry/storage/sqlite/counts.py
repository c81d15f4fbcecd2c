"""Counts: how many keys a range holds, without counting them again for every page."""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from typing import NamedTuple

_NOW = "SELECT count(*) FROM newest WHERE key >= ? AND key < ? AND created > 0"
# A key appears with a version that is its own creation, and goes with one that has none.
_APPEARED = """
SELECT coalesce(sum((created = revision) - (created = 0)), 0) FROM log
WHERE revision > ? AND revision <= ? AND key >= ? AND key < ?
"""
_KEPT = 256
# Going through so many changes costs about as much as counting five times as many keys.
_FAR = 2000
_FAR_PART = 5

Bounds = tuple[bytes, bytes]


class _Count(NamedTuple):
    revision: int
    keys: int


class Counts:
    """Remembers counts, and brings them to another revision by what changed in between."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[Bounds, _Count] = OrderedDict()

    def count(
        self, cursor: sqlite3.Cursor, bounds: Bounds, revision: int, *, newest: int, compacted: int
    ) -> int:
        """How many keys there were.

        Args:
            cursor: In a transaction.
            bounds: First key, and first key after the range.
            revision: When.
            newest: The store's revision, in that transaction.
            compacted: The store's compacted revision, likewise.
        """
        known = self._recall(bounds)
        if (
            known is None
            or not compacted <= known.revision <= newest  # newest: this transaction sees no more
            or abs(revision - known.revision) > max(_FAR, known.keys // _FAR_PART)
        ):
            known = _Count(newest, cursor.execute(_NOW, bounds).fetchone()[0])
        keys = known.keys
        if known.revision < revision:
            keys += _appeared(cursor, known.revision, revision, bounds)
        elif known.revision > revision:
            keys -= _appeared(cursor, revision, known.revision, bounds)
        self.remember(bounds, revision, keys)
        return keys

    def remember(self, bounds: Bounds, revision: int, keys: int) -> None:
        """Take note of a count."""
        with self._lock:
            self._known[bounds] = _Count(revision, keys)
            self._known.move_to_end(bounds)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)

    def _recall(self, bounds: Bounds) -> _Count | None:
        with self._lock:
            return self._known.get(bounds)


def _appeared(cursor: sqlite3.Cursor, after: int, upto: int, bounds: Bounds) -> int:
    return int(cursor.execute(_APPEARED, (after, upto, *bounds)).fetchone()[0])
