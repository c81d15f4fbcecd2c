"""The feed: one watch of etcd, shared by every watcher of this process.

What this process writes, its watchers see at once: the answer to a write says all that the
watch will say of it later. What others write comes through the watch. The log takes each
revision once, in order, whichever way it comes first.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Sequence

from kregistry.storage.backend import Change, ChangeStream
from kregistry.storage.errors import BackendError
from kregistry.storage.log.changelog import ChangeLog, ReadHistory, wake
from kregistry.storage.log.parking import Bay
from kregistry.storage.log.streams import Streams

#: What watchers share in memory of the newest changes: so many at least, so many bytes at most.
#: Older ones are read from etcd.
_KEPT = 4096
_KEPT_BYTES = 32 * 1024 * 1024

#: Own changes that may wait for others to come before them.
_EARLY = 1024


#: Seconds between two looks at how far the watch has come.
_GLANCE = 0.002


class Feed:
    """Owns the log of changes and everybody's place in it.

    Args:
        read_history: Reads what the log does not hold.
    """

    def __init__(self, read_history: ReadHistory) -> None:
        self._read_history = read_history
        self._lock = threading.Lock()
        self._streams = Streams()
        self._log: ChangeLog | None = None
        self._early: dict[int, Change] = {}
        self._failure: BackendError | None = None

    @property
    def is_watched(self) -> bool:
        """Whether anybody has a place in the log."""
        return bool(self._streams)

    @property
    def is_open(self) -> bool:
        """Whether there is a log, and so a watch to fill it."""
        return self._log is not None

    @property
    def head(self) -> int:
        """Everything up to this revision is in the log, or came before it; 0 without a log."""
        log = self._log
        return log.head if log is not None else 0

    def open(self, revision: int) -> None:
        """Have a log that begins at *revision*, if there is none."""
        with self._lock:
            if self._log is None:
                self._log = ChangeLog(
                    revision=revision,
                    capacity=_KEPT,
                    max_bytes=_KEPT_BYTES,
                    read_history=self._read_history,
                )

    def stream(self, start: str, end: str, *, after: int) -> ChangeStream | None:
        """See :meth:`~kregistry.storage.backend.Backend.watch`; None if there is no log."""
        with self._lock:
            if self._failure is not None:
                raise copy.copy(self._failure)
            if self._log is None:
                return None
            return self._streams.enter(self._log.stream(start, end, after=after))

    def holds(self, revision: int) -> bool:
        """Whether the log knows all that happened after *revision*."""
        log = self._log
        return log is not None and revision >= log.floor

    def publish(self, change: Change) -> None:
        """Make a change of this process known."""
        with self._lock:
            if self._log is None or change.revision <= self._log.head:
                return
            if len(self._early) < _EARLY:
                self._early[change.revision] = change
            due = self._append_early(self._log)
        wake(due)

    def receive(self, changes: Sequence[Change], upto: int) -> bool:
        """Make known what the watch says.

        Args:
            changes: In order; some may be known already.
            upto: There are no others up to this revision.

        Returns:
            False if there is no log to take it. One that is opened later lacks these changes,
            and must be filled by another watch.
        """
        with self._lock:
            log = self._log
            if log is None:
                return False
            head = log.head
            due = log.append([change for change in changes if change.revision > head])
            log.reach(upto)
            due += self._append_early(log)
        wake(due)
        return True

    def wait_for(self, revision: int, timeout: float) -> None:
        """Wait until *revision* has been told, *timeout* seconds at most, if anybody watches."""
        end = time.monotonic() + timeout
        while self.is_watched and self.head < revision and time.monotonic() < end:
            time.sleep(_GLANCE)

    def compact(self, revision: int) -> None:
        """Take note of a compaction. What the watch has yet to tell will be told all the same."""
        with self._lock:
            if self._log is not None:
                self._log.compact(min(revision, self._log.head))

    def retire(self) -> bool:
        """Let the log go if nobody watches; whether it is gone."""
        with self._lock:
            if not self._streams:
                self._log = None
                self._early.clear()
            return self._log is None

    def fail(self, error: BackendError) -> None:
        """End every stream with *error*. Later ones begin anew."""
        with self._lock:
            ended = self._streams.fail(error)
            self._log = None
            self._early.clear()
        wake(ended)

    def close(self, error: BackendError) -> None:
        """End every stream once it has read what is there; refuse later ones with *error*."""
        with self._lock:
            self._failure = error
            log = self._log
        if log is not None:
            log.close()

    def abandon(self, error: BackendError) -> None:
        """In a forked child: nobody here fills the log."""
        self._lock = threading.Lock()
        self._failure = error
        self._streams.abandon(error)

    def _append_early(self, log: ChangeLog) -> list[Bay]:
        """Own changes whose turn has come."""
        early = self._early
        due: list[Bay] = []
        while early and (change := early.pop(log.head + 1, None)) is not None:
            due += log.append([change])
        if early and min(early) <= log.head:
            self._early = {at: each for at, each in early.items() if at > log.head}
        return due
