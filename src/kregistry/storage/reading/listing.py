"""Listing: one call of ``get_list``, from its options to its last page.

Source: ``k8s.io/apiserver/pkg/storage/etcd3/store.go`` GetList, ``storage.ValidateListOptions``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

import attrs

from kregistry.meta.context import Context
from kregistry.meta.errors import Expired, TooLargeResourceVersion
from kregistry.meta.goformat import quote
from kregistry.meta.object import Object, ObjectList
from kregistry.runtime.quiet import RUN, quiet
from kregistry.storage.backend import Backend, Page, Record
from kregistry.storage.corrupt import CorruptItems
from kregistry.storage.errors import (
    CorruptObject,
    InternalStorageError,
    RequestTimeout,
    RevisionCompacted,
    RevisionInFuture,
)
from kregistry.storage.interface import ListOptions
from kregistry.storage.keys import KeyRange
from kregistry.storage.reading.choosing import Choice, Rejections
from kregistry.storage.reading.continuation import encode_continue
from kregistry.storage.reading.decoded import DecodedObjects
from kregistry.storage.reading.fieldindex import Indexes
from kregistry.storage.reading.inspected import Inspected
from kregistry.storage.reading.lazy import LazyItems
from kregistry.storage.reading.plan import MAX_REVISION, ReadPlan, check_not_older
from kregistry.storage.reading.spliced import Spliced
from kregistry.storage.serializer import Serializer
from kregistry.storage.updating import TIMED_OUT
from kregistry.storage.versioner import VERSIONER

T = TypeVar("T", bound=Object)

#: Adds the values to records that lack them.
Fetch = Callable[[Sequence[Record]], Sequence[Record]]
#: Makes objects of records, and fetches the values that it needs.
Take = Callable[[Sequence[Record], Fetch], "list[T]"]

#: Values that lie so close together are read in one go, with what is between them.
_NEAR = 4

#: A filtered page reads ahead in steps that double up to this.
_MAX_READ = 10_000

#: Limits beyond this mean the same, and one more still fits into 64 bits everywhere.
_MAX_LIMIT = 2**62

_TOO_OLD = "The resourceVersion for the provided list is too old."
_TOKEN_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can "
    "start a new list without the continue parameter, or use the continue token in this "
    "response to retrieve the remainder of the results. Continuing with the provided token "
    "results in an inconsistent list - objects that were created, modified, or deleted between "
    "the time the first chunk was returned and now may show up in the list."
)
_TOKEN_TOO_OLD_FOR_GOOD = (
    "The provided continue parameter is too old to display a consistent list result. You must "
    "start a new list without the continue parameter."
)


def _limit_of(listing: Listing[Any]) -> int:
    """At most so many items; 0 for all."""
    if not listing.options.recursive:
        return 0
    return min(max(listing.options.predicate.limit, 0), _MAX_LIMIT)


@attrs.define
class Listing(Generic[T]):
    """One call of ``get_list``.

    Attributes:
        keys: The range of the list; continue tokens are relative to its beginning.
        plan: Where and when to read.
        inspected: Which values were looked at already.
        spliced: Makes the items of a list as it is sent.
        indexes: Those of the view.
        rejections: What is remembered of objects that selectors did not want.
        decoded: Where the objects are from if they may be shared.
    """

    backend: Backend
    serializer: Serializer[T]
    ctx: Context
    options: ListOptions
    keys: KeyRange
    plan: ReadPlan
    inspected: Inspected
    spliced: Spliced
    indexes: Indexes
    rejections: Rejections
    decoded: DecodedObjects[T] | None = None
    _items: Sequence[T] = ()
    _last: str = ""
    _revision: int = 0
    _corrupt: CorruptItems | None = None
    _limit: int = attrs.field(init=False, default=attrs.Factory(_limit_of, takes_self=True))

    def run(self) -> ObjectList[T]:
        """The list."""
        if not self.options.predicate.empty:
            choice = Choice(self.serializer, self.options.predicate, self.rejections, self.decoded)
            found = self._indexed(choice) if self.options.recursive else None
            if found is not None:
                return found
            if self._limit:
                return self._selected(choice)
            return self._sparse(partial(self._chosen, choice), keys_only=choice.is_warm)
        if self.decoded is not None:
            return self._sparse(partial(self._filled, self.decoded), keys_only=True)
        return self._all()

    def _all(self) -> ObjectList[T]:
        """Whatever there is, at most as much as the limit says; nothing of it is decoded."""
        start = self.plan.start or self.keys.start
        page = self._read(start, self._limit, self.plan.revision)
        self._revision = self.plan.revision or page.revision
        end = f"{page.records[-1].key}\0" if page.more else self.keys.end
        keys = KeyRange(start, end)
        for record in self.inspected.doubtful(page.records, keys, self._revision):
            self._object(record)
        if page.records:
            self._last = page.records[-1].key
        # Not bound to this listing: a cycle would keep every list until the collector comes.
        serializer = self.serializer
        self._items = LazyItems(
            page.records,
            serializer.object,
            serializer.encoded,
            partial(self.spliced.pieces, keys, self._revision),
        )
        return self._result(page.count if page.more else None)

    def _sparse(self, take: Take[T], *, keys_only: bool) -> ObjectList[T]:
        """What *take* makes of the records, for whom values are read where it needs them.

        Keys and revisions of 10,000 Pods are read from a file in a sixth of the time.
        """
        start = self.plan.start or self.keys.start
        keys_only = keys_only and not self.backend.in_memory
        page = self._read(start, self._limit, self.plan.revision, keys_only=keys_only)
        self._revision = self.plan.revision or page.revision
        try:
            self._items = take(page.records, self._values if keys_only else _as_they_are)
        except Expired:
            if self.plan.revision:
                raise
            # Compacted since: the newest state is read in one go, with all values.
            page = self._read(start, self._limit, 0)
            self._revision = page.revision
            self._items = take(page.records, _as_they_are)
        if page.records:
            self._last = page.records[-1].key
        return self._result(page.count if page.more else None)

    def _filled(
        self, decoded: DecodedObjects[T], records: Sequence[Record], fetch: Fetch
    ) -> list[T]:
        """The objects of *records*: those that are known, and the others decoded."""
        same = decoded.again(records)
        if same is not None:
            return same
        found = decoded.known(records)
        for run in _runs([place for place, obj in enumerate(found) if obj is None]):
            missing = fetch(records[run.start : run.stop])
            with quiet():
                found[run.start : run.stop] = map(self._object, missing)
        complete = [obj for obj in found if obj is not None]
        if len(complete) == len(records):
            decoded.note_list(records, complete)
        return complete

    def _chosen(self, choice: Choice[T], records: Sequence[Record], fetch: Fetch) -> list[T]:
        """The objects of *records* that are wanted."""
        found: list[T] = []
        for run in _runs(choice.open(records)):
            self._take(fetch(records[run.start : run.stop]), choice, found)
        return found

    def _indexed(self, choice: Choice[T]) -> ObjectList[T] | None:
        """A list of what an index names; None if none can."""
        keys = KeyRange(self.plan.start or self.keys.start, self.keys.end)
        revision = min(self.plan.revision, MAX_REVISION)
        known = self.indexes.candidates(self.options.predicate, keys, revision)
        if known is None or known.revision < self.plan.at_least:
            return None
        if revision:  # of what is compacted the index may know, but nobody else
            self._read(keys.start, 1, revision, keys_only=True)
        self._revision = known.revision
        found = list[T]()
        try:
            more = self._take_keys(known.keys, choice, found)
        except RevisionCompacted:
            return None
        self._items = found
        return self._result(0 if more else None)

    def _take_keys(self, keys: Sequence[str], choice: Choice[T], found: list[T]) -> bool:
        """Keep the wanted objects of these keys; whether the limit left out any key."""
        limit = self._limit
        size = min(limit, RUN) or RUN
        for start in range(0, len(keys), size):
            if limit and len(found) >= limit:
                return True
            read = [self.indexes.record(key, self._revision) for key in keys[start : start + size]]
            if self._take([record for record in read if record is not None], choice, found):
                return True
        return False

    def _values(self, records: Sequence[Record]) -> Sequence[Record]:
        """Neighbours with their values, read as of the list, so that it stays one snapshot."""
        end = f"{records[-1].key}\0"
        return self._read(records[0].key, 0, self._revision, end=end).records

    def _selected(self, choice: Choice[T]) -> ObjectList[T]:
        """Read pages until the limit, or the end, is reached."""
        start, size = self.plan.start or self.keys.start, self._limit
        at, more = self.plan.revision, True
        page, found = None, list[T]()
        while more and len(found) < self._limit:
            page = self._read(start, size, at)
            self._revision = at = at or page.revision
            more = self._take(page.records, choice, found) or page.more
            start, size = f"{self._last}\0", min(size * 2, max(_MAX_READ, size))
        self._items = found
        return self._result(page.count if page is not None and more else None)

    def _read(
        self, start: str, size: int, revision: int, *, end: str = "", keys_only: bool = False
    ) -> Page:
        self._check_time()
        if revision > MAX_REVISION:
            raise TooLargeResourceVersion(revision, self.backend.current_revision())
        count = bool(size) and self.options.predicate.empty
        try:
            page = self.backend.range(
                start,
                end or self.keys.end,
                limit=size,
                revision=revision,
                count=count,
                keys_only=keys_only,
            )
        except RevisionInFuture as error:
            raise TooLargeResourceVersion(revision, error.current) from None
        except RevisionCompacted:
            raise self._expired() from None
        check_not_older(self.plan.at_least, page.revision)
        return page

    def _take(self, records: Sequence[Record], choice: Choice[T], items: list[T]) -> bool:
        """Keep the wanted objects; whether the limit left out any record."""
        for start in range(0, len(records), RUN):
            with quiet():
                if self._take_run(records[start : start + RUN], choice, items):
                    return True
        return False

    def _take_run(self, records: Sequence[Record], choice: Choice[T], items: list[T]) -> bool:
        limit = self._limit
        for record in records:
            if limit and len(items) >= limit:
                return True
            self._last = record.key
            self._check_time()
            obj = self._object(record, choice.take)
            if obj is not None:
                items.append(obj)
        return False

    def _load(self, record: Record) -> T:
        if self.decoded is not None:
            return self.decoded.object(record)
        return self.serializer.object(record)

    def _object(self, record: Record, load: Callable[[Record], T | None] | None = None) -> T | None:
        """What *load* makes of the record; None when unreadable ones are collected."""
        try:
            return (load or self._load)(record)
        except InternalStorageError as error:
            raise InternalStorageError(
                f"unable to transform key {quote(record.key)}: {error}"
            ) from error
        except CorruptObject as error:
            if self._corrupt is None:
                self._corrupt = CorruptItems(self.serializer.resource)
            self._corrupt.add(error)
            return None

    def _result(self, count: int | None) -> ObjectList[T]:
        """The list; *count* keys were left at its last page, None if this was all."""
        if self._corrupt is not None:
            raise self._corrupt.error()
        token, remaining = "", None
        if count is not None and self._limit:
            token = encode_continue(f"{self._last}\0", self.keys.start, self._revision)
            if self.options.predicate.empty:
                remaining = count - self._limit
        resource = self.serializer.resource
        objects: ObjectList[T] = ObjectList(
            api_version=resource.api_version if resource is not None else "v1",
            kind=resource.list_kind if resource is not None else "List",
            items=self._items,
        )
        VERSIONER.update_list(objects, self._revision, token, remaining)
        return objects

    def _expired(self) -> Expired:
        """Too old; with a token to read this page in the newest state if it has a predecessor.

        The token of upstream leads behind what the page had found already, which nobody got.

        Source: ``etcd3.interpretListError``, ``handleCompactedErrorForPaging``.
        """
        if not (self.options.recursive and self.options.predicate.continue_):
            return Expired(_TOO_OLD)
        try:
            return Expired(_TOKEN_TOO_OLD, encode_continue(self.plan.start, self.keys.start, -1))
        except ValueError:
            return Expired(_TOKEN_TOO_OLD_FOR_GOOD)

    def _check_time(self) -> None:
        if self.ctx.cancelled:
            raise RequestTimeout(self.keys.start, 0, TIMED_OUT)


def _runs(places: Sequence[int]) -> Iterator[range]:
    """Ascending numbers as runs, gaps of a few included, none longer than is decoded at once.

    To read a value that is not needed takes less than to begin another read.
    """
    start = 0
    for at in range(1, len(places) + 1):
        if at == len(places) or places[at] - places[at - 1] > _NEAR or at - start == RUN:
            yield range(places[start], places[at - 1] + 1)
            start = at


def _as_they_are(records: Sequence[Record]) -> Sequence[Record]:
    """For records that have their values already."""
    return records
