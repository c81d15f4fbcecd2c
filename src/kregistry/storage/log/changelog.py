"""ChangeLog: the recent changes of a store, read by any number of watchers at their own pace.

The log is shared. A watcher is a place in it, so a slow one costs no memory and delays nobody;
it is told so, and ends, when compaction passes its place. Publishing costs the same whatever
the number of watchers.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple, Protocol

from kregistry.storage.backend import Change, ChangeStream
from kregistry.storage.errors import BackendClosed, RevisionCompacted
from kregistry.storage.keys import KeyRange
from kregistry.storage.log.parking import Bay, ParkingLot, Wake
from kregistry.storage.log.window import Window, cut, size_of


class History(NamedTuple):
    """Changes that the log no longer holds, or never held.

    Attributes:
        changes: Of the keys asked for, in order.
        upto: Every one of them at or before this revision is here.
    """

    changes: Sequence[Change]
    upto: int


#: Reads ``(start, end, after, limit)``: the changes of the keys ``start <= key < end`` with a
#: revision above *after*, of which *limit* are wanted now. What goes beyond that is kept for the
#: next poll, so it should be read only where that costs little. Gets ahead with every call:
#: ``upto`` is above *after*. Raises RevisionCompacted, and BackendUnavailable.
ReadHistory = Callable[[str, str, int, int], History]

_SCAN_WHEN_PARKING = 64


class ChangeLog:
    """Recent changes, in memory. Safe to share between threads.

    One writer at a time appends, in order of revisions: whoever owns the log sees to that.

    Args:
        revision: Where the log begins: the store's revision now.
        compacted: The store's compacted revision.
        capacity: Keep at least so many changes, and at most twice as many; 0 keeps all until
            they are compacted.
        max_bytes: Keep fewer if their values are larger than this together; 0 for no such
            bound. The newest change is kept, however large.
        read_history: Reads changes that fell out of the log, or came before it. Without it the
            log knows nothing from before *revision*, which then counts as compacted.
    """

    def __init__(
        self,
        *,
        revision: int,
        compacted: int = 0,
        capacity: int = 0,
        max_bytes: int = 0,
        read_history: ReadHistory | None = None,
    ) -> None:
        if (capacity or max_bytes) and read_history is None:
            raise ValueError("a bounded log needs somebody to read the history from")
        if read_history is None and revision > 1:
            compacted = revision  # what happened before is nowhere to be read
        self._lock = threading.Lock()
        self._window = Window(revision, [])
        self._head = revision
        self._compacted = compacted
        self._capacity = capacity
        self._max_bytes = max_bytes
        self._bytes = 0
        self._read_history = read_history
        self._lot = ParkingLot()
        self._streams: weakref.WeakSet[LogStream] = weakref.WeakSet()
        self._closed = False

    @property
    def head(self) -> int:
        """Every change up to this revision was appended, or came before the log."""
        return self._head

    @property
    def floor(self) -> int:
        """The log holds every change after this revision."""
        return self._window.floor

    @property
    def compacted(self) -> int:
        """Streams cannot start, or be, below this revision."""
        return self._compacted

    @property
    def parked(self) -> int:
        """How many readers wait."""
        with self._lock:
            return len(self._lot)

    def append(self, changes: Sequence[Change]) -> list[Bay]:
        """Add *changes*, which follow everything so far.

        Returns:
            Who waits for them, to be woken when the caller holds no lock any more.
        """
        if not changes:
            return []
        with self._lock:
            if changes[0].revision <= self._head:
                raise ValueError(f"revision {changes[0].revision} does not follow {self._head}")
            due = [bay for change in changes for bay in self._lot.shut(change.key, change.revision)]
            self._window.changes.extend(changes)
            self._head = changes[-1].revision
            self._shrink(changes)
            return due

    def publish(self, changes: Sequence[Change]) -> None:
        """:meth:`append`, and wake who waited."""
        wake(self.append(changes))

    def reach(self, revision: int) -> None:
        """There are no further changes up to *revision*."""
        with self._lock:
            self._head = max(self._head, revision)

    def compact(self, revision: int) -> None:
        """Let go of changes at or before *revision*.

        Streams that have not read so far end, unless none of these changes was for them.
        """
        if revision <= self._compacted:
            return
        # What was committed beyond the head, nobody knows here: it may be for anybody.
        known = min(revision, self._head)
        untouched = self._untouched(known)
        with self._lock:
            if revision <= self._compacted:
                return
            for stream in untouched:
                stream._after = max(stream._after, known)
            self._compacted = revision
            self._drop(self._window.after(max(revision, self._window.floor)))

    def advance(self, revision: int) -> None:
        """Go on at *revision*, to which no changes lead; everything before is compacted.

        Streams that have read all there was for them go on there; the others end. Called by
        whoever appends.
        """
        if revision <= self._head:
            return
        done = set(self._untouched(self._head))
        with self._lock:
            done.update(each for each in list(self._streams) if each._after >= self._head)
            for stream in done:
                stream._after = max(stream._after, revision)
            # In this order: who reads without the lock must not take the jump for progress.
            self._compacted = revision
            self._window = Window(revision, [])
            self._bytes = 0
            self._head = revision

    def since(self, revision: int) -> Sequence[Change]:
        """The changes after *revision*, which is not below what the log holds."""
        window = self._window
        return window.changes[window.after(revision) :]

    def count_since(self, revision: int) -> int:
        """How many there are."""
        window = self._window
        return len(window.changes) - window.after(revision)

    def stream(self, start: str, end: str, *, after: int) -> LogStream:
        """A place in the log; see :meth:`~kregistry.storage.backend.Backend.watch`."""
        if self._closed:
            raise BackendClosed("the store is closed")
        if after < self._compacted:
            raise RevisionCompacted(after, self._compacted)
        stream = LogStream(self, KeyRange(start, end), after)
        with self._lock:
            self._streams.add(stream)
        return stream

    def close(self) -> None:
        """End every stream once it has read what is there. Idempotent."""
        with self._lock:
            self._closed = True
            due = self._lot.shut_all(self._head)
        wake(due)

    def _untouched(self, revision: int) -> list[LogStream]:
        """Streams that have yet to read up to *revision* and have nothing to read there.

        One pass over the changes, however many streams there are, and without the lock.
        """
        with self._lock:
            window, streams = self._window, list(self._streams)
        behind = [each for each in streams if window.floor <= each._after < revision]
        if not behind:
            return []
        lot = ParkingLot()
        bays = [(each, lot.bay(lot.place(each._keys))) for each in behind]
        first = window.after(min(each._after for each in behind))
        for change in islice(window.changes, first, window.after(revision)):
            for bay in lot.concerned(change.key):
                bay.upto = change.revision
        return [each for each, bay in bays if bay.upto <= each._after]

    def _shrink(self, added: Sequence[Change]) -> None:
        """Keep to the bounds after *added* came in."""
        if self._max_bytes:
            self._bytes += sum(map(size_of, added))
            if self._bytes > self._max_bytes:
                self._drop(self._too_many(self._window.changes))
        held = len(self._window.changes)
        if self._capacity and held > 2 * self._capacity:
            self._drop(held - self._capacity)

    def _too_many(self, changes: Sequence[Change]) -> int:
        """How many to drop for the rest to take half the room, so that it is rarely done."""
        excess = self._bytes - self._max_bytes // 2
        for index, change in enumerate(changes[:-1]):
            if excess <= 0:
                return index
            excess -= size_of(change)
        return len(changes) - 1

    def _drop(self, count: int) -> None:
        """Forget the oldest *count* changes. Readers in the middle of the old list keep it."""
        if count:
            changes = self._window.changes
            if self._max_bytes:
                self._bytes -= sum(map(size_of, changes[:count]))
            self._window = Window(changes[count - 1].revision, changes[count:])


class LogStream(ChangeStream):
    """A place in a :class:`ChangeLog`."""

    __slots__ = ("__weakref__", "_after", "_backlog", "_bay", "_keys", "_last", "_log", "_place")

    def __init__(self, log: ChangeLog, keys: KeyRange, after: int) -> None:
        self._log = log
        self._keys = keys
        self._place = log._lot.place(keys)
        self._after = after
        self._backlog: History | None = None  # read, but not delivered yet
        self._bay: Bay | None = None
        self._last: int | None = None  # nothing after this revision is read: the stream is closed

    @property
    def position(self) -> int:
        return self._after

    def poll(self, limit: int = 256) -> Sequence[Change]:
        if limit < 1:
            raise ValueError(f"limit must be positive, not {limit}")
        self._leave()
        while True:
            closed, goal = self._log._closed, self._goal()
            if self._after >= goal:
                if closed and self._last is None:
                    raise BackendClosed("the store is closed")
                return ()
            found = self._advance(limit, goal)
            if found:
                return found

    def park(self, wake: Wake) -> bool:
        self._leave()
        log = self._log
        with log._lock:
            if log._closed or self._last is not None or not self._skip_foreign():
                return False
            self._bay = log._lot.bay(self._place)
            self._bay.add(self, wake)
            return True

    def close(self) -> None:
        parked = None
        with self._log._lock:
            if self._last is None:
                self._last = self._log._head
            if self._bay is not None and self._bay.open:
                parked = self._bay.remove(self)
                self._bay = None
        if parked is not None:
            parked()

    def _goal(self) -> int:
        """Read up to this revision."""
        return self._log._head if self._last is None else self._last

    def _advance(self, limit: int, goal: int) -> Sequence[Change]:
        """Some changes further on, of which there may be none for this stream."""
        if self._after < self._log._compacted:
            raise RevisionCompacted(self._after, self._log._compacted)
        window = self._log._window
        if self._after < window.floor:
            return self._read_history(limit, goal)
        self._backlog = None
        run = window.run(self._keys, self._after, limit, goal)
        self._after = run.upto
        return run

    def _read_history(self, limit: int, goal: int) -> Sequence[Change]:
        read = self._log._read_history
        if read is None:  # a log that keeps everything cannot have let go of this
            raise RevisionCompacted(self._after, self._log._compacted)
        changes, upto = self._backlog or read(*self._keys, self._after, limit)
        found = cut(changes, limit)
        if rest := changes[len(found) :]:
            self._after, self._backlog = found[-1].revision, History(rest, upto)
        else:
            self._after, self._backlog = upto, None
        if self._last is not None:
            found = [change for change in found if change.revision <= goal]
        return found

    def _skip_foreign(self) -> bool:
        """Move behind changes that are not for this stream; False if that would take long.

        Runs under the lock of the log.
        """
        head, window = self._log._head, self._log._window
        if self._after >= head:
            return True
        if self._after < window.floor:
            return False
        rest = window.changes[window.after(self._after) :][: _SCAN_WHEN_PARKING + 1]
        start, end = self._keys
        if len(rest) > _SCAN_WHEN_PARKING or any(start <= each.key < end for each in rest):
            return False
        self._after = head
        return True

    def _leave(self) -> None:
        """Stop waiting. Nothing for this stream happened while it waited, or it was woken."""
        if self._bay is None:
            return
        with self._log._lock:
            bay, self._bay = self._bay, None
            if bay is None:  # closed in the meantime
                return
            if bay.open:
                bay.remove(self)
            self._after = max(self._after, self._log._head if bay.open else bay.upto)


class Wakeable(Protocol):
    """Somebody who waits, or many of them."""

    def wake(self) -> None:
        """Wake them; call it without any lock."""


def wake(waiting: Sequence[Wakeable]) -> None:
    """Wake everybody; call it without any lock."""
    for each in waiting:
        each.wake()
