"""Reads: each sees one state of the store, and says at which revision."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from kregistry.storage.backend import Change, Page, Record, Snapshot
from kregistry.storage.errors import RevisionCompacted, RevisionInFuture
from kregistry.storage.log.changelog import History
from kregistry.storage.log.window import size_of
from kregistry.storage.sqlite import expiry, faults
from kregistry.storage.sqlite.connections import Readers
from kregistry.storage.sqlite.counts import Counts
from kregistry.storage.sqlite.schema import encode

#: Reading history stops once the values that were read are as large as this.
_HISTORY_BYTES = 8 << 20

_GET = """
SELECT s.revision, l.value, n.revision, n.created
FROM store AS s LEFT JOIN newest AS n ON n.key = ? LEFT JOIN log AS l ON l.revision = n.revision
WHERE s.id = 1
"""
_STATE = "SELECT revision, compacted FROM store WHERE id = 1"
_NOW = """
SELECT CAST(n.key AS TEXT), l.value, n.revision, n.created
FROM newest AS n CROSS JOIN log AS l ON l.revision = n.revision
WHERE n.key >= ? AND n.key < ? AND n.created > 0
ORDER BY n.key LIMIT ?
"""
# The version of a key at a past revision: from its newest one back, until old enough.
_VERSION_AT = """
CASE WHEN n.revision <= :revision THEN n.revision ELSE (
    WITH RECURSIVE chain (revision, previous) AS (
        SELECT revision, previous FROM log WHERE revision = n.revision
        UNION ALL
        SELECT log.revision, log.previous FROM chain JOIN log ON log.revision = chain.previous
        WHERE chain.revision > :revision
    )
    SELECT revision FROM chain WHERE revision <= :revision
) END
"""
_THEN = (
    "SELECT CAST(n.key AS TEXT), l.value, l.revision, l.created "
    "FROM newest AS n CROSS JOIN log AS l ON l.revision = "
    + _VERSION_AT
    + "WHERE n.key >= :start AND n.key < :end AND l.created > 0 ORDER BY n.key LIMIT :limit"
)
# Without values: of 10,000 Pods in a sixth of the time, as the log need not be read.
_KEYS_NOW = """
SELECT CAST(key AS TEXT), x'', revision, created FROM newest
WHERE key >= ? AND key < ? AND created > 0
ORDER BY key LIMIT ?
"""
_KEYS_THEN = _THEN.replace("l.value", "x''")
_CHANGES = """
SELECT CAST(l.key AS TEXT), l.revision, l.value, p.value,
       CASE WHEN p.created > 0 THEN l.previous ELSE 0 END
FROM log AS l LEFT JOIN log AS p ON p.revision = l.previous
WHERE l.revision > ?
"""
_INTEGRITY = "PRAGMA integrity_check(100)"
_HISTORY = _CHANGES + "AND l.key >= ? AND l.key < ? ORDER BY l.revision LIMIT ?"
_ALL_HISTORY = _CHANGES + "ORDER BY l.revision LIMIT ?"

#: ``Record._make`` for rows that are known to have four columns, at half the price.
_record: Callable[[tuple[Any, ...]], Record] = partial(tuple.__new__, Record)


class State(NamedTuple):
    """How far the store is, at both ends.

    Attributes:
        revision: Newest revision.
        compacted: Lowest one that can be read.
    """

    revision: int
    compacted: int


class Reader:
    """All queries that change nothing.

    Args:
        readers: Lends connections.
        path: Named in errors.
        damaged: Told when the file turns out to be damaged.
    """

    def __init__(self, readers: Readers, path: str, damaged: Callable[[str], object]) -> None:
        self._readers = readers
        self._path = path
        self._damaged = damaged
        self._counts = Counts()

    def get(self, key: str) -> Snapshot:
        """One key; see :meth:`~kregistry.storage.backend.Backend.get`."""
        name = encode(key)
        try:  # as _all() does, without its calls: this is the hottest path of all
            cursor = self._readers.take()
            try:
                ((revision, value, modified, created),) = cursor.execute(_GET, (name,)).fetchall()
            except BaseException:
                self._readers.drop(cursor)
                raise
            self._readers.give(cursor)
        except faults.ENGINE_ERRORS as error:
            raise self._translate(error) from error
        if not created:
            return Snapshot(None, revision)
        return Snapshot(Record(key, value, modified, created), revision)

    def state(self) -> State:
        """How far the store is now."""
        return State(*self._row(_STATE, ()))

    def range(
        self, start: str, end: str, *, limit: int, revision: int, count: bool, keys_only: bool
    ) -> Page:
        """A run of keys; see :meth:`~kregistry.storage.backend.Backend.range`."""
        bounds = (encode(start), encode(end))
        try:
            with self._readers.snapshot() as cursor:
                state = State(*cursor.execute(_STATE).fetchone())
                then = _check(state, revision)
                rows = _rows(cursor, bounds, limit + 1 if limit else -1, then, keys_only)
                counted = self._count(cursor, bounds, then, state) if count else -1
        except faults.ENGINE_ERRORS as error:
            raise self._translate(error) from error
        more = bool(limit) and len(rows) > limit
        if more:
            del rows[limit:]
            if count:  # the next page will ask
                rest = (encode(rows[-1].key + "\0"), bounds[1])
                self._counts.remember(rest, then or state.revision, counted - limit)
        return Page(rows, state.revision, more, counted)

    def _count(
        self, cursor: sqlite3.Cursor, bounds: tuple[bytes, bytes], then: int, state: State
    ) -> int:
        newest, compacted = state
        return self._counts.count(
            cursor, bounds, then or newest, newest=newest, compacted=compacted
        )

    def history(self, start: str, end: str, after: int, limit: int) -> History:
        """Changes of a range; see :data:`~kregistry.storage.log.changelog.ReadHistory`."""
        return self._history(_HISTORY, after, (encode(start), encode(end)), limit)

    def all_history(self, after: int, limit: int) -> History:
        """Changes of every key."""
        return self._history(_ALL_HISTORY, after, (), limit)

    def due(self, now: float, limit: int) -> Sequence[tuple[str, int]]:
        """Keys whose time is up, and the revisions they are at."""
        return self._all(expiry.DUE, (now, limit))

    def deadlines(self, start: str, end: str) -> Sequence[tuple[str, float]]:
        """When which keys of a range are due, in seconds since the epoch."""
        return self._all(expiry.EXPIRING, (encode(start), encode(end)))

    def next_deadline(self) -> float | None:
        """When the next key is due, in seconds since the epoch; None if none is."""
        deadline: float | None
        (deadline,) = self._row(expiry.NEXT, ())
        return deadline

    def integrity(self) -> list[str]:
        """What SQLite finds wrong with the file."""
        return [text for (text,) in self._all(_INTEGRITY, ()) if text != "ok"]

    def _history(self, query: str, after: int, bounds: tuple[bytes, ...], limit: int) -> History:
        try:
            with self._readers.snapshot() as cursor:
                state = State(*cursor.execute(_STATE).fetchone())
                rows, whole = _take(cursor.execute(query, (after, *bounds, limit)))
        except faults.ENGINE_ERRORS as error:
            raise self._translate(error) from error
        if after < state.compacted:
            raise RevisionCompacted(after, state.compacted)
        whole = whole and len(rows) < limit
        return History(rows, state.revision if whole else rows[-1].revision)

    def _row(self, query: str, arguments: tuple[object, ...]) -> Any:
        return self._all(query, arguments)[0]

    def _all(self, query: str, arguments: tuple[object, ...]) -> list[Any]:
        """All rows of a query. One statement is one snapshot, and half the price of several."""
        try:
            cursor = self._readers.take()
            try:
                rows = cursor.execute(query, arguments).fetchall()
            except BaseException:
                self._readers.drop(cursor)
                raise
            self._readers.give(cursor)
        except faults.ENGINE_ERRORS as error:
            raise self._translate(error) from error
        return rows

    def _translate(self, error: BaseException) -> Exception:
        if faults.is_damage(error):
            self._damaged(f"it was found to be damaged: {error}")
        return faults.translate(error, self._path, "reading")


def _take(cursor: sqlite3.Cursor) -> tuple[list[Change], bool]:
    """Rows, until they are many bytes: a backlog of large values must not fill the memory.

    Returns:
        The changes, and whether they are all.
    """
    changes, size = list[Change](), 0
    for row in cursor:
        changes.append(Change._make(row))
        size += size_of(changes[-1])
        if size >= _HISTORY_BYTES:
            return changes, False
    return changes, True


def _check(state: State, revision: int) -> int:
    """The past revision to read at, 0 for now."""
    if revision > state.revision:
        raise RevisionInFuture(revision, state.revision)
    if revision and revision < state.compacted:
        raise RevisionCompacted(revision, state.compacted)
    return 0 if revision == state.revision else revision


def _rows(
    cursor: sqlite3.Cursor,
    bounds: tuple[bytes, bytes],
    limit: int,
    revision: int,
    keys_only: bool,
) -> list[Record]:
    if revision:
        names = {"start": bounds[0], "end": bounds[1], "revision": revision, "limit": limit}
        cursor.execute(_KEYS_THEN if keys_only else _THEN, names)
    else:
        cursor.execute(_KEYS_NOW if keys_only else _NOW, (*bounds, limit))
    # Row by row: to fetch all of them first would be a tenth of a long list.
    return list(map(_record, cursor))
