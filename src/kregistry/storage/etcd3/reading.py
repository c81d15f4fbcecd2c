"""Reader: ranges, as many pages as they take, all of one revision."""

from __future__ import annotations

from kregistry.storage.backend import Page, Snapshot
from kregistry.storage.errors import RevisionCompacted, RevisionInFuture
from kregistry.storage.etcd3 import faults
from kregistry.storage.etcd3.compaction import Compaction
from kregistry.storage.etcd3.members import Members
from kregistry.storage.etcd3.messages import Method, RangeResponse, key_of, range_request

#: Records in one answer: more are asked for page by page, at one revision.
_PAGE = 10_000

#: Attempts at a range of many pages whose revision is compacted while it is read.
_ATTEMPTS = 3


class Reader:
    """Reads, and remembers how far the store had come.

    Args:
        key: One that may be read; it need not exist.

    Attributes:
        known: The newest revision that any answer has told of.
    """

    def __init__(self, members: Members, compaction: Compaction, key: bytes) -> None:
        self._members = members
        self._compaction = compaction
        self._key = key
        self.known = 0

    def get(self, key: bytes) -> Snapshot:
        """One key, and the revision of the store."""
        found = self._ask(range_request(key))
        return Snapshot(found.records[0] if found.records else None, found.revision)

    def revision(self) -> int:
        """The revision of the store."""
        return self._ask(range_request(self._key, count_only=True)).revision

    def range(
        self, start: bytes, end: bytes, *, limit: int, revision: int, keys_only: bool
    ) -> Page:
        """A run of keys, counted; see :meth:`~kregistry.storage.backend.Backend.range`."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._pages(start, end, limit, revision, keys_only)
            except RevisionCompacted:
                if revision or attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def note(self, revision: int) -> None:
        """The store was seen at *revision*."""
        self.known = max(self.known, revision)

    def _pages(self, start: bytes, end: bytes, limit: int, revision: int, keys_only: bool) -> Page:
        found = self._page(start, end, min(limit or _PAGE, _PAGE), revision, keys_only)
        records, at, more = found.records, revision or found.revision, found.more
        while more and (left := limit - len(records) if limit else _PAGE) > 0:
            after = key_of(records[-1]) + b"\0"
            page = self._page(after, end, min(left, _PAGE), at, keys_only)
            records += page.records
            more = page.more
        return Page(records, found.revision, more, found.count)

    def _page(
        self, start: bytes, end: bytes, limit: int, revision: int, keys_only: bool
    ) -> RangeResponse:
        request = range_request(start, end, limit=limit, revision=revision, keys_only=keys_only)
        try:
            found = self._ask(request)
        except RevisionCompacted:
            raise RevisionCompacted(revision, self._compaction.revision()) from None
        except RevisionInFuture:
            raise RevisionInFuture(revision, self.revision()) from None
        if found.more and (not found.records or key_of(found.records[-1]) < start):
            raise faults.no_etcd(str(self._members), "there is more, but behind nothing")
        return found

    def _ask(self, request: bytes) -> RangeResponse:
        found = self._members.read(Method.RANGE, request, RangeResponse.read)
        self.note(found.revision)
        return found
