"""Lens: what changes mean to those who see only what a predicate selects.

Source: ``k8s.io/apiserver/pkg/storage/etcd3/watcher.go`` ``watchChan.transform``.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Any, Generic, TypeVar, cast, overload

from kregistry.meta.errors import Expired, InternalError, StatusError
from kregistry.meta.object import Object
from kregistry.meta.status import Status
from kregistry.storage.backend import Change, Record
from kregistry.storage.corrupt import corrupt_deletion
from kregistry.storage.errors import CorruptObject, RevisionCompacted
from kregistry.storage.log.window import Run
from kregistry.storage.predicate import GetAttrs, SelectionPredicate, selects_as_it_says
from kregistry.storage.serializer import Serializer
from kregistry.storage.sharing import Shared, Sharing
from kregistry.storage.watch import UNREAD, Event, EventType

T = TypeVar("T", bound=Object)

#: Lenses whose events of one run are remembered.
_LENSES = 16

_TOO_OLD = "The resourceVersion for the provided watch is too old."


class Told(Sequence[Event[T]], Generic[T]):
    """Events that somebody got, for the others: other ones, of the same versions.

    They are made while they are taken. So a thousand watchers who lag do not hold a thousand
    times as many, and the collector has nothing to do.
    """

    __slots__ = ("_kinds", "_versions")

    def __init__(self, events: Sequence[Event[T]]) -> None:
        self._kinds = [event.type for event in events]
        self._versions = [event._shared for event in events]

    def __len__(self) -> int:
        return len(self._kinds)

    def __iter__(self) -> Iterator[Event[T]]:
        return map(Event, self._kinds, repeat(UNREAD), self._versions)

    @overload
    def __getitem__(self, index: int) -> Event[T]: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event[T]]: ...
    def __getitem__(self, index: int | slice) -> Event[T] | list[Event[T]]:
        if isinstance(index, slice):
            return list(map(Event, self._kinds[index], repeat(UNREAD), self._versions[index]))
        return Event(self._kinds[index], UNREAD, self._versions[index])


class Lens(Generic[T]):
    """Makes events of changes. All who select by the same predicate look through the same one.

    Args:
        sharing: What the watchers of the view share.
        predicate: What is seen.
    """

    def __init__(self, sharing: Sharing[T], predicate: SelectionPredicate) -> None:
        self._sharing = sharing
        self._predicate = predicate
        self._sees_all = predicate.empty
        self._get_attrs = _hashable(predicate.get_attrs)

    def changes(self, changes: Sequence[Change]) -> Sequence[Event[T]]:
        """The events of *changes*; the first that fails becomes an ERROR and the last.

        Who reads a run that somebody read before gets events of the same, without a look at
        the changes: that is what lets a thousand watchers read a burst.
        """
        known = changes.told if type(changes) is Run else {}
        told: Told[T] | None = known.get(self)
        if told is not None:
            return told
        events = _each(changes, self._event)
        if len(known) < _LENSES and not ends_in_error(events):
            known[self] = Told(events)
        return events

    def records(self, records: Sequence[Record]) -> list[Event[T]]:
        """The same for what exists when a watch begins."""
        return _each(records, self._added)

    def _added(self, record: Record) -> Event[T] | None:
        new = self._sharing.version(record)
        seen, obj = self._look(new)
        return Event(EventType.ADDED, obj, new) if seen else None

    def _event(self, change: Change) -> Event[T] | None:
        """What *change* means to somebody who sees only what the predicate selects.

        An object that stops matching is DELETED, with its content from before and the
        revision of now; one that starts matching is ADDED.
        """
        key, revision, value, previous, previous_revision = change
        if value is None:
            return self._deleted(change)
        new = self._sharing.version(Record(key, value, revision, 0))
        seen, obj = self._look(new)
        if previous is None:
            return Event(EventType.ADDED, obj, new) if seen else None
        if self._sees_all:
            return Event(EventType.MODIFIED, obj, new)
        old = self._sharing.version(Record(key, previous, previous_revision, 0))
        was_seen, _ = self._look(old)
        if seen:
            return Event(EventType.MODIFIED if was_seen else EventType.ADDED, obj, new)
        return Event(EventType.DELETED, UNREAD, old.at(revision)) if was_seen else None

    def _deleted(self, change: Change) -> Event[T] | None:
        assert change.previous is not None
        record = Record(change.key, change.previous, change.previous_revision, 0)
        try:
            old = self._sharing.version(record)
            seen, _ = self._look(old)
        except CorruptObject as error:
            return _error(corrupt_deletion(error))
        return Event(EventType.DELETED, UNREAD, old.at(change.revision)) if seen else None

    def _look(self, version: Shared[T]) -> tuple[bool, T]:
        """Whether *version* is seen, and the object, if it was needed to tell."""
        if self._sees_all:
            return True, UNREAD
        if not selects_as_it_says(self._predicate):
            own = version.fresh()
            return self._predicate.selects(own), own
        attributes, obj = version.attributes(self._get_attrs)
        return attributes is not None and self._matches(*attributes), UNREAD if obj is None else obj

    def _matches(self, *attributes: Any) -> bool:
        try:
            return self._predicate.matches_object_attributes(*attributes)
        except Exception:
            return False


class Lenses(Generic[T]):
    """The lenses of one view, one for each predicate that somebody looks through.

    Args:
        serializer: Reads stored values.
    """

    def __init__(self, serializer: Serializer[T]) -> None:
        self._sharing = Sharing(serializer)
        self._lock = threading.Lock()
        self._lenses: weakref.WeakValueDictionary[SelectionPredicate, Lens[T]]
        self._lenses = weakref.WeakValueDictionary()

    def through(self, predicate: SelectionPredicate) -> Lens[T]:
        """The one for *predicate*; shared with all whose predicate is equal."""
        made = Lens(self._sharing, predicate)
        if not _is_hashable(predicate):  # it holds somebody's own selector
            return made
        with self._lock:
            return self._lenses.setdefault(predicate, made)


def ends_in_error(events: Sequence[Event[T]]) -> bool:
    """Whether the last one is an ERROR; among those that somebody else got first, none is."""
    return type(events) is not Told and bool(events) and events[-1].type is EventType.ERROR


def error_event(error: Exception) -> Event[Any]:
    """The ERROR event for *error*: its own Status, or an internal error that quotes it.

    Source: ``etcd3.parseError``.
    """
    if isinstance(error, RevisionCompacted):
        error = Expired(_TOO_OLD)
    return _error(error.status if isinstance(error, StatusError) else InternalError(error).status)


def _hashable(get_attrs: GetAttrs) -> GetAttrs:
    return get_attrs if _is_hashable(get_attrs) else lambda obj: get_attrs(obj)


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _error(status: Status) -> Event[Any]:
    return Event(EventType.ERROR, cast(Any, status))


def _each(sources: Sequence[Any], make: Callable[[Any], Event[T] | None]) -> list[Event[T]]:
    events: list[Event[T]] = []
    for source in sources:
        try:
            event = make(source)
        except Exception as error:
            event = error_event(error)
        if event is not None:
            events.append(event)
            if event.type is EventType.ERROR:
                break
    return events
