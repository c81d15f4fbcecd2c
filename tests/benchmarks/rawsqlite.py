"""Raw SQLite: the rows that the backend writes, in the same tables, with nothing around them."""

from __future__ import annotations

import sqlite3
import threading

from kregistry.storage.sqlite import schema

_GET = """
SELECT l.value, n.revision, n.created FROM newest n JOIN log l ON l.revision = n.revision
WHERE n.key = ?
"""
_RANGE = """
SELECT n.key, l.value, n.revision, n.created FROM newest n JOIN log l ON l.revision = n.revision
WHERE n.key >= ? AND n.key < ? ORDER BY n.key LIMIT ?
"""


class RawSqlite:
    """One connection to a file that has our tables.

    Args:
        path: The file; made if it is not there.
        synchronous: As the backend was told, so that both are as durable.
    """

    def __init__(self, path: str, synchronous: str = "full") -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(f"PRAGMA synchronous = {synchronous}")
        schema.create(self._db)
        (self._revision,) = self._db.execute("SELECT revision FROM store").fetchone()
        self._lock = threading.Lock()

    def put(self, key: bytes, value: bytes) -> int:
        """A new key, in a transaction of its own."""
        execute = self._db.execute
        self._revision += 1
        revision = self._revision
        execute("BEGIN IMMEDIATE")
        execute("INSERT INTO log VALUES (?, ?, 0, ?, ?)", (revision, key, revision, value))
        execute("INSERT INTO newest VALUES (?, ?, ?, NULL)", (key, revision, revision))
        execute("UPDATE store SET revision = ? WHERE id = 1", (revision,))
        execute("COMMIT")
        return revision

    def put_in_turn(self, key: bytes, value: bytes) -> int:
        """The same by one of many threads."""
        with self._lock:
            return self.put(key, value)

    def get(self, key: bytes) -> tuple[bytes, int, int]:
        """Value and revisions of a key."""
        found: tuple[bytes, int, int] = self._db.execute(_GET, (key,)).fetchone()
        return found

    def range(self, start: bytes, end: bytes, limit: int = -1) -> list[tuple[bytes, ...]]:
        """Keys with values and revisions, in order."""
        return self._db.execute(_RANGE, (start, end, limit)).fetchall()

    def close(self) -> None:
        """Give the file back."""
        self._db.close()
