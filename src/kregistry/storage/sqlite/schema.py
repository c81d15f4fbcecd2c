"""The tables, and the marks by which a file is known to be ours.

``log`` holds every version by its revision and is only ever appended to; ``newest`` points,
key by key, to the last one. A deletion is a version without a value; its pointer stays until
compaction, so that the past can be read. Each version knows its predecessor, which is how
past states are found: an index by key and revision was measured to cost 12 % of every write
(synchronous=NORMAL) to save a millisecond on rare reads.
"""

from __future__ import annotations

import os
import sqlite3

from kregistry.storage.errors import StorageFenced, UnsafeStorage

#: "kreg", in the header of the file.
APPLICATION_ID = 0x6B726567
#: Version of the tables.
VERSION = 1
#: What a new store is at.
FIRST_REVISION = 1
#: How far the revision jumps when the tail of the log may have been lost.
LOSS_JUMP = 1_000_000

# Far from where 64 bits end, and never reached by counting.
_LAST_REVISION = 2**62
_COUNTERS = "SELECT revision, compacted, swept FROM store WHERE id = 1"
_COLUMNS = """
SELECT log.previous, log.created, log.value, newest.created, newest.expires
FROM newest JOIN log USING (revision, key) LIMIT 1
"""

# https://www.sqlite.org/fileformat2.html, "The Database Header".
_MAGIC = b"SQLite format 3\0"
_ID_AT = slice(68, 72)

_OLDEST_ENGINE = (3, 31, 0)

_TABLES = """
CREATE TABLE log (
    revision INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    previous INTEGER NOT NULL,
    created INTEGER NOT NULL,
    value BLOB
);
CREATE TABLE newest (
    key BLOB PRIMARY KEY,
    revision INTEGER NOT NULL,
    created INTEGER NOT NULL,
    expires REAL
) WITHOUT ROWID;
CREATE INDEX expiring ON newest (expires) WHERE expires IS NOT NULL;
CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL,
    compacted INTEGER NOT NULL,
    swept INTEGER NOT NULL,
    unclean INTEGER NOT NULL
);
INSERT INTO store VALUES (1, 1, 0, 0, 0);
PRAGMA application_id = 1802659175;
PRAGMA user_version = 1;
"""


def is_marked(path: str) -> bool:
    """Whether a file is ours by its first bytes, or by what its write-ahead log may say.

    Opens nothing as a database, so nothing is changed. Not for a file that this process has
    open: closing it would drop SQLite's locks.

    Raises:
        OSError: It cannot be read.
    """
    with open(path, "rb") as file:
        head = file.read(100)
    if not head.startswith(_MAGIC) or len(head) < 100:
        return False
    if head[_ID_AT] == APPLICATION_ID.to_bytes(4, "big"):
        return True
    log = f"{path}-wal"
    return not any(head[_ID_AT]) and os.path.exists(log) and os.path.getsize(log) > 0


def prepare(connection: sqlite3.Connection, path: str) -> None:
    """Make an empty file ours, or see that it is.

    Raises:
        UnsafeStorage: It belongs to another program, or to a later version of this one.
    """
    if sqlite3.sqlite_version_info < _OLDEST_ENGINE:
        raise UnsafeStorage(f"SQLite {sqlite3.sqlite_version} is too old; 3.31 is needed")
    owner = pragma(connection, "PRAGMA application_id")
    version = pragma(connection, "PRAGMA user_version")
    if owner == APPLICATION_ID:
        _check_version(version, path)
        return
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if owner or version or tables:
        raise UnsafeStorage(
            f"{path} is a database of another program (application id {owner:#x}, {tables} "
            "tables); name another file"
        )
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, all or none. Nothing happens if they are there."""
    if pragma(connection, "PRAGMA application_id") == APPLICATION_ID:
        return
    connection.execute("BEGIN EXCLUSIVE")
    try:
        for statement in _TABLES.split(";"):
            if statement.strip():
                connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def check(connection: sqlite3.Connection, path: str) -> None:
    """See that the counters make sense, before anything is counted on.

    Raises:
        StorageFenced: They do not, or the tables are not there.
    """
    try:
        row = connection.execute(_COUNTERS).fetchone()
        connection.execute(_COLUMNS).fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:  # of the engine, not of the tables
            raise
        row = None
    if row is None or not all(type(each) is int and 0 <= each <= _LAST_REVISION for each in row):
        raise StorageFenced(f"{path} is damaged (it has no valid counters); restore a backup")


def _check_version(version: int, path: str) -> None:
    if version > VERSION:
        raise UnsafeStorage(
            f"{path} was written by a later version of kregistry (tables of version {version}, "
            f"{VERSION} is known here); upgrade kregistry"
        )
    if version < VERSION:
        raise UnsafeStorage(f"{path} has tables of version {version}, which never existed")


def encode(key: str) -> bytes:
    """A key as it is stored, which sorts as its bytes do.

    Raises:
        ValueError: It holds lone surrogates, which no text has.
        TypeError: It is no text.
    """
    try:
        return key.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"the key {key!r} cannot be written as UTF-8") from error
    except AttributeError:
        raise TypeError(f"a key is text, not {type(key).__name__}") from None


def pragma(connection: sqlite3.Connection, statement: str) -> int:
    """The number a pragma answers with."""
    return int(connection.execute(statement).fetchone()[0])
