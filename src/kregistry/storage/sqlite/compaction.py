"""Compaction: first the promise not to read that far back, then the work, a little at a time.

Every version knows the one before it. So what a compaction may forget is found by walking the
log from the last compaction to this one: the predecessors of what lies there, and the
tombstones themselves. Nothing else is looked at.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from kregistry.meta.failpoints import Failpoints
from kregistry.storage.errors import BackendUnavailable
from kregistry.storage.sqlite.checkpoint import Checkpointer
from kregistry.storage.sqlite.commit import GroupCommit
from kregistry.storage.sqlite.feed import Feed
from kregistry.storage.sqlite.guard import Guard
from kregistry.storage.sqlite.schema import pragma
from kregistry.storage.sqlite.writer import Writer

#: Versions looked at in one transaction, so that writers wait little.
BATCH = 128
_VACUUM = 512
_ATTEMPTS = 5
# Free pages are kept for new versions up to this part of the file.
_SPARE_PART = 4
_SPARE_LEAST = 1024

T = TypeVar("T")

_STATE = "SELECT revision, compacted, swept FROM store WHERE id = 1"
_MARK = "UPDATE store SET compacted = ? WHERE id = 1"
_JUMP = "UPDATE store SET revision = ?, compacted = ? WHERE id = 1"
_SWEPT = "UPDATE store SET swept = ? WHERE id = 1"
_NEXT = """
SELECT revision, previous, created, key FROM log
WHERE revision > ? AND revision <= ? ORDER BY revision LIMIT ?
"""
_FORGET = "DELETE FROM log WHERE revision = ?"
_UNPOINT = "DELETE FROM newest WHERE key = ? AND revision = ?"
_RETURN_PAGES = "PRAGMA incremental_vacuum(512)"


class Compactor:
    """Forgets the past, through the same door as every write."""

    def __init__(
        self,
        commits: GroupCommit,
        writer: Writer,
        guard: Guard,
        feed: Feed,
        checkpointer: Checkpointer,
        *,
        failpoints: Failpoints | None,
    ) -> None:
        self._commits = commits
        self._writer = writer
        self._guard = guard
        self._feed = feed
        self._checkpointer = checkpointer
        self._failpoints = failpoints

    def compact(self, revision: int) -> None:
        """See :meth:`~kregistry.storage.backend.Backend.compact`.

        What a crash or a busy lock leaves over, the next call takes up.
        """
        compacted = self._persist(lambda: self._mark(revision))
        self._feed.compact(compacted)
        self._hit("sqlite.compact.after_mark")
        self._forget_all()

    def advance(self, revision: int) -> None:
        """See :meth:`~kregistry.storage.backend.Backend.advance`.

        One commit, of both counters: a crash leaves the store before the jump or behind it.
        Watchers of other processes cannot know what they missed; all of them end.
        """
        if self._persist(lambda: self._jump(revision)):
            self._guard.confirm()
            self._hit("sqlite.after_jump")
            self._forget_all()

    def _forget_all(self) -> None:
        while self._persist(self._sweep):
            self._hit("sqlite.compact.after_batch")
        while self._persist(self._return_pages):
            self._hit("sqlite.compact.after_vacuum")
        if self._guard.is_full:
            self._persist(self._make_room)

    def _persist(self, step: Callable[[], T]) -> T:
        """Run one step as the only writer; again, if another process was in the way."""
        for _ in range(_ATTEMPTS - 1):
            with suppress(BackendUnavailable):
                return self._alone(step)
        return self._alone(step)

    def _alone(self, step: Callable[[], T]) -> T:
        def run() -> T:
            done = step()
            self._checkpointer.run_if_due()
            return done

        return self._commits.alone(run)

    def _mark(self, revision: int) -> int:
        with (
            self._feed.halted() as halt,
            self._guard.writing("compacting"),
            self._writer.transaction as cursor,
        ):
            newest, compacted, _ = cursor.execute(_STATE).fetchone()
            target = min(revision, newest)
            if target <= compacted:
                return int(compacted)
            halt.catch_up()  # watchers here have seen, or can see, all that is forgotten
            cursor.execute(_MARK, (target,))
            self._hit("sqlite.compact.before_mark")
            return int(target)

    def _jump(self, revision: int) -> bool:
        """Let both counters jump; False if they need not."""
        with self._feed.halted() as halt, self._guard.writing("advancing"):
            halt.catch_up()
            with self._writer.transaction as cursor:
                newest, _, _ = cursor.execute(_STATE).fetchone()
                if revision <= newest:
                    return False
                cursor.execute(_JUMP, (revision, revision))
                self._hit("sqlite.before_jump")
            halt.land(revision)
        return True

    def _sweep(self) -> bool:
        """Forget one batch; False when nothing is left to forget."""
        with self._guard.writing("compacting"), self._writer.transaction as cursor:
            _, compacted, swept = cursor.execute(_STATE).fetchone()
            if swept >= compacted:
                return False
            rows = cursor.execute(_NEXT, (swept, compacted, BATCH)).fetchall()
            _forget(cursor, rows)
            cursor.execute(_SWEPT, (rows[-1][0] if len(rows) == BATCH else compacted,))
            self._hit("sqlite.compact.before_batch")
        self._checkpointer.count_pages(4 * len(rows))
        return True

    def _return_pages(self) -> bool:
        """Give some free pages back to the file system; False when few are left."""
        connection = self._writer.connection
        with self._guard.writing("compacting"):
            free = pragma(connection, "PRAGMA freelist_count")
            pages = pragma(connection, "PRAGMA page_count")
            spare = 0 if self._guard.is_full else max(_SPARE_LEAST, pages // _SPARE_PART)
            if free < spare + (1 if self._guard.is_full else _VACUUM):
                return False
            connection.execute(_RETURN_PAGES).fetchall()
        self._checkpointer.count_pages(_VACUUM)
        return True

    def _make_room(self) -> None:
        self._checkpointer.run("TRUNCATE")
        self._guard.try_recover()

    def _hit(self, name: str) -> None:
        if self._failpoints is not None:
            self._failpoints.hit(name)


def _forget(cursor: sqlite3.Cursor, rows: list[tuple[int, int, int, bytes]]) -> None:
    older = [(previous,) for _, previous, _, _ in rows if previous]
    tombstones = [(key, revision) for revision, _, created, key in rows if not created]
    cursor.executemany(_FORGET, older)
    cursor.executemany(_FORGET, [(revision,) for _, revision in tombstones])
    cursor.executemany(_UNPOINT, tombstones)
