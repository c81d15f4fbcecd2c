"""What SQLite and the operating system raise, told apart by what the caller can do about it."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import suppress

from kregistry.storage.errors import (
    BackendError,
    BackendUnavailable,
    StorageFenced,
    StorageFull,
    UnsafeStorage,
)

#: What the engine and the system may raise inside a call.
ENGINE_ERRORS = (sqlite3.Error, sqlite3.Warning, OSError)

_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_BUSY_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})
_DAMAGE_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# I/O errors that happened before anything was written, or to locks only.
_HARMLESS_IO_CODES = frozenset(
    {
        sqlite3.SQLITE_IOERR_NOMEM,
        sqlite3.SQLITE_IOERR_LOCK,
        sqlite3.SQLITE_IOERR_RDLOCK,
        sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK,
        sqlite3.SQLITE_IOERR_BLOCKED,
    }
)


def code_of(error: BaseException) -> int:
    """Extended result code of SQLite; 0 if the error did not come from the engine."""
    return getattr(error, "sqlite_errorcode", 0)


def is_full(error: BaseException) -> bool:
    """Whether the error says, by itself, that there is no room."""
    if isinstance(error, OSError):
        return error.errno in _FULL_ERRNOS
    return code_of(error) & 0xFF == sqlite3.SQLITE_FULL


def is_damage(error: BaseException) -> bool:
    """Whether the file itself is damaged."""
    return code_of(error) & 0xFF in _DAMAGE_CODES


def is_fatal(error: BaseException) -> bool:
    """Whether, after this error of a write, nobody can say what is on the disk."""
    code = code_of(error)
    if code in _HARMLESS_IO_CODES:
        return False
    primary = code & 0xFF
    if primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY):
        return True
    if isinstance(error, OSError):
        return error.errno in (errno.EIO, errno.EROFS, errno.ESTALE)
    return is_damage(error)


def no_room_left(path: str, probe: str) -> bool:
    """Find out whether a failed write failed for want of room.

    SQLite reports a full quota or a limit on the size of files as a plain I/O error, so the
    cause is looked for: the process's file size limit, then a trial write next to the file.

    Args:
        path: The database.
        probe: A file that may be written and removed again.
    """
    return _at_size_limit(path) or _write_hits_the_end(probe)


def _at_size_limit(path: str) -> bool:
    try:
        import resource
    except ImportError:  # not a POSIX system: there is no such limit
        return False
    soft, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if soft == resource.RLIM_INFINITY:
        return False
    largest = max(size_of(path), size_of(path + "-wal"))
    return largest + (1 << 16) > soft


def _write_hits_the_end(probe: str) -> bool:
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        place = os.open(probe, flags, 0o600)
    except OSError as error:
        return is_full(error)
    try:
        os.pwrite(place, bytes(1 << 16), 0)
        os.fsync(place)
    except OSError as error:
        return is_full(error)
    finally:
        os.close(place)
        with suppress(OSError):  # another process looked at the same time
            os.unlink(probe)
    return False


def size_of(path: str) -> int:
    """Size of a file in bytes; 0 if it is not there."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def full(path: str) -> StorageFull:
    """The error for "no room"."""
    return StorageFull(
        f"there is no room to write to {path}; delete objects, compact, or make room on the "
        "disk, then try again"
    )


def fenced(path: str, why: str) -> StorageFenced:
    """The error for "read-only until it is reopened"."""
    return StorageFenced(
        f"{path} takes no more writes since {why}; what was acknowledged before is safe, the "
        "last write is uncertain: close the store, mend the cause, and open it again"
    )


def translate(error: BaseException, path: str, doing: str) -> BackendError:
    """The typed error that tells the caller what *error*, raised while *doing*, means."""
    code = code_of(error)
    primary = code & 0xFF
    if is_full(error):
        return full(path)
    if primary in _BUSY_CODES:
        return BackendUnavailable(
            f"{path} is locked by another process; it was busy while {doing}; try again"
        )
    if is_damage(error):
        return StorageFenced(
            f"{path} is damaged ({error}), found while {doing}; restore it from a backup"
        )
    if primary == sqlite3.SQLITE_READONLY or _is_denied(error):
        return UnsafeStorage(f"{path} cannot be written ({error}); check its permissions")
    return BackendUnavailable(f"{error} ({_name(error)}) while {doing} {path}; try again")


def _is_denied(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in (
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ELOOP,
    )


def _name(error: BaseException) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name:
        return str(name)
    if isinstance(error, OSError) and error.errno is not None:
        return errno.errorcode.get(error.errno, str(error.errno))
    return type(error).__name__
