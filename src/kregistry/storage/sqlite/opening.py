"""Opening: from a path to a writer's connection on a file that is known to be in order."""

from __future__ import annotations

import logging
import sqlite3

from kregistry.storage.errors import BackendError, StorageFenced, UnsafeStorage
from kregistry.storage.sqlite import connections, faults, place, schema
from kregistry.storage.sqlite.lockfile import LockFile, Presence

_JUMP = """
UPDATE store SET revision = revision + ?1, compacted = revision + ?1, unclean = 0
WHERE id = 1 AND unclean = 1
"""
_SET_UNCLEAN = "UPDATE store SET unclean = 1 WHERE id = 1 AND unclean = 0"
_CLEAR_UNCLEAN = "UPDATE store SET unclean = 0 WHERE id = 1 AND unclean = 1"

_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())
_warned = False


def open_store(
    path: str, lock: LockFile, presence: Presence, *, synchronous: str, timeout: float, alone: bool
) -> sqlite3.Connection:
    """Open the file, new or old, under its lock.

    Args:
        path: Resolved path.
        lock: Keeps other processes out meanwhile.
        presence: Says whether others have the store open.
        synchronous: ``full`` or ``normal``.
        timeout: Seconds to wait for others.
        alone: Lock the file for good, for file systems where nothing less is safe.

    Returns:
        The connection for writing.

    Raises:
        UnsafeStorage: The file is not ours, or the place will not do.
        StorageFenced: It is damaged.
        BackendUnavailable: Others are in the way.
    """
    lock.acquire()
    try:
        place.create(path)
        connection = connections.open_writer(path, timeout=timeout)
        try:
            _prepare(connection, path, lock, presence, synchronous, alone)
        except BaseException:
            connection.close()
            raise
        presence.enter()
        return connection
    except BackendError:
        raise
    except faults.ENGINE_ERRORS as error:
        raise _refusal(error, path) from error
    finally:
        lock.release()


def _prepare(
    connection: sqlite3.Connection,
    path: str,
    lock: LockFile,
    presence: Presence,
    synchronous: str,
    alone: bool,
) -> None:
    schema.prepare(connection, path)
    if alone:
        connections.use_rollback(connection)
        connection.execute("BEGIN EXCLUSIVE")  # keeps the lock, from now on
        connection.execute("COMMIT")
    elif not connections.use_log(connection, "full"):
        raise UnsafeStorage(f"the file system of {path} does not support SQLite's WAL")
    schema.create(connection)
    schema.check(connection, path)
    if lock.is_suspect():
        _examine(connection, path)
        lock.clear_suspicion()
    if presence.is_alone():
        connection.execute(_JUMP, (schema.LOSS_JUMP,))
    if synchronous == "normal" and not alone:
        # Flushed to the disk before the first commit that is not.
        connection.execute(_SET_UNCLEAN)
        connections.use_log(connection, "normal")
    warn_of_engine()


def _examine(connection: sqlite3.Connection, path: str) -> None:
    """After a failed write: bring everything to the disk anew, then look at every page."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    problems = integrity(connection)
    if problems:
        raise StorageFenced(
            f"{path} is damaged after an I/O error ({problems[0]}); restore it from a backup"
        )


def integrity(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the file."""
    rows = connection.execute("PRAGMA integrity_check(100)").fetchall()
    return [text for (text,) in rows if text != "ok"]


def close_store(
    connection: sqlite3.Connection, lock: LockFile, presence: Presence, *, in_order: bool
) -> None:
    """Close the file; the last one out leaves it without a log, and marked as clean."""
    try:
        lock.acquire()
    except BackendError:
        in_order = False
    try:
        presence.leave()
        if in_order and presence.is_alone():
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(_CLEAR_UNCLEAN)
    except faults.ENGINE_ERRORS:
        _log.warning("could not mark %s as closed", lock.path, exc_info=True)
    finally:
        connection.close()
        presence.close()
        lock.close()


def warn_of_engine() -> None:
    """Say once if this SQLite has the WAL-reset bug, which only other programs can trigger."""
    global _warned
    if not _warned and has_reset_bug(sqlite3.sqlite_version_info):
        _warned = True
        _log.warning(
            "SQLite %s may corrupt a file that one program checkpoints while another one "
            "commits. Stores never do that to each other; keep other programs from writing to "
            "their files, or use SQLite 3.51.3 or later",
            sqlite3.sqlite_version,
        )


def has_reset_bug(version: tuple[int, ...]) -> bool:
    """Whether SQLite *version* has the WAL-reset bug."""
    fixed = (3, 44, 6) <= version < (3, 45) or (3, 50, 7) <= version < (3, 51)
    return (3, 7, 0) <= version < (3, 51, 3) and not fixed


def _refusal(error: BaseException, path: str) -> BackendError:
    if faults.code_of(error) & 0xFF == sqlite3.SQLITE_NOTADB:
        return UnsafeStorage(f"{path} is not a database of kregistry; name another file")
    return faults.translate(error, path, "opening")
