"""Listing: one call of ``get_list``, from its options to its last page.

Source: ``k8s.io/apiserver/pkg/storage/etcd3/store.go`` GetList, ``storage.ValidateListOptions``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

import attrs

from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Expired, TooLargeResourceVersion
from kregistry.meta.goformat import quote
from kregistry.meta.object import Object, ObjectList
from kregistry.runtime.quiet import RUN, quiet
from kregistry.storage.backend import Backend, Page, Record
from kregistry.storage.continuation import decode_continue, encode_continue
from kregistry.storage.corrupt import CorruptItems
from kregistry.storage.decoded import Decoded
from kregistry.storage.errors import (
    CorruptObject,
    InternalStorageError,
    InvalidResourceVersion,
    RequestTimeout,
    RevisionCompacted,
    RevisionInFuture,
)
from kregistry.storage.interface import ListOptions
from kregistry.storage.keys import KeyRange
from kregistry.storage.lazy import LazyItems
from kregistry.storage.serializer import Serializer
from kregistry.storage.updating import TIMED_OUT
from kregistry.storage.versioner import VERSIONER

T = TypeVar("T", bound=Object)

#: A filtered page reads ahead in steps that double up to this.
_MAX_READ = 10_000

#: Limits beyond this mean the same, and one more still fits into 64 bits everywhere.
_MAX_LIMIT = 2**62

#: Versions are unsigned 64-bit numbers, revisions signed ones.
MAX_REVISION = 2**63 - 1

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


class ReadPlan(NamedTuple):
    """What list options ask for.

    Attributes:
        revision: Read at this revision; 0 for the newest.
        at_least: The store must have come so far; 0 for no bound.
        start: First key, "" for the beginning.
    """

    revision: int
    at_least: int
    start: str


def plan_list(options: ListOptions, prefix: str) -> ReadPlan:
    """What *options* ask for, in a list of what is below *prefix*.

    Raises:
        BadRequest: Token or version are malformed, or exclude each other.
        ValueError: The match rule is unknown.

    Source: ``storage.ValidateListOptions``.
    """
    if options.recursive and options.predicate.continue_:
        return _plan_continued(options, prefix)
    version = options.resource_version
    if not version:
        return ReadPlan(0, 0, "")
    revision = parse_version(version)
    match options.resource_version_match:
        case "NotOlderThan":
            return ReadPlan(0, revision, "")
        case "Exact":
            return ReadPlan(revision, revision, "")
        case "":
            # Before there were match rules, a limit with a version meant exactly that version.
            exact = options.recursive and options.predicate.limit > 0
            return ReadPlan(revision if exact else 0, revision, "")
        case unknown:
            raise ValueError(f"unknown ResourceVersionMatch value: {unknown}")


def _plan_continued(options: ListOptions, prefix: str) -> ReadPlan:
    try:
        place = decode_continue(options.predicate.continue_, prefix)
    except ValueError as error:
        raise BadRequest(f"invalid continue token: {error}") from None
    if options.resource_version not in ("", "0"):
        raise BadRequest("specifying resource version is not allowed when using continue")
    return ReadPlan(max(place.revision, 0), 0, place.start)


def parse_version(version: str) -> int:
    """The revision, 0 for "" and "0".

    Raises:
        BadRequest: It is no version.
    """
    try:
        return VERSIONER.parse_resource_version(version)
    except InvalidResourceVersion as error:
        raise BadRequest(f"invalid resource version: {error}") from None


def check_not_older(wanted: int, current: int) -> None:
    """Refuse to answer with a state older than *wanted*.

    Raises:
        TooLargeResourceVersion: The store has not come that far.

    Source: ``store.validateMinimumResourceVersion``.
    """
    if wanted > current:
        raise TooLargeResourceVersion(wanted, current)


@attrs.define
class Listing(Generic[T]):
    """One call of ``get_list``.

    Attributes:
        keys: The range of the list.
        prefix: What continue tokens are relative to.
        plan: Where and when to read.
        decoded: Where the objects are from if they may be shared.
    """

    backend: Backend
    serializer: Serializer[T]
    ctx: Context
    options: ListOptions
    keys: KeyRange
    prefix: str
    plan: ReadPlan
    decoded: Decoded[T] | None = None
    _items: Sequence[T] = ()
    _last: str = ""
    _revision: int = 0
    _corrupt: CorruptItems | None = None

    def run(self) -> ObjectList[T]:
        """The list."""
        if not self.options.predicate.empty:
            return self._selected()
        if self.decoded is not None:
            return self._shared(self.decoded)
        return self._all()

    def _all(self) -> ObjectList[T]:
        """Whatever there is, at most as much as the limit says; nothing of it is decoded."""
        start = self.plan.start or self.keys.start
        page = self._read(start, self._limit, self.plan.revision)
        self._revision = self.plan.revision or page.revision
        for record in self.serializer.doubtful(page.records):
            self._object(record)
        if page.records:
            self._last = page.records[-1].key
        serializer = self.serializer
        self._items = LazyItems(
            page.records, self._load, serializer.encoded, serializer.item_pieces
        )
        return self._result(page.count if page.more else None)

    def _shared(self, decoded: Decoded[T]) -> ObjectList[T]:
        """The same, of objects that everybody shares; values are read only for those missing."""
        start = self.plan.start or self.keys.start
        keys_only = not self.backend.in_memory
        page = self._read(start, self._limit, self.plan.revision, keys_only=keys_only)
        self._revision = self.plan.revision or page.revision
        try:
            found = self._filled(page.records, decoded)
        except Expired:
            if self.plan.revision:
                raise
            # Compacted since: the newest state is read in one go, with all values.
            page = self._read(start, self._limit, 0)
            self._revision = page.revision
            found = list(map(self._object, page.records))
        if page.records:
            self._last = page.records[-1].key
        self._items = [obj for obj in found if obj is not None]
        return self._result(page.count if page.more else None)

    def _filled(self, records: Sequence[Record], decoded: Decoded[T]) -> list[T | None]:
        """The objects of *records*: those that are known, and the others decoded."""
        found = decoded.known(records)
        for run in _runs([place for place, obj in enumerate(found) if obj is None]):
            missing = records[run.start : run.stop]
            if not self.backend.in_memory:
                missing = self._values(missing)
            with quiet():
                found[run.start : run.stop] = map(self._object, missing)
        return found

    def _values(self, records: Sequence[Record]) -> Sequence[Record]:
        """Neighbours with their values, read as of the list, so that it stays one snapshot."""
        end = f"{records[-1].key}\0"
        return self._read(records[0].key, 0, self._revision, end=end).records

    def _selected(self) -> ObjectList[T]:
        """Read pages until the limit, or the end, is reached."""
        limit = self._limit
        start, size = self.plan.start or self.keys.start, limit
        at, more = self.plan.revision, True
        page = None
        self._items = []
        while more:
            page = self._read(start, size, at)
            self._revision = at = at or page.revision
            more = self._take(page, self._items)
            if not limit or len(self._items) >= limit:
                break
            start, size = f"{self._last}\0", min(size * 2, max(_MAX_READ, size))
        return self._result(page.count if page is not None and more else None)

    @property
    def _limit(self) -> int:
        if not self.options.recursive:
            return 0
        return min(max(self.options.predicate.limit, 0), _MAX_LIMIT)

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
            raise self._expired(start) from None
        check_not_older(self.plan.at_least, page.revision)
        return page

    def _take(self, page: Page, items: list[T]) -> bool:
        """Keep the wanted objects of *page*; whether any key follows the last one looked at."""
        limit, predicate = self._limit, self.options.predicate
        for record in page.records:
            if limit and len(items) >= limit:
                return True
            self._last = record.key
            self._check_time()
            obj = self._object(record)
            if obj is not None and predicate.selects(obj):
                items.append(obj)
        return page.more

    def _load(self, record: Record) -> T:
        if self.decoded is not None:
            return self.decoded.object(record)
        return self.serializer.read(record.key, record.value, record.mod_revision)

    def _object(self, record: Record) -> T | None:
        """The record's object; None when unreadable ones are collected."""
        try:
            return self._load(record)
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
            token = encode_continue(f"{self._last}\0", self.prefix, self._revision)
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

    def _expired(self, start: str) -> Expired:
        """Too old; with a token to go on at *start* in the newest state if this was a page.

        Source: ``etcd3.interpretListError``, ``handleCompactedErrorForPaging``.
        """
        if not (self.options.recursive and self.options.predicate.continue_):
            return Expired(_TOO_OLD)
        try:
            return Expired(_TOKEN_TOO_OLD, encode_continue(start, self.prefix, -1))
        except ValueError:
            return Expired(_TOKEN_TOO_OLD_FOR_GOOD)

    def _check_time(self) -> None:
        if self.ctx.cancelled:
            raise RequestTimeout(self.keys.start, 0, TIMED_OUT)


def _runs(places: Sequence[int]) -> Iterator[range]:
    """Ascending numbers as runs of neighbours, none longer than is decoded in one go."""
    start = 0
    for at in range(1, len(places) + 1):
        if at == len(places) or places[at] != places[at - 1] + 1 or at - start == RUN:
            yield range(places[start], places[at - 1] + 1)
            start = at
