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

# One statement for both: each costs a few microseconds that every single write would pay.
_REVISION_AND_POINTER = """
SELECT s.revision, n.revision, n.created
FROM store AS s LEFT JOIN newest AS n ON n.key = ? WHERE s.id = 1
"""
_BUMP = "UPDATE store SET revision = ? WHERE id = 1"
_POINTER = "SELECT revision, created FROM newest WHERE key = ?"
_VALUE = "SELECT value FROM log WHERE revision = ?"
_APPEND = "INSERT INTO log (revision, key, previous, created, value) VALUES (?, ?, ?, ?, ?)"
# A plain INSERT is half the price of one that may replace.
_POINT_FIRST = "INSERT INTO newest (revision, created, expires, key) VALUES (?, ?, ?, ?)"
_POINT = "UPDATE newest SET revision = ?, created = ?, expires = ? WHERE key = ?"
_NOWHERE = (None, None)


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
                before, *pointer = cursor.execute(_REVISION_AND_POINTER, (batch[0].key,)).fetchone()
                after = self._apply_all(batch, before, pointer, described)
                if after == before:
                    cursor.execute("ROLLBACK")
                    return
                cursor.execute(_BUMP, (after,))
                self._hit("sqlite.before_commit")
            self._hit("sqlite.after_commit")
        self._guard.confirm()
        self._hit("sqlite.before_publish")
        self._feed.publish(before, described)

    def _apply_all(
        self,
        batch: Sequence[Request],
        revision: int,
        pointer: Sequence[int | None] | None,
        described: list[Change] | None,
    ) -> int:
        for request in batch:
            found = pointer or self._pointer(request.key)
            if self._apply(request, revision + 1, found, described):
                revision += 1
            pointer = None
        return revision

    def _pointer(self, key: bytes) -> Sequence[int | None]:
        row: Sequence[int | None] | None = self._cursor.execute(_POINTER, (key,)).fetchone()
        return row or _NOWHERE

    def _apply(
        self,
        request: Request,
        revision: int,
        pointer: Sequence[int | None],
        described: list[Change] | None,
    ) -> bool:
        execute = self._cursor.execute
        previous, created = pointer[0] or 0, pointer[1] or 0
        held = previous if created else 0
        if held != request.expected:
            request.error = RevisionMismatch(self._current(request.text, held, created))
            return False
        value = request.value
        if described is not None:
            old = execute(_VALUE, (held,)).fetchone()[0] if held else None
            described.append(Change(request.text, revision, value, old, held))
        created = 0 if value is None else created or revision
        execute(_APPEND, (revision, request.key, previous, created, value))
        point = _POINT if previous else _POINT_FIRST
        execute(point, (revision, created, request.expires, request.key))
        request.revision = revision
        return True

    def _current(self, key: str, held: int, created: int) -> Record | None:
        if not held:
            return None
        return Record(key, self._cursor.execute(_VALUE, (held,)).fetchone()[0], held, created)

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
