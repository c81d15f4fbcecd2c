"""ModelBackend: the rules of Backend, as plainly as they can be written.

A state and a list of changes; every read replays the list. Nothing is fast and nothing is
clever, so that a reader can check it against the contract by eye. Property tests run it in
lock-step with the real backends, and :mod:`kregistry.testing.faults` breaks it on purpose.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from kregistry.meta.clock import Clock, SystemClock
from kregistry.storage.backend import (
    Backend,
    Change,
    ChangeStream,
    Page,
    Record,
    Snapshot,
    check_farthest,
)
from kregistry.storage.errors import (
    BackendClosed,
    RevisionCompacted,
    RevisionInFuture,
    RevisionMismatch,
)

State = dict[str, Record]


def after(state: State, change: Change) -> State:
    """The state after one change."""
    following = {key: record for key, record in state.items() if key != change.key}
    if change.value is not None:
        old = state.get(change.key)
        created = old.create_revision if old else change.revision
        following[change.key] = Record(change.key, change.value, change.revision, created)
    return following


def in_range(key: str, start: str, end: str) -> bool:
    """Whether ``start <= key < end`` in the order of UTF-8 bytes."""
    return start.encode() <= key.encode() < end.encode()


class ModelBackend(Backend):
    """A backend to reason with: ``base`` is the state at the compacted revision, ``log`` the rest.

    Keys with a time to live go when :meth:`sweep` finds their time come; with a real clock a
    timer calls it.
    """

    def __init__(self, *, clock: Clock | None = None, start_revision: int = 1) -> None:
        self.lock = threading.RLock()
        self.clock = clock or SystemClock()
        self.base: State = {}
        self.log: list[Change] = []
        self.revision = start_revision
        self.compacted = start_revision if start_revision > 1 else 0
        self.deadlines: dict[str, tuple[float, int]] = {}
        self.streams: list[ModelStream] = []
        self.timers: list[threading.Timer] = []
        self.closed = False

    def state(self, revision: int = 0) -> State:
        """Everything that was stored at *revision*; 0 for now."""
        state = self.base
        for change in self.log:
            if revision == 0 or change.revision <= revision:
                state = after(state, change)
        return state

    def get(self, key: str) -> Snapshot:
        with self.lock:
            self.check_open()
            return Snapshot(self.state().get(key), self.revision)

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
        with self.lock:
            self.check_open()
            self.check_readable(revision)
            found = [r for r in self.state(revision).values() if in_range(r.key, start, end)]
            found.sort(key=lambda record: record.key.encode())
            shown = found[:limit] if limit else found
            if keys_only:
                shown = [record._replace(value=b"") for record in shown]
            total = len(found) if count else -1
            return Page(shown, self.revision, len(shown) < len(found), total)

    def put(self, key: str, value: bytes, *, expected: int, ttl: float | None = None) -> int:
        with self.lock:
            self.check_open()
            self.check_expected(key, expected)
            revision = self.commit(key, value)
            self.set_deadline(key, ttl)
        self.wake()
        return revision

    def delete(self, key: str, *, expected: int) -> int:
        with self.lock:
            self.check_open()
            if expected <= 0:
                raise ValueError("a deletion expects a revision above 0")
            self.check_expected(key, expected)
            revision = self.commit(key, None)
            self.set_deadline(key, None)
        self.wake()
        return revision

    def watch(self, start: str, end: str, *, after: int) -> ChangeStream:
        with self.lock:
            self.check_open()
            if after < self.compacted:
                raise RevisionCompacted(after, self.compacted)
            stream = self.open_stream(start, end, after)
            self.streams.append(stream)
            return stream

    def open_stream(self, start: str, end: str, after: int) -> ModelStream:
        """The stream that :meth:`watch` returns."""
        return ModelStream(self, start, end, after)

    def current_revision(self) -> int:
        with self.lock:
            self.check_open()
            return self.revision

    def compacted_revision(self) -> int:
        with self.lock:
            self.check_open()
            return self.compacted

    def compact(self, revision: int) -> None:
        with self.lock:
            self.check_open()
            revision = min(revision, self.revision)
            if revision > self.compacted:
                for stream in self.streams:
                    stream.let_pass(revision)
                self.base = self.state(revision)
                self.log = [change for change in self.log if change.revision > revision]
                self.compacted = revision
        self.wake()

    def ttls(self, start: str, end: str) -> Mapping[str, float]:
        with self.lock:
            self.check_open()
            return {
                key: self.time_left(at)
                for key, (at, _) in self.deadlines.items()
                if in_range(key, start, end)
            }

    def advance(self, revision: int) -> None:
        check_farthest(revision)
        with self.lock:
            self.check_open()
            if revision > self.revision:
                self.jump(revision)
        self.wake()

    def close(self) -> None:
        with self.lock:
            self.closed = True
            for timer in self.timers:
                timer.cancel()
        self.wake()

    # The steps, one by one, so that each can be broken alone.

    def check_open(self) -> None:
        """Refuse to serve once closed."""
        if self.closed:
            raise BackendClosed("the store is closed")

    def check_readable(self, revision: int) -> None:
        """Refuse to read where nothing is known."""
        if revision > self.revision:
            raise RevisionInFuture(revision, self.revision)
        if 0 < revision < self.compacted:
            raise RevisionCompacted(revision, self.compacted)

    def check_expected(self, key: str, expected: int) -> None:
        """Refuse to write over what the caller has not seen."""
        current = self.state().get(key)
        if (current.mod_revision if current else 0) != expected:
            raise RevisionMismatch(current)

    def commit(self, key: str, value: bytes | None) -> int:
        """Append one change."""
        old = self.state().get(key)
        self.revision += 1
        previous = (old.value, old.mod_revision) if old else (None, 0)
        self.log.append(Change(key, self.revision, value, *previous))
        return self.revision

    def jump(self, revision: int) -> None:
        """Go to a later revision, with everything that lives and nothing of what was."""
        for stream in self.streams:
            stream.let_pass(revision)
        self.base, self.log = self.state(), []
        self.revision = self.compacted = revision

    def time_left(self, deadline: float) -> float:
        """Seconds until a key goes."""
        return max(deadline - self.clock.monotonic(), 0.0)

    def set_deadline(self, key: str, ttl: float | None) -> None:
        """Remember when *key* goes, or that it stays."""
        self.deadlines.pop(key, None)
        if ttl is None:
            return
        self.deadlines[key] = (self.clock.monotonic() + ttl, self.revision)
        if isinstance(self.clock, SystemClock):
            timer = threading.Timer(ttl, self.sweep)
            timer.daemon = True
            self.timers.append(timer)
            timer.start()

    def sweep(self) -> None:
        """Delete, one by one and oldest deadline first, every key whose time has come."""
        with self.lock:
            now = self.clock.monotonic()
            due = sorted((at, key) for key, at in self.deadlines.items() if at[0] <= now)
            for _, key in [] if self.closed else due:
                del self.deadlines[key]
                self.commit(key, None)
        self.wake()

    def wake(self) -> None:
        """Wake whoever waits; outside the lock, because that is foreign code."""
        for stream in list(self.streams):
            stream.wake()


class ModelStream(ChangeStream):
    """A position in the log of a :class:`ModelBackend`."""

    def __init__(self, backend: ModelBackend, start: str, end: str, after: int) -> None:
        self.backend = backend
        self.start = start
        self.end = end
        self.at = after
        self.waker: Callable[[], None] | None = None
        self.closed = False

    def poll(self, limit: int = 256) -> Sequence[Change]:
        with self.backend.lock:
            if self.closed:
                return ()
            found = self.following()[:limit]
            if found:
                self.at = found[-1].revision
                return found
            if self.backend.closed:
                raise BackendClosed("the store is closed")
            self.at = max(self.at, self.backend.revision)
            return ()

    def let_pass(self, compacted: int) -> None:
        """Move past a compaction that takes nothing this reader has still to see."""
        if self.at >= self.backend.compacted:
            unread = self.following()
            if not unread or unread[0].revision > compacted:
                self.at = max(self.at, compacted)

    def following(self) -> list[Change]:
        """The changes not yet read.

        Raises:
            RevisionCompacted: Some of them are gone.
        """
        if self.at < self.backend.compacted:
            raise RevisionCompacted(self.at, self.backend.compacted)
        return [
            change
            for change in self.backend.log
            if change.revision > self.at and in_range(change.key, self.start, self.end)
        ]

    def park(self, wake: Callable[[], None]) -> bool:
        with self.backend.lock:
            if self.closed or self.backend.closed or self.at < self.backend.compacted:
                return False
            if self.following():
                return False
            self.waker = wake
            return True

    @property
    def position(self) -> int:
        return self.at

    def close(self) -> None:
        with self.backend.lock:
            self.closed = True
            if self in self.backend.streams:
                self.backend.streams.remove(self)
        self.wake()

    def wake(self) -> None:
        """Call the parked waker, once."""
        with self.backend.lock:
            wake, self.waker = self.waker, None
        if wake is not None:
            wake()
