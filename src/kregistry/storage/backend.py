"""Backend: the seam under which databases differ. Keys, bytes and revisions; no objects.

One global revision counts every committed change of a store, gapless. All versions are kept
until compaction, so reads at a past revision and watches that resume work on every backend.

Source: ``client/v3/kubernetes.Interface`` of etcd (get, list, count, optimistic put and
delete), plus watch and compact.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Self

from kregistry.storage.errors import RevisionMismatch

#: The farthest that a store can be told to advance; no store comes there by counting.
FARTHEST = 2**61

#: What the slow ways to advance write; among the keys of a migration, which nobody else has.
SCRATCH = "/kregistry.migration/advance"


class Record(NamedTuple):
    """One key as of one revision.

    Attributes:
        key: Full key, such as ``/registry/pods/default/web``.
        value: Stored bytes.
        mod_revision: Revision of the write that made this version.
        create_revision: Revision of the write that made the key exist.
    """

    key: str
    value: bytes
    mod_revision: int
    create_revision: int


class Snapshot(NamedTuple):
    """A record, or its absence, and the revision at which that was read."""

    record: Record | None
    revision: int


class Page(NamedTuple):
    """A run of records in byte order of their keys.

    Attributes:
        records: At most as many as the limit asked for.
        revision: Revision of the store when this was read (not the one it was read *at*).
        more: Another key follows in the range.
        count: How many keys the range holds, those of this page included; -1 if not asked.
    """

    records: Sequence[Record]
    revision: int
    more: bool
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here


class Change(NamedTuple):
    """One committed change of one key.

    Attributes:
        key: Full key.
        revision: The change's own revision; no other change has it.
        value: Bytes after the change, None for a deletion.
        previous: Bytes before it, None for a creation.
        previous_revision: ``mod_revision`` of *previous*, 0 for a creation.
    """

    key: str
    revision: int
    value: bytes | None
    previous: bytes | None
    previous_revision: int


class ChangeStream(ABC):
    """A reader's place in the log of changes. Pulled, never pushed: who lags piles up nothing.

    One reader at a time. A waiting reader costs no thread: it parks a callback, as a future
    does its waker.
    """

    __slots__ = ()

    @abstractmethod
    def poll(self, limit: int = 256) -> Sequence[Change]:
        """The next changes of the range, in revision order, without waiting; () if none.

        Raises:
            RevisionCompacted: The reader fell behind compaction; nothing was skipped
                silently, and nothing more can be read.
            BackendClosed: The backend was closed and everything before was read.
        """

    @abstractmethod
    def park(self, wake: Callable[[], None]) -> bool:
        """Ask to be woken, once, when :meth:`poll` may have something to say.

        Args:
            wake: Called from any thread, at most once per call of *park*; must not block
                and must not raise. A :class:`~kregistry.storage.wakers.Waker` may be woken
                by another reader that was woken for the same change.

        Returns:
            False, without keeping *wake*, if there is something already.
        """

    @property
    @abstractmethod
    def position(self) -> int:
        """Everything at or before this revision has been returned or is outside the range."""

    @abstractmethod
    def close(self) -> None:
        """Read no further than what is committed now. A parked reader is woken. Idempotent.

        What was committed before can still be polled; then :meth:`poll` returns () for good,
        and :meth:`park` returns False.
        """


class Backend(ABC):
    """A revisioned, watchable map from keys to bytes, safe to share between threads.

    A new engine is one file that fills these methods; everything Kubernetes-like lives once,
    in :class:`~kregistry.storage.objects.ObjectStorage`. Keys sort by their UTF-8 bytes. A
    brand-new store is at revision 1.

    Every method may raise :class:`~kregistry.storage.errors.BackendError` of a kind that says
    what to do; none lets an engine's own exception escape.
    """

    @property
    def in_memory(self) -> bool:
        """Whether values lie in this process, so that leaving them out of a range saves nothing."""
        return False

    @abstractmethod
    def get(self, key: str) -> Snapshot:
        """The newest version of *key*, and the revision of the store, read together."""

    @abstractmethod
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
        """The records with ``start <= key < end``, read in one snapshot.

        Args:
            start: First key.
            end: First key that is not part of the range.
            limit: At most so many records; 0 for all.
            revision: Read the store as it was at this revision; 0 for the newest.
            count: Also count the keys of the range.
            keys_only: The values are not wanted: the records carry b"" in their place.

        Raises:
            RevisionCompacted: *revision* is lower than the compacted one.
            RevisionInFuture: *revision* is higher than the store's.
        """

    @abstractmethod
    def put(self, key: str, value: bytes, *, expected: int, ttl: float | None = None) -> int:
        """Write *value* if the key is still at *expected*.

        Args:
            expected: ``mod_revision`` the caller last saw; 0 means "absent".
            ttl: Seconds after which the key is deleted; None takes an earlier ttl away.

        Returns:
            The revision of the write, durable as configured.

        Raises:
            RevisionMismatch: Somebody else wrote first; carries the current record.
        """

    @abstractmethod
    def delete(self, key: str, *, expected: int) -> int:
        """Delete the key if it is still at *expected* (never 0).

        Returns:
            The revision of the deletion.

        Raises:
            RevisionMismatch: Somebody else wrote first; carries the current record, or None
                if the key is gone.
        """

    @abstractmethod
    def watch(self, start: str, end: str, *, after: int) -> ChangeStream:
        """Read the changes of ``start <= key < end`` with a revision above *after*.

        *after* may lie in the future: then nothing is returned until the store passes it.

        Raises:
            RevisionCompacted: *after* is lower than the compacted revision.
        """

    @abstractmethod
    def current_revision(self) -> int:
        """Revision of the newest committed change, of any key."""

    @abstractmethod
    def compacted_revision(self) -> int:
        """Highest revision compacted so far; 0 if none."""

    @abstractmethod
    def compact(self, revision: int) -> None:
        """Forget every version older than the newest at or before *revision*.

        Live keys keep their latest version, whatever its age; tombstones at or before
        *revision* go. Reads at, and watches from, an earlier revision raise
        RevisionCompacted from now on. A *revision* at or below the compacted one does
        nothing; one above the current is taken as the current.
        """

    @abstractmethod
    def ttls(self, start: str, end: str) -> Mapping[str, float]:
        """Seconds left for each key of ``start <= key < end`` that has a time to live.

        Never negative: 0 for a key whose time is up and that is about to go.
        """

    def advance(self, revision: int) -> None:
        """Let the store's revision be at least *revision*, as if that many changes had been made.

        Everything up to it then counts as compacted. For a store that takes over from
        another, so that nobody who watched that one sees its revisions again. Live keys and
        their records stay as they are. Streams that have read all there was for them go on;
        those that have not raise RevisionCompacted. Nothing happens if the store is at
        *revision* or beyond.

        This way to do it works on any engine and writes once for each revision that is
        missing, twice if there is only one; an engine that knows a short cut overrides it.

        Raises:
            ValueError: *revision* is higher than :data:`FARTHEST`.
        """
        check_farthest(revision)
        while True:
            try:
                return self._count_up(revision)
            except RevisionMismatch:  # somebody else counts up, too: take that into account
                continue

    def _count_up(self, revision: int) -> None:
        record, current = self.get(SCRATCH)
        if record is None and current >= revision:
            return
        at = record.mod_revision if record is not None else self.put(SCRATCH, b"", expected=0)
        while max(at, current) < revision - 1:
            at = self.put(SCRATCH, b"", expected=at)
        self.delete(SCRATCH, expected=at)
        self.compact(revision)

    @abstractmethod
    def close(self) -> None:
        """Release everything; open streams end. Idempotent."""

    def ready(self) -> None:  # noqa: B027  (most backends are ready once they exist)
        """Raise what keeps the backend from serving; return if nothing does."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def check_farthest(revision: int) -> None:
    """Refuse to advance to where the counter might end.

    Raises:
        ValueError: *revision* is higher than :data:`FARTHEST`.
    """
    if revision > FARTHEST:
        raise ValueError(f"no store can advance to {revision}; the farthest is {FARTHEST}")


def prefix_end(prefix: str) -> str:
    """The first key after every key that starts with *prefix*.

    Source: etcd ``clientv3.GetPrefixRangeEnd``.
    """
    for at in range(len(prefix) - 1, -1, -1):
        following = ord(prefix[at]) + 1
        if following == 0xD800:  # surrogates are no characters
            following = 0xE000
        if following <= sys.maxunicode:
            return prefix[:at] + chr(following)
    raise ValueError(f"no key follows every key that starts with {prefix!r}")
