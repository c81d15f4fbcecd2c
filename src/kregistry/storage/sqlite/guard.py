"""Says whether the store may be written, and turns failures into a state that lasts.

A store is in order, full (puts are refused, deletions go through) or fenced (nothing is
written until it is opened again). Reads go on in each.
"""

from __future__ import annotations

import copy
import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from threading import RLock
from time import monotonic
from types import TracebackType

from kregistry.meta.clock import Clock
from kregistry.storage.errors import BackendError, StorageFenced, StorageFull
from kregistry.storage.sqlite import faults, place
from kregistry.storage.sqlite.commit import Request
from kregistry.storage.sqlite.lockfile import LockFile
from kregistry.storage.sqlite.reserve import Reserve

_FLUSH_CODES = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC})
_RETRY_ROOM = 1.0
# Looking for the file costs a tenth of a commit, of those that are not flushed.
_LOOK_EVERY = 0.001


class Guard:
    """Stands before every transaction that writes.

    Args:
        path: The database.
        lock: Keeps other processes out meanwhile.
        reserve: Room for deletions when there is none left.
        clock: Says when to look for room again.
        reading: What keeps readers of the same connection out, where they share it.
        trusting: Look for the file a thousand times a second at most, not at every commit.

    Attributes:
        is_lost: The file that is open is not the one at its path any more.
    """

    def __init__(
        self,
        path: str,
        lock: LockFile,
        reserve: Reserve,
        *,
        clock: Clock,
        reading: RLock | None,
        trusting: bool = False,
    ) -> None:
        self.path = path
        self._trusting = trusting
        self._lock = lock
        self._reserve = reserve
        self._clock = clock
        self._reading = reading
        self._identity = place.identity(path)
        self._inode = self._identity.inode if self._identity is not None else 0
        self._fence = ""
        self._log_identity: place.Identity | None = None
        self._refusal: BackendError | None = None
        self.is_lost = False
        self._looked = monotonic()
        self._full_since: float | None = None

    @property
    def is_fenced(self) -> bool:
        """Whether nothing is written any more."""
        return bool(self._fence)

    @property
    def is_full(self) -> bool:
        """Whether puts are refused for want of room."""
        return self._full_since is not None

    def admit(self, batch: Sequence[Request]) -> Sequence[Request]:
        """What of *batch* may be tried; the rest gets its error."""
        if self._full_since is None or self._room_again():
            return batch
        admitted = []
        for request in batch:
            if request.value is None:
                admitted.append(request)
            else:
                request.error = faults.full(self.path)
        return admitted

    def writing(self, doing: str) -> Writing:
        """The right to write, as a context manager that may be used again and again.

        Raises, on entering or leaving:
            StorageFenced: The store takes no more writes, from now on or since earlier.
            StorageFull: There is no room.
            BackendUnavailable: Another process holds the lock for too long.
        """
        return Writing(self, self._lock, self._reading, doing)

    def let_go(self) -> None:
        """After an interrupt, in the thread that was writing: release what it may hold."""
        with suppress(OSError, ValueError):  # it is closed
            self._lock.release()
        if self._reading is not None:
            with suppress(RuntimeError):  # it does not hold it
                self._reading.release()

    def check_open(self) -> None:
        """:meth:`check`, but not a thousand times a second; and raise if it is closed."""
        if self._refusal is not None:
            raise copy.copy(self._refusal)
        if self._fence or monotonic() - self._looked > _LOOK_EVERY:
            self.check()

    def confirm(self) -> None:
        """After a commit, before it is acknowledged: is the file still there?

        Raises:
            StorageFenced: What was committed is in a file that nobody will find.
        """
        if self._trusting or self._fence:
            return
        try:  # the short way for the usual case
            found = os.stat(self.path)
            if found.st_ino == self._inode and self._lock.is_linked():
                return
        except OSError:
            pass
        self.check()

    def check(self) -> None:
        """Raise if the store takes no writes.

        Raises:
            StorageFenced: Because of an earlier error, or because the file is not there.
        """
        if not self._fence:
            self._find_files()
        if self._fence:
            raise faults.fenced(self.path, self._fence)

    def _find_files(self) -> None:
        self._looked = monotonic()
        if place.identity(self.path) != self._identity:
            self.is_lost = True
            self.fence("the file was removed or replaced while it was open")
        elif not self._lock.is_in_place():
            self.fence("its lock file was removed while it was open")
        elif self._full_since is None and not self._reserve.is_filled():
            # Another process ran out of room and freed it, for deletions only.
            self._full_since = self._clock.monotonic()

    def inspect(self) -> None:
        """:meth:`check`, and the log that SQLite keeps beside the file too."""
        self.check()
        found = place.identity(self.path + "-wal")
        if self._log_identity is None:
            self._log_identity = found
        elif found != self._log_identity:
            self.is_lost = True
            raise self.fence("its write-ahead log was removed or replaced while it was open")

    def shut(self, refusal: BackendError) -> None:
        """Refuse every later write with *refusal*."""
        self._refusal = refusal

    def fence(self, why: str) -> StorageFenced:
        """Take no more writes until the store is opened again."""
        if not self._fence:
            self._fence = why
            self._lock.mark_suspect()
        return faults.fenced(self.path, self._fence)

    def prepare_reserve(self) -> None:
        """Set room aside; where there is none, the store is full from the beginning."""
        if not self._fill_reserve():
            self._run_full()

    def judge(self, error: BaseException, doing: str) -> BackendError:
        """What *error*, raised while *doing*, means; it may fill or fence the store."""
        if faults.is_full(error):
            return self._run_full()
        if not faults.is_fatal(error):
            return faults.translate(error, self.path, doing)
        flushing = faults.code_of(error) in _FLUSH_CODES
        if not flushing and faults.no_room_left(self.path, self._reserve.path + ".probe"):
            return self._run_full()
        return self.fence(f"{error} while {doing} it")

    def _run_full(self) -> StorageFull:
        self._full_since = self._clock.monotonic()
        self._reserve.free()
        return faults.full(self.path)

    def _room_again(self) -> bool:
        now = self._clock.monotonic()
        if self._full_since is None or now - self._full_since < _RETRY_ROOM:
            return False
        self._full_since = now
        return self.try_recover()

    def try_recover(self) -> bool:
        """See whether there is room again, and take puts if so."""
        if self._fill_reserve():
            if not faults.no_room_left(self.path, self._reserve.path + ".probe"):
                self._full_since = None
                return True
            self._reserve.free()  # deletions still need it
        return False

    def _fill_reserve(self) -> bool:
        try:
            return self._reserve.fill()
        except OSError as error:
            raise faults.translate(error, self.path, "keeping room for") from error


class Writing:
    """Holds the lock between processes, and turns what goes wrong into typed errors."""

    __slots__ = ("_doing", "_guard", "_lock", "_reading")

    def __init__(self, guard: Guard, lock: LockFile, reading: RLock | None, doing: str) -> None:
        self._guard = guard
        self._lock = lock
        self._reading = reading
        self._doing = doing

    def __enter__(self) -> None:
        self._guard.check_open()
        if self._reading is not None:
            self._reading.acquire()
        try:
            self._lock.acquire()
        except BaseException:
            if self._reading is not None:
                self._reading.release()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()
        if self._reading is not None:
            self._reading.release()
        if isinstance(error, faults.ENGINE_ERRORS):
            raise self._guard.judge(error, self._doing) from error
