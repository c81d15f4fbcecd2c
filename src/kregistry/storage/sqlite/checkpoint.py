"""Checkpoints: moving the write-ahead log into the database, where no commit can interfere.

No connection checkpoints by itself. A committing thread does, when it wrote enough, under the
lock that every commit takes; so no commit can start the log over during a checkpoint, which
is what SQLite before 3.51.3 mishandles. The log file is kept and overwritten: growing it anew
each time was measured to cost more than half of a commit again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from kregistry.meta.failpoints import Failpoints
from kregistry.storage.errors import BackendError
from kregistry.storage.sqlite import connections
from kregistry.storage.sqlite.commit import Request
from kregistry.storage.sqlite.guard import Guard

#: Pages in the log that call for a checkpoint.
PAGES = 1000
_PAGES_WHEN_FULL = 32
_PAGES_TOO_MANY = 8 * PAGES
_PAGE = 4096
# Seconds to wait for readers.
_PATIENCE = 0.03
# Row, pointer and counter: pages that each commit, or each change, rewrites at least.
_PAGES_A_COMMIT = 2
_PAGES_A_CHANGE = 2


class Checkpointer:
    """Counts what is written, and checkpoints in time.

    Args:
        connection: The writer's.
        guard: Keeps every commit out.
        failpoints: Asked before and after, if given.
    """

    def __init__(
        self, connection: sqlite3.Connection, guard: Guard, *, failpoints: Failpoints | None
    ) -> None:
        self._connection = connection
        self._guard = guard
        self._failpoints = failpoints
        self._pages = 0
        self._log_pages = 0

    def count(self, batch: Sequence[Request]) -> None:
        """Take note of a commit."""
        pages = _PAGES_A_COMMIT
        for request in batch:
            pages += _PAGES_A_CHANGE + len(request.value or b"") // _PAGE
        self._pages += pages

    def count_pages(self, pages: int) -> None:
        """Take note of *pages* written."""
        self._pages += pages

    def run_if_due(self) -> None:
        """Checkpoint if enough was written. A failure shows at the next write, not here."""
        if self._pages < (_PAGES_WHEN_FULL if self._guard.is_full else PAGES):
            return
        self._pages = 0
        try:
            self.run("RESTART" if self._log_pages > _PAGES_TOO_MANY else "PASSIVE")
        except BackendError:
            return

    def run(self, mode: str) -> None:
        """Checkpoint now.

        Args:
            mode: ``PASSIVE`` moves what no reader needs; ``RESTART`` waits a moment for
                readers, so that the log can start over; ``TRUNCATE`` also empties its file.
        """
        self._hit("sqlite.before_checkpoint")
        self._guard.inspect()
        with self._guard.writing("checkpointing"):
            if mode == "PASSIVE":
                row = self._connection.execute(_CHECKPOINTS[mode]).fetchone()
            else:
                row = self._waiting(mode)
            self._log_pages = row[1]
        self._hit("sqlite.after_checkpoint")

    def _waiting(self, mode: str) -> Sequence[int]:
        # Through a connection that soon gives up: a reader that stays must not hold up all
        # writers of all processes for a busy timeout, again and again.
        connection = connections.open_writer(self._guard.path, timeout=_PATIENCE)
        try:
            return connection.execute(_CHECKPOINTS[mode]).fetchone()  # type: ignore[no-any-return]
        finally:
            connection.close()

    def _hit(self, name: str) -> None:
        if self._failpoints is not None:
            self._failpoints.hit(name)


_CHECKPOINTS = {
    "PASSIVE": "PRAGMA wal_checkpoint(PASSIVE)",
    "RESTART": "PRAGMA wal_checkpoint(RESTART)",
    "TRUNCATE": "PRAGMA wal_checkpoint(TRUNCATE)",
}
