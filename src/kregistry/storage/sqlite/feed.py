"""The feed: every committed change, this process's and others', into one log, in order.

While nobody watches nothing is gathered. The first watcher starts the log at the store's
revision, and the poller that notices what other processes commit.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from kregistry.storage.backend import Change, ChangeStream
from kregistry.storage.errors import BackendError, RevisionCompacted
from kregistry.storage.log.changelog import ChangeLog, Wakeable, wake
from kregistry.storage.log.streams import Streams
from kregistry.storage.sqlite.reader import Reader

#: What watchers share in memory of the newest changes: so many at least, so many bytes at most.
#: Older ones are read from the file.
_KEPT = 1024
_KEPT_BYTES = 32 * 1024 * 1024
_CHUNK = 256


class Feed:
    """Owns the log of changes and everybody's place in it.

    Args:
        reader: Reads what this process did not write, or wrote while nobody watched.
        watched: Called when somebody begins to watch.
    """

    def __init__(self, reader: Reader, watched: Callable[[], None]) -> None:
        self._reader = reader
        self._watched = watched
        self._lock = threading.Lock()
        self._streams = Streams()
        self._log: ChangeLog | None = None
        self._failure: BackendError | None = None

    @property
    def is_watched(self) -> bool:
        """Whether anybody has a place in the log."""
        return bool(self._streams)

    def stream(self, start: str, end: str, *, after: int) -> ChangeStream:
        """See :meth:`~kregistry.storage.backend.Backend.watch`."""
        with self._lock:
            if self._failure is not None:
                raise copy.copy(self._failure)
            state = self._reader.state()
            if after < state.compacted:
                raise RevisionCompacted(after, state.compacted)
            if self._log is None or not self._streams:
                self._log = ChangeLog(
                    revision=state.revision,
                    compacted=state.compacted,
                    capacity=_KEPT,
                    max_bytes=_KEPT_BYTES,
                    read_history=self._reader.history,
                )
            stream = self._streams.enter(self._log.stream(start, end, after=after))
        self._watched()
        return stream

    def publish(self, before: int, changes: Sequence[Change] | None) -> None:
        """Make a commit of this process known.

        Args:
            before: Revision before the commit.
            changes: What it changed; None if nobody listened when it began.
        """
        if not self._streams:  # who begins to watch from now on begins behind the commit
            return
        with self.halted() as halt:
            log = halt.log
            if log is None:
                return
            if changes is not None and log.head == before:
                halt.append(changes)
            else:
                with suppress(BackendError):  # the poller will try again
                    halt.catch_up()

    def catch_up(self) -> None:
        """Make known whatever is committed and was not published yet."""
        with self.halted() as halt:
            halt.catch_up()

    @contextmanager
    def halted(self) -> Iterator[Halt]:
        """Hold everybody still while the log grows, jumps, or is about to be cut.

        Enter it before taking the lock between processes, in this order: who begins to watch
        reads the file while it holds the feed, and where reading takes the right to write,
        each would wait for the other.
        """
        halt = Halt(self, self._reader)
        try:
            with self._lock:
                # Once: whoever leaves meanwhile does so without the lock.
                halt.log = self._log if self._streams else None
                yield halt
        finally:  # whatever else failed, what is in the log must be told
            wake(halt.due)

    def compact(self, revision: int) -> None:
        """Take note of a compaction."""
        with self._lock:
            if self._log is not None:
                self._log.compact(revision)

    def fail(self, error: BackendError) -> None:
        """End every stream, and every later one, with *error*."""
        with self._lock:
            self._failure = error
            ended = self._streams.fail(error)
        wake(ended)

    def close(self, error: BackendError) -> None:
        """End every stream once it has read what is there."""
        with self._lock:
            self._failure = error
            log = self._log
        if log is not None:
            log.close()

    def abandon(self, error: BackendError) -> None:
        """In a forked child: the locks may be held by threads that do not exist here."""
        self._lock = threading.Lock()
        self._failure = error
        self._streams.abandon(error)


class Halt:
    """The log while nobody else adds to it or begins to read it.

    Attributes:
        log: The log; None if nobody watched when it began.
        due: Whom to wake when it is over.
    """

    def __init__(self, feed: Feed, reader: Reader) -> None:
        self._feed = feed
        self._reader = reader
        self.log: ChangeLog | None = None
        self.due: list[Wakeable] = []

    def append(self, changes: Sequence[Change]) -> None:
        """Add what follows the end of the log."""
        assert self.log is not None
        self.due += self.log.append(changes)

    def catch_up(self) -> None:
        """Add everything that is committed."""
        log = self.log
        if log is None:
            return
        try:
            state = self._reader.state()
            while log.head < state.revision:
                changes, _ = self._reader.all_history(log.head, _CHUNK)
                if not changes:
                    break
                self.append(changes)
            log.compact(state.compacted)
        except RevisionCompacted as error:
            # Others wrote and compacted while this process stood still: nobody can be told
            # what happened in between.
            self.due += self._feed._streams.fail(error)
            self._feed._log = self.log = None

    def land(self, revision: int) -> None:
        """A jump of the revision, where no changes lead, is committed: go on behind it."""
        if self.log is not None:  # it was caught up with
            self.log.advance(revision)
