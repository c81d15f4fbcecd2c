"""The one transaction at a time that changes the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType

from kregistry.meta.failpoints import Failpoints
from kregistry.storage.backend import Change, Record
from kregistry.storage.errors import RevisionMismatch, StorageFull
from kregistry.storage.sqlite import faults
from kregistry.storage.sqlite.commit import Request
from kregistry.storage.sqlite.feed import Feed
from kregistry.storage.sqlite.guard import Guard

# No statement of its own asks anything: each costs a few microseconds that every single write
# would pay. What must be so is a condition of the statement that changes it.
_CLAIM = "UPDATE store SET revision = ? WHERE id = 1 AND revision = ?"
_BUMP = "UPDATE store SET revision = ? WHERE id = 1"
_REVISION = "SELECT revision FROM store WHERE id = 1"

# A plain INSERT is half the price of one that may replace.
_POINT_FIRST = "INSERT OR IGNORE INTO newest (revision, created, expires, key) VALUES (?, ?, ?, ?)"
_APPEND = "INSERT INTO log (revision, key, previous, created, value) VALUES (?, ?, ?, ?, ?)"
_SUCCEED = """
INSERT INTO log (revision, key, previous, created, value)
SELECT ?, key, revision, created, ? FROM newest WHERE key = ? AND revision = ? AND created > 0
"""
_END = """
INSERT INTO log (revision, key, previous, created, value)
SELECT ?, key, revision, 0, NULL FROM newest WHERE key = ? AND revision = ? AND created > 0
"""
_POINT = "UPDATE newest SET revision = ?, created = ?, expires = ? WHERE key = ?"
_POINT_ON = "UPDATE newest SET revision = ?, expires = ? WHERE key = ?"
_POINTER = "SELECT revision, created FROM newest WHERE key = ?"
_VALUE = "SELECT value FROM log WHERE revision = ?"


class Writer:
    """Applies batches of requests. One thread at a time, by the caller's care.

    Args:
        connection: Opened for writing, by nobody else in this process.
        guard: Keeps other processes out, and knows whether writing is allowed at all.
        feed: Gets the changes of each committed batch, in the order of revisions.
        failpoints: Asked at each step, if given.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        guard: Guard,
        *,
        feed: Feed,
        failpoints: Failpoints | None,
    ) -> None:
        self.connection = connection
        self.transaction = Transaction(connection)
        self._cursor = connection.cursor()
        self._guard = guard
        self._writing = guard.writing("writing to")
        self._feed = feed
        self._failpoints = failpoints
        self._revision = 0  # after this process's last commit; others may have gone on

    def run(self, batch: Sequence[Request]) -> None:
        """Commit what of *batch* may be written, then publish it.

        A request whose key is not at the revision it expects is refused by itself; only the
        failure of the transaction fails them all. When there is no room, deletions are tried
        again alone, with the reserve set free.
        """
        try:
            self._run(self._guard.admit(batch))
        except StorageFull:
            deletions = [request for request in batch if request.value is None]
            if not deletions:
                raise
            self._refuse_puts(batch)
            self._run(deletions)

    def _refuse_puts(self, batch: Sequence[Request]) -> None:
        for request in batch:
            request.revision = 0
            request.error = None
            if request.value is not None:
                request.error = faults.full(self._guard.path)

    def _run(self, batch: Sequence[Request]) -> None:
        if not batch:
            return
        described: list[Change] | None = [] if self._feed.is_watched else None
        with self._writing:
            self._hit("sqlite.before_begin")
            with self.transaction as cursor:
                self._hit("sqlite.after_begin")
                before = self._claim(len(batch))
                after = self._apply_all(batch, before, described)
                if after == before:
                    cursor.execute("ROLLBACK")
                    return
                if after < before + len(batch):
                    cursor.execute(_BUMP, (after,))
                self._hit("sqlite.before_commit")
            self._hit("sqlite.after_commit")
        self._revision = after
        self._guard.confirm()
        self._hit("sqlite.before_publish")
        self._feed.publish(before, described)

    def _claim(self, count: int) -> int:
        """Take so many revisions; the one before them.

        Mostly nobody else wrote since this process did, so its own count is right. The file
        has the last word.
        """
        execute, before = self._cursor.execute, self._revision
        if not execute(_CLAIM, (before + count, before)).rowcount:
            (before,) = execute(_REVISION).fetchone()
            execute(_BUMP, (before + count,))
        return before

    def _apply_all(
        self, batch: Sequence[Request], revision: int, described: list[Change] | None
    ) -> int:
        for request in batch:
            write = self._replace if request.expected else self._create
            if not write(request, revision + 1):
                request.error = RevisionMismatch(self._current(request))
                continue
            request.revision = revision = revision + 1
            if described is not None:
                described.append(self._describe(request))
        return revision

    def _create(self, request: Request, revision: int) -> bool:
        """Write the first version of a key; False if there is one."""
        execute, key, previous = self._cursor.execute, request.key, 0
        if not execute(_POINT_FIRST, (revision, revision, request.expires, key)).rowcount:
            previous, created = execute(_POINTER, (key,)).fetchone()
            if created:
                return False
            execute(_POINT, (revision, revision, request.expires, key))  # it was deleted
        execute(_APPEND, (revision, key, previous, revision, request.value))
        return True

    def _replace(self, request: Request, revision: int) -> bool:
        """Write another version, or the end, of a key; False if it is not where it should be."""
        execute, key, expected = self._cursor.execute, request.key, request.expected
        if request.value is None:
            if not execute(_END, (revision, key, expected)).rowcount:
                return False
            execute(_POINT, (revision, 0, None, key))
        else:
            if not execute(_SUCCEED, (revision, request.value, key, expected)).rowcount:
                return False
            execute(_POINT_ON, (revision, request.expires, key))
        return True

    def _describe(self, request: Request) -> Change:
        old = self._value(request.expected) if request.expected else None
        return Change(request.text, request.revision, request.value, old, request.expected)

    def _current(self, request: Request) -> Record | None:
        found = self._cursor.execute(_POINTER, (request.key,)).fetchone()
        if found is None or not found[1]:
            return None
        revision, created = found
        return Record(request.text, self._value(revision), revision, created)

    def _value(self, revision: int) -> bytes:
        value: bytes
        (value,) = self._cursor.execute(_VALUE, (revision,)).fetchone()
        return value

    def _hit(self, name: str) -> None:
        if self._failpoints is not None:
            self._failpoints.hit(name)


class Transaction:
    """A write transaction that commits, or leaves nothing behind. The block may end it itself.

    One object serves for all, one after the other.
    """

    __slots__ = ("_connection", "_cursor")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()

    def __enter__(self) -> sqlite3.Cursor:
        self._cursor.execute("BEGIN IMMEDIATE")
        return self._cursor

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._connection.in_transaction:  # SQLite has often rolled back by itself
            return
        if error is None:
            try:
                self._cursor.execute("COMMIT")
            except BaseException:
                self.roll_back()
                raise
        else:
            self.roll_back()

    def roll_back(self) -> None:
        """Leave nothing behind. Does nothing if nothing is under way."""
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._cursor.execute("ROLLBACK")
