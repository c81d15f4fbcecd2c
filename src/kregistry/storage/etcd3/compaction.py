"""How far etcd is compacted. It does not say; but it refuses to read what is gone."""

from __future__ import annotations

from kregistry.storage.errors import RevisionCompacted
from kregistry.storage.etcd3.members import Members
from kregistry.storage.etcd3.messages import (
    Method,
    compact_request,
    range_request,
    read_revision,
)


class Compaction:
    """What is known about it, and the way to know more.

    Args:
        key: One that may be read; it need not exist.

    Attributes:
        known: The store is compacted at least up to here.
    """

    def __init__(self, members: Members, key: bytes) -> None:
        self._members = members
        self._key = key
        self.known = 0

    def revision(self) -> int:
        """The compacted revision; 0 if none.

        A question to the server while nothing changes, and a binary search when somebody else
        has compacted: the compacted revision is the lowest that can be read.
        """
        low = self.known
        if self.is_readable(max(low, 1)):
            return low
        high = self._current()
        while low + 1 < high:
            middle = (low + high) // 2
            if self.is_readable(middle):
                high = middle
            else:
                low = middle
        self.known = max(self.known, high)
        return self.known

    def compact(self, revision: int) -> None:
        """Compact, unless that is done already; a revision to come counts as the current."""
        revision = min(revision, self._current())
        if revision <= self.known or revision < 1:
            return
        try:
            self._members.read(Method.COMPACT, compact_request(revision), read_revision)
        except RevisionCompacted:
            return
        self.known = max(self.known, revision)

    def is_readable(self, revision: int) -> bool:
        """Whether the store can be read as it was at *revision*."""
        request = range_request(self._key, revision=revision, count_only=True)
        try:
            self._members.read(Method.RANGE, request, read_revision)
        except RevisionCompacted:
            return False
        return True

    def _current(self) -> int:
        request = range_request(self._key, count_only=True)
        return self._members.read(Method.RANGE, request, read_revision)
