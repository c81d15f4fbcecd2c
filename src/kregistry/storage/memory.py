"""MemoryBackend: dictionaries and a revision log, for tests and for data that may be lost."""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Mapping, Sequence
from itertools import islice

from kregistry.meta.clock import Clock, SystemClock
from kregistry.meta.failpoints import Failpoints
from kregistry.storage import fork
from kregistry.storage.backend import Backend, Change, Page, Snapshot, check_farthest
from kregistry.storage.errors import (
    BackendClosed,
    BackendError,
    ForkedStore,
    RevisionCompacted,
    RevisionInFuture,
    RevisionMismatch,
)
from kregistry.storage.expiring import ExpiringKeys
from kregistry.storage.housekeeping import Chores, Housekeeper
from kregistry.storage.log.changelog import ChangeLog, LogStream, wake
from kregistry.storage.log.parking import Bay
from kregistry.storage.versions import Versions

#: Keys that are compacted, or expired, in one hold of the lock.
_BATCH = 1000


class MemoryBackend(Backend, Chores, fork.Forkable):
    """Keeps everything in this process. Gone when the process ends.

    Args:
        clock: Measures times to live and the interval.
        start_revision: Revision of the empty store. Above 1, everything up to it counts as
            compacted, so that versions from an earlier life of the program are answered with
            "too old" and not taken for new ones.
        compaction_interval: Seconds between compactions; each forgets what was history
            already at the one before. 0 for never.
        failpoints: ``memory.before_commit`` and ``memory.after_commit``.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        start_revision: int = 1,
        compaction_interval: float = 0.0,
        failpoints: Failpoints | None = None,
    ) -> None:
        if start_revision < 1:
            raise ValueError(f"start_revision must be at least 1, not {start_revision}")
        if not compaction_interval >= 0:
            raise ValueError(f"compaction_interval must not be negative: {compaction_interval}")
        self._clock = clock or SystemClock()
        self._failpoints = failpoints
        self._lock = threading.Lock()
        self._versions = Versions()
        self._log = ChangeLog(revision=start_revision)
        self._revision = start_revision
        self._compacted = start_revision if start_revision > 1 else 0
        self._expiring = ExpiringKeys(self._clock)
        self._interval = compaction_interval
        self._next_compaction = self._clock.monotonic() + compaction_interval
        self._history_mark = start_revision
        self._housekeeper = Housekeeper(self, clock=self._clock, name="kregistry-memory")
        self._refusal: BackendError | None = None
        fork.guard(self)

    @property
    def in_memory(self) -> bool:
        return True

    def get(self, key: str) -> Snapshot:
        self._check()
        # Without the lock first. A version that is no newer than the store's revision was the
        # newest one at that revision; of a key that is not there nothing of the kind is known.
        revision, record = self._revision, self._versions.get(key)
        if record is not None and record.mod_revision <= revision:
            return Snapshot(record, revision)
        with self._lock:
            return Snapshot(self._versions.get(key), self._revision)

    def range(
        self,
        start: str,
        end: str,
        *,
        limit: int = 0,
        revision: int = 0,
        count: bool = False,
        keys_only: bool = False,
    ) -> Page:
        self._check()
        if limit < 0:
            raise ValueError(f"limit must not be negative: {limit}")
        with self._lock:
            self._check_readable(revision)
            wanted = limit + 1 if limit else 0
            if revision in (0, self._revision) or not self._changed_since(start, end, revision):
                span = self._versions.span(start, end)
                records = self._versions.newest(span, wanted)
                total = self._versions.count(span) if count else -1
            else:
                records = self._versions.at(start, end, wanted, revision)
                total = self._count_at(start, end, revision) if count else -1
            current = self._revision
        more = bool(limit) and len(records) > limit
        if more:
            records.pop()
        if keys_only:
            records = [record._replace(value=b"") for record in records]
        return Page(records, current, more, total)

    def put(self, key: str, value: bytes, *, expected: int, ttl: float | None = None) -> int:
        self._check()
        _check_write(key, value)
        if ttl is not None and not 0 < ttl < math.inf:
            raise ValueError(f"ttl must be positive, not {ttl}")
        self._hit("memory.before_commit")
        with self._lock:
            self._expect(key, expected)
            change = self._versions.put(key, value, self._revision + 1)
            self._expiring.set(key, change.revision, ttl)
            bays = self._commit([change])
        wake(bays)
        self._after_commit(ttl)
        return change.revision

    def delete(self, key: str, *, expected: int) -> int:
        self._check()
        if expected < 1:
            raise ValueError("expected must be the revision of a record")
        self._hit("memory.before_commit")
        with self._lock:
            self._expect(key, expected)
            change = self._versions.delete(key, self._revision + 1)
            self._expiring.set(key, change.revision, None)
            bays = self._commit([change])
        wake(bays)
        self._after_commit(None)
        return change.revision

    def watch(self, start: str, end: str, *, after: int) -> LogStream:
        self._check()
        return self._log.stream(start, end, after=after)

    def current_revision(self) -> int:
        self._check()
        return self._revision

    def compacted_revision(self) -> int:
        self._check()
        return self._compacted

    def compact(self, revision: int) -> None:
        self._check()
        with self._lock:
            revision = min(revision, self._revision)
            if revision <= self._compacted:
                return
            touched = self._keys_changed(self._compacted, revision)
            self._compacted = revision
            self._log.compact(revision)
        self._forget(touched, revision)

    def ttls(self, start: str, end: str) -> Mapping[str, float]:
        self._check()
        return self._expiring.remaining(start, end)

    def advance(self, revision: int) -> None:
        self._check()
        check_farthest(revision)
        with self._lock:
            if revision <= self._revision:
                return
            touched = self._keys_changed(self._compacted, self._revision)
            self._log.advance(revision)
            self._revision = self._compacted = revision
        self._forget(touched, revision)

    def expire_now(self) -> int:
        """Delete every key whose time is up. The housekeeper does this by itself.

        Returns:
            How many keys were deleted. Each deletion has a revision of its own.
        """
        total = 0
        while expired := self._expire_batch():
            total += expired
        return total

    def do_chores(self) -> float | None:
        self.expire_now()
        now = self._clock.monotonic()
        if self._interval and now >= self._next_compaction:
            mark, self._history_mark = self._history_mark, self._revision
            self._next_compaction = now + self._interval
            self.compact(mark)
        return self._expiring.next()

    def close(self) -> None:
        self._refusal = self._refusal or BackendClosed("the store is closed")
        fork.release(self)
        self._housekeeper.close()
        self._log.close()

    def ready(self) -> None:
        self._check()

    def after_fork_in_child(self) -> list[object]:
        self._refusal = ForkedStore(
            "a memory store cannot be shared with a child process; open another one there"
        )
        return []

    def _check(self) -> None:
        if self._refusal is not None:
            raise copy.copy(self._refusal)

    def _check_readable(self, revision: int) -> None:
        if revision < 0:
            raise ValueError(f"revision must not be negative: {revision}")
        if revision > self._revision:
            raise RevisionInFuture(revision, self._revision)
        if revision and revision < self._compacted:
            raise RevisionCompacted(revision, self._compacted)

    def _expect(self, key: str, expected: int) -> None:
        current = self._versions.get(key)
        if (current.mod_revision if current is not None else 0) != expected:
            raise RevisionMismatch(current)

    def _commit(self, changes: Sequence[Change]) -> list[Bay]:
        """Make *changes* known. Runs under the lock; the caller wakes what this returns."""
        self._revision = changes[-1].revision
        return self._log.append(changes)

    def _after_commit(self, ttl: float | None) -> None:
        if ttl is not None or (self._interval and self._clock.monotonic() >= self._next_compaction):
            self._housekeeper.nudge()
        self._hit("memory.after_commit")

    def _expire_batch(self) -> int:
        self._check()
        changes: list[Change] = []
        with self._lock:
            for key, revision in self._expiring.take(_BATCH):
                changes.append(self._versions.delete(key, self._revision + len(changes) + 1))
                self._expiring.done(key, revision)
            bays = self._commit(changes) if changes else []
        wake(bays)
        return len(changes)

    def _changed_since(self, start: str, end: str, revision: int) -> bool:
        """Whether the range may look different now from what it was at *revision*."""
        if self._log.count_since(revision) > _BATCH:
            return True
        return any(start <= change.key < end for change in self._log.since(revision))

    def _count_at(self, start: str, end: str, revision: int) -> int:
        """Count the range as it was: undo what happened since, or look at each key."""
        total = self._versions.count(self._versions.span(start, end))
        if self._log.count_since(revision) > total:
            return self._versions.count_at(start, end, revision)
        for change in self._log.since(revision):
            if start <= change.key < end:
                total += (change.value is None) - (change.previous is None)
        return total

    def _keys_changed(self, after: int, upto: int) -> list[str]:
        """Keys that may have versions to forget."""
        window = self._log.since(max(after, self._log._window.floor))
        return list({change.key for change in window if change.revision <= upto})

    def _forget(self, touched: Sequence[str], revision: int) -> None:
        """Drop what nobody can read any more of these keys, a little at a time."""
        keys = iter(touched)
        while batch := list(islice(keys, _BATCH)):
            with self._lock:
                self._versions.compact(batch, revision)

    def _hit(self, name: str) -> None:
        if self._failpoints is not None:
            self._failpoints.hit(name)


def _check_write(key: object, value: object) -> None:
    """Refuse what other backends could not keep, and what somebody could change later.

    Raises:
        TypeError: The key is no text, or the value no bytes.
        ValueError: The key cannot be written as UTF-8.
    """
    if not isinstance(key, str):
        raise TypeError(f"a key is text, not {type(key).__name__}")
    if not isinstance(value, bytes):
        raise TypeError(f"a value is bytes, not {type(value).__name__}")
    if not key.isascii():
        try:
            key.encode()
        except UnicodeEncodeError:
            raise ValueError(f"the key {key!r} cannot be written as UTF-8") from None
