"""SqliteBackend: a revision log in one SQLite file, for any number of threads and processes."""

from __future__ import annotations

import copy
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress

from kregistry.meta.clock import Clock, SystemClock
from kregistry.meta.failpoints import Failpoints
from kregistry.storage import fork
from kregistry.storage.backend import Backend, ChangeStream, Page, Snapshot, check_farthest
from kregistry.storage.errors import (
    BackendClosed,
    BackendError,
    ForkedStore,
    RevisionMismatch,
    UnsafeStorage,
)
from kregistry.storage.housekeeping import Chores, Housekeeper
from kregistry.storage.sqlite import expiry, faults, opening, place, reserve
from kregistry.storage.sqlite.checkpoint import Checkpointer
from kregistry.storage.sqlite.commit import GroupCommit, Request
from kregistry.storage.sqlite.compaction import Compactor
from kregistry.storage.sqlite.connections import Readers
from kregistry.storage.sqlite.feed import Feed
from kregistry.storage.sqlite.guard import Guard
from kregistry.storage.sqlite.lockfile import LockFile, Presence, beside
from kregistry.storage.sqlite.poller import Poller
from kregistry.storage.sqlite.reader import Reader
from kregistry.storage.sqlite.writer import Writer

_LARGEST = 2**63 - 1
_EXPIRE_BATCH = 64
_JOIN_TIMEOUT = 5.0
# Half of what a quick flush takes. Three times as long gave the same for 8 and 16 threads.
_GATHER = 0.0001


class SqliteBackend(Backend, Chores, fork.Forkable):
    """Keeps everything in one file, durable once a write returns.

    Args:
        path: The file; created, readable by its owner only, if it is not there. Beside it lie
            SQLite's own ``-wal`` and ``-shm``, a ``.lock`` and a ``.reserve`` of 2 MiB; none
            of them may be removed while the store is open, nor copied without the others.
        synchronous: ``full`` loses nothing that was acknowledged, whatever happens.
            ``normal`` may lose the last writes when the machine (not the program) dies, never
            the file; the revision then jumps, so that no revision is used twice.
        busy_timeout: Seconds to wait for other processes.
        clock: Measures times to live and the interval.
        unsafe_network_fs: Use a network file system all the same: without the WAL, and with
            the file locked for this process alone.
        compaction_interval: Seconds between compactions; each forgets what was history
            already at the one before. 0 for never.
        failpoints: ``sqlite.before_begin``, ``after_begin``, ``before_commit``,
            ``after_commit``, ``before_publish``, ``before_checkpoint``, ``after_checkpoint``,
            ``compact.before_mark``, ``compact.after_mark``, ``compact.before_batch``,
            ``compact.after_batch``, ``compact.after_vacuum``, ``before_jump``, ``after_jump``.

    Raises:
        ValueError: An argument makes no sense, ``synchronous="off"`` among them.
        UnsafeStorage: The place will not do, or something else is there.
        BackendUnavailable: Another process has the file locked.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        synchronous: str = "full",
        busy_timeout: float = 5.0,
        clock: Clock | None = None,
        unsafe_network_fs: bool = False,
        compaction_interval: float = 0.0,
        failpoints: Failpoints | None = None,
    ) -> None:
        _check_options(synchronous, busy_timeout, compaction_interval)
        self._path = place.resolve(path)
        self._clock = clock or SystemClock()
        self._synchronous = synchronous
        self._refusal: BackendError | None = None
        self._released = False
        alone = _must_be_alone(self._path, unsafe_network_fs)
        self._open(busy_timeout, alone)
        self._wire(busy_timeout, alone, failpoints)
        self._steady = expiry.SteadyClock(self._clock)
        self._interval = compaction_interval
        self._next_compaction = self._clock.monotonic() + compaction_interval
        self._history_mark = 0
        self._housekeeper = Housekeeper(self, clock=self._clock, name="kregistry-sqlite")
        fork.guard(self)
        try:
            self._begin_chores()
        except BaseException:
            self.close()
            raise

    @property
    def path(self) -> str:
        """The file, resolved."""
        return self._path

    def get(self, key: str) -> Snapshot:
        return self._reader.get(key)

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
        if not 0 <= limit < _LARGEST:
            raise ValueError(f"limit must not be negative: {limit}")
        if not 0 <= revision <= _LARGEST:
            raise ValueError(f"no revision can be {revision}")
        return self._reader.range(
            start, end, limit=limit, revision=revision, count=count, keys_only=keys_only
        )

    def put(self, key: str, value: bytes, *, expected: int, ttl: float | None = None) -> int:
        expires = None
        if ttl is not None:
            if not 0 < ttl < _LARGEST:
                raise ValueError(f"ttl must be positive, not {ttl}")
            expires = self._steady.now() + ttl
        if len(value) > self._longest:
            raise ValueError(f"a value of {len(value)} bytes is more than SQLite can keep")
        if not isinstance(value, bytes):
            raise TypeError(f"a value is bytes, not {type(value).__name__}")
        revision = self._submit(Request(key, value, expected, expires))
        if expires is not None:
            self._housekeeper.nudge()
        return revision

    def delete(self, key: str, *, expected: int) -> int:
        if expected < 1:
            raise ValueError("expected must be the revision of a record")
        return self._submit(Request(key, None, expected, None))

    def watch(self, start: str, end: str, *, after: int) -> ChangeStream:
        self._check()
        if not 0 <= after <= _LARGEST:
            raise ValueError(f"no revision can be {after}")
        return self._feed.stream(start, end, after=after)

    def current_revision(self) -> int:
        return self._reader.state().revision

    def compacted_revision(self) -> int:
        return self._reader.state().compacted

    def compact(self, revision: int) -> None:
        self._check()
        self._compactor.compact(min(revision, _LARGEST))

    def ttls(self, start: str, end: str) -> Mapping[str, float]:
        deadlines, now = self._reader.deadlines(start, end), self._steady.now()
        return {key: max(deadline - now, 0.0) for key, deadline in deadlines}

    def advance(self, revision: int) -> None:
        self._check()
        check_farthest(revision)
        self._compactor.advance(revision)

    def close(self) -> None:
        if not self._released:
            self._commits.alone(self._shut)
            # Between the two: it may wait for its turn to write, and what it reads through
            # must be closed before the file is, or SQLite leaves its log behind.
            self._housekeeper.join(_JOIN_TIMEOUT)
            self._commits.alone(self._release)

    def _shut(self) -> None:
        """Refuse all that comes from now on."""
        if self._refusal is None:
            self._housekeeper.close()  # first: what its chores run into now is no failure
            self._refusal = BackendClosed("the store is closed")
            self._guard.shut(self._refusal)

    def _release(self) -> None:
        if self._released or self._refusal is None:
            return
        self._released = True
        self._readers.close(self._refusal)
        self._poller.stop()
        self._feed.close(self._refusal)
        fork.release(self)
        self._close_file()

    def ready(self) -> None:
        self._check()
        self._guard.check()
        self._reader.state()

    def verify(self) -> list[str]:
        """Look at every page of the file. Takes long on a large one.

        Returns:
            What is wrong; nothing if it is in order.
        """
        return self._reader.integrity()

    def expire_now(self) -> int:
        """Delete every key whose time is up. The housekeeper does this by itself.

        Returns:
            How many keys were deleted. Each deletion has a revision of its own.
        """
        self._steady.adjust()
        now, total = self._steady.now(), 0
        while due := self._reader.due(now, _EXPIRE_BATCH):
            total += self._expire(due)
        return total

    def do_chores(self) -> float | None:
        if self._refusal is not None or self._guard.is_fenced:
            return None
        self.expire_now()
        now = self._clock.monotonic()
        delays = []
        if self._interval:
            if now >= self._next_compaction:
                self._next_compaction = now + self._interval
                mark, self._history_mark = self._history_mark, self.current_revision()
                self.compact(mark)
            delays.append(self._next_compaction - now)
        deadline = self._reader.next_deadline()
        if deadline is not None:
            delays.append(max(deadline - self._steady.now(), 0.0))
            if self._steady.adjust() > 1.0:  # the clock was set: follow it step by step
                delays.append(expiry.FORWARD_PAUSE)
        return min(delays, default=None)

    def after_fork_in_child(self) -> list[object]:
        self._refusal = ForkedStore(
            f"{self._path} was opened before this process was forked; open it anew here"
        )
        self._released = True
        self._feed.abandon(self._refusal)
        parked = [*self._readers.park(self._refusal), self._connection, self._writer, self._poller]
        self._lock.close()
        self._presence.close()
        return parked

    def _open(self, timeout: float, alone: bool) -> None:
        """Get the connection for writing, or leave nothing open."""
        try:
            self._lock = LockFile(beside(self._path), timeout=timeout)
            try:
                self._presence = Presence(reserve.beside(self._path))
            except BaseException:
                self._lock.close()
                raise
        except OSError as error:
            raise faults.translate(error, self._path, "opening") from error
        try:
            self._connection = opening.open_store(
                self._path,
                self._lock,
                self._presence,
                synchronous=self._synchronous,
                timeout=timeout,
                alone=alone,
            )
        except BaseException:
            self._presence.close()
            self._lock.close()
            raise

    def _close_file(self) -> None:
        in_order = not self._guard.is_fenced
        with self._readers.writer_lock or nullcontext():
            opening.close_store(self._connection, self._lock, self._presence, in_order=in_order)

    def _wire(self, timeout: float, alone: bool, failpoints: Failpoints | None) -> None:
        connection = self._connection
        self._longest = connection.getlimit(sqlite3.SQLITE_LIMIT_LENGTH) - 4096
        shared = connection if alone else None
        self._readers = Readers(self._path, timeout=timeout, shared=shared)
        self._guard = Guard(
            self._path,
            self._lock,
            reserve.Reserve(reserve.beside(self._path)),
            clock=self._clock,
            reading=self._readers.writer_lock,
            trusting=self._synchronous != "full",
        )
        self._reader = Reader(self._readers, self._path, self._guard.fence)
        self._feed = Feed(self._reader, self._start_polling)
        self._poller = Poller(
            self._readers.open_one,
            wanted=lambda: self._feed.is_watched,
            changed=self._feed.catch_up,
            inspect=self._inspect,
        )
        self._polls = not alone
        self._writer = Writer(connection, self._guard, feed=self._feed, failpoints=failpoints)
        self._checkpointer = Checkpointer(connection, self._guard, failpoints=failpoints)
        gather = _GATHER if self._synchronous == "full" else 0.0
        self._commits = GroupCommit(
            self._run, self._checkpointer.run_if_due, tidy=self._tidy, gather=gather
        )
        self._compactor = Compactor(
            self._commits,
            self._writer,
            self._guard,
            self._feed,
            self._checkpointer,
            failpoints=failpoints,
        )

    def _run(self, batch: Sequence[Request]) -> None:
        self._check()
        self._writer.run(batch)
        self._checkpointer.count(batch)

    def _tidy(self) -> None:
        with suppress(sqlite3.Error):  # it is closed
            self._writer.transaction.roll_back()
        self._guard.let_go()

    def _submit(self, request: Request) -> int:
        self._check()
        if not 0 <= request.expected <= _LARGEST:
            raise ValueError(f"no revision can be {request.expected}")
        return self._commits.submit(request)

    def _check(self) -> None:
        if self._refusal is not None:
            raise copy.copy(self._refusal)

    def _begin_chores(self) -> None:
        self._guard.prepare_reserve()
        if self._interval:
            self._history_mark = self.current_revision()
        if self._interval or self._reader.next_deadline() is not None:
            self._housekeeper.nudge()

    def _start_polling(self) -> None:
        if self._polls:
            self._poller.start()

    def _inspect(self) -> None:
        """Now and then, while somebody watches: is the file still there, is anything due?"""
        try:
            self._guard.inspect()
        except BackendError as error:
            if self._guard.is_lost:
                self._feed.fail(error)
            return
        deadline = self._reader.next_deadline()
        if deadline is not None and deadline <= self._steady.now():
            self._housekeeper.nudge()

    def _expire(self, due: Sequence[tuple[str, int]]) -> int:
        done = 0
        for key, revision in due:
            try:
                self.delete(key, expected=revision)
            except RevisionMismatch:  # written meanwhile: it has another deadline, or none
                continue
            done += 1
        return done


def _check_options(synchronous: str, busy_timeout: float, interval: float) -> None:
    if synchronous == "off":
        raise ValueError("synchronous='off' would corrupt the file in a power cut; use 'normal'")
    if synchronous not in ("full", "normal"):
        raise ValueError(f"synchronous must be 'full' or 'normal', not {synchronous!r}")
    if not 0 <= busy_timeout <= 3600:
        raise ValueError(f"busy_timeout must be between 0 and 3600 s, not {busy_timeout}")
    if not interval >= 0:
        raise ValueError(f"compaction_interval must not be negative: {interval}")


def _must_be_alone(path: str, unsafe_network_fs: bool) -> bool:
    """Look at the place; whether the file must be locked for this process alone."""
    place.check(path)
    network = place.network_type(path)
    if network and not unsafe_network_fs:
        raise UnsafeStorage(
            f"{path} lies on a network file system ({network}), where SQLite loses data; use a "
            "local disk, or unsafe_network_fs=True with one process only"
        )
    return bool(network)
