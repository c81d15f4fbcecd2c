"""Connections: one that writes, and a few read-only ones that are lent out.

A connection, and every cursor of it, is used by one thread at a time: readers are lent for the
length of one read, the writer belongs to whoever leads the commit. Nothing is tied to a
thread, so a thread that ends leaves nothing behind.
"""

from __future__ import annotations

import copy
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kregistry.storage.errors import BackendError

# Kibibytes. What a processor's own cache does not hold is slower to fill than to read anew from
# the system: with 16 MiB a put took 11 % longer, with 32 MiB a list of 10,000 Pods 8 %. Readers
# have room for a page of 500 Pods, which comes again.
_WRITER_CACHE = "PRAGMA cache_size = -2048"
_READER_CACHE = "PRAGMA cache_size = -4096"
_SYNCHRONOUS = {"full": "PRAGMA synchronous = FULL", "normal": "PRAGMA synchronous = NORMAL"}
# On macOS fsync() alone leaves data in the disk's cache. Elsewhere this changes nothing.
_FLUSH = {"full": "PRAGMA fullfsync = ON", "normal": "PRAGMA fullfsync = OFF"}
_IDLE_READERS = 8
# More at once read no faster, but each needs two files and a cache.
_MOST_READERS = 32
# After an exceptional growth the log is cut back to this when it starts over.
_WAL_KEPT = "PRAGMA journal_size_limit = 67108864"


def open_writer(path: str, *, timeout: float) -> sqlite3.Connection:
    """Open the file for writing, without touching it yet."""
    connection = _connect(path, "rw", timeout)
    connection.execute(_WRITER_CACHE)
    connection.execute("PRAGMA secure_delete = OFF")
    return connection


def use_log(connection: sqlite3.Connection, synchronous: str) -> bool:
    """Switch to the write-ahead log; False if the file system cannot do it."""
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    connection.execute(_WAL_KEPT).fetchall()
    connection.execute(_SYNCHRONOUS[synchronous])
    connection.execute(_FLUSH[synchronous]).fetchall()
    return bool(mode == "wal")


def use_rollback(connection: sqlite3.Connection) -> None:
    """Switch to the old journal with the file locked for good: for unsafe file systems."""
    connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
    connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    connection.execute(_SYNCHRONOUS["full"])


def _connect(path: str, mode: str, timeout: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{Path(path).as_uri()}?mode={mode}",
        uri=True,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        connection.close()
        raise
    return connection


class Readers:
    """Read-only connections, lent and taken back.

    Args:
        path: The database.
        timeout: Seconds to wait for a lock (recovery after a crash takes one).
        shared: The writer, where the file is locked by it alone; then reads go through it.
    """

    def __init__(
        self, path: str, *, timeout: float, shared: sqlite3.Connection | None = None
    ) -> None:
        self._path = path
        self._timeout = timeout
        self._idle: deque[sqlite3.Cursor] = deque()
        self._refusal: BackendError | None = None
        self._shared = shared
        self._shared_lock = threading.RLock()
        self._change = threading.Condition(threading.Lock())
        self._count = 0
        self._waiting = 0

    def take(self) -> sqlite3.Cursor:
        """Borrow a cursor on a connection of its own. Give it back, or drop it."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._open()

    def give(self, cursor: sqlite3.Cursor) -> None:
        """Give a cursor back, every statement of it read to the end."""
        if self._shared is not None:
            self._shared_lock.release()
        elif self._refusal is not None or (len(self._idle) >= _IDLE_READERS and not self._waiting):
            self._close(cursor)
        else:
            self._idle.append(cursor)
            if self._waiting:
                with self._change:
                    self._change.notify()
            if self._refusal is not None:
                self._close_idle()

    def drop(self, cursor: sqlite3.Cursor) -> None:
        """Give up a cursor whose connection may be in any state."""
        if self._shared is not None:
            self._shared_lock.release()
        else:
            self._close(cursor)

    def _close(self, cursor: sqlite3.Cursor) -> None:
        try:
            cursor.connection.close()
        finally:
            with self._change:
                self._count -= 1
                self._change.notify()

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Cursor]:
        """Several statements that see the same state."""
        cursor = self.take()
        try:
            cursor.execute("BEGIN")
            yield cursor
            cursor.execute("COMMIT")
        except BaseException:
            self._abort(cursor)
            raise
        self.give(cursor)

    def _abort(self, cursor: sqlite3.Cursor) -> None:
        if self._shared is not None and self._shared.in_transaction:
            self._shared.execute("ROLLBACK")
        self.drop(cursor)

    def _open(self) -> sqlite3.Cursor:
        if self._refusal is not None:
            raise copy.copy(self._refusal)
        if self._shared is not None:
            return self._lend_shared(self._shared)
        with self._change:
            waited = self._wait()
            if waited is not None:
                return waited
            self._count += 1
        try:
            return self.open_one().cursor()
        except BaseException:
            with self._change:
                self._count -= 1
                self._change.notify()
            raise

    def _wait(self) -> sqlite3.Cursor | None:
        """A cursor that was given back, or None when another one may be opened."""
        self._waiting += 1  # before the look at what is idle: who gives looks the other way round
        try:
            while True:
                with suppress(IndexError):
                    return self._idle.pop()
                if self._refusal is not None:
                    raise copy.copy(self._refusal)
                if self._count < _MOST_READERS:
                    return None
                self._change.wait()
        finally:
            self._waiting -= 1

    def _lend_shared(self, connection: sqlite3.Connection) -> sqlite3.Cursor:
        self._shared_lock.acquire()
        try:
            return connection.cursor()
        except BaseException:
            self._shared_lock.release()
            raise

    def open_one(self) -> sqlite3.Connection:
        """Open a read-only connection that the caller closes."""
        connection = _connect(self._path, "ro", self._timeout)
        connection.execute(_READER_CACHE)
        return connection

    @property
    def writer_lock(self) -> threading.RLock | None:
        """What a writer must hold, where readers use its connection; else None."""
        return self._shared_lock if self._shared is not None else None

    def close(self, refusal: BackendError) -> None:
        """Close what is idle now, and the rest as it comes back.

        Args:
            refusal: What to raise from now on.
        """
        self._refusal = refusal
        self._close_idle()
        with self._change:
            self._change.notify_all()

    def park(self, refusal: BackendError) -> list[object]:
        """In a forked child: give out nothing more.

        Returns:
            Everything open, to be kept unused and unclosed.
        """
        self._refusal = refusal
        parked: list[object] = [*self._idle, self._idle, self._shared]
        self._idle = deque()
        return parked

    def _close_idle(self) -> None:
        while True:
            try:
                self._close(self._idle.pop())
            except IndexError:
                return
