"""Says whether the store may be written, and turns failures into a state that lasts.

A store is in order, full (puts are refused, deletions go through) or fenced (nothing is
written until it is opened again). Reads go on in each.
"""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from threading import RLock

from kregistry.meta.clock import Clock
from kregistry.storage.errors import BackendError, StorageFenced, StorageFull
from kregistry.storage.sqlite import faults, place
from kregistry.storage.sqlite.commit import Request
from kregistry.storage.sqlite.lockfile import LockFile
from kregistry.storage.sqlite.reserve import Reserve

_FLUSH_CODES = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC})
_RETRY_ROOM = 1.0


class Guard:
    """Stands before every transaction that writes.

    Args:
        path: The database.
        lock: Keeps other processes out meanwhile.
        reserve: Room for deletions when there is none left.
        clock: Says when to look for room again.
        reading: What keeps readers of the same connection out, where they share it.

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
    ) -> None:
        self.path = path
        self._lock = lock
        self._reserve = reserve
        self._clock = clock
        self._reading = reading or nullcontext()
        self._identity = place.identity(path)
        self._fence = ""
        self._log_identity: place.Identity | None = None
        self._refusal: BackendError | None = None
        self.is_lost = False
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

    @contextmanager
    def writing(self, doing: str) -> Iterator[None]:
        """Hold the right to write for the length of the block.

        Raises:
            StorageFenced: The store takes no more writes, from now on or since earlier.
            StorageFull: There is no room.
            BackendUnavailable: Another process holds the lock for too long.
        """
        if self._refusal is not None:
            raise copy.copy(self._refusal)
        self.check()
        try:
            with self._reading:
                self._lock.acquire()
                try:
                    yield
                finally:
                    self._lock.release()
        except faults.ENGINE_ERRORS as error:
            raise self._judge(error, doing) from error

    def check(self) -> None:
        """Raise if the store takes no writes.

        Raises:
            StorageFenced: Because of an earlier error, or because the file is not there.
        """
        if not self._fence and place.identity(self.path) != self._identity:
            self.is_lost = True
            self.fence("the file was removed or replaced while it was open")
        if not self._fence and not self._lock.is_linked():
            self.fence("its lock file was removed while it was open")
        if self._fence:
            raise faults.fenced(self.path, self._fence)

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
        if not self._reserve.fill():
            self._run_full()

    def _judge(self, error: BaseException, doing: str) -> Exception:
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
        if self._reserve.fill() and not faults.no_room_left(
            self.path, self._reserve.path + ".probe"
        ):
            self._full_since = None
            return True
        return False
