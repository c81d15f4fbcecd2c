"""Choosing: the objects that a selector wants, with as few of the others decoded as can be."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Generic, TypeVar

from kregistry.meta.object import Object
from kregistry.runtime import fields, labels
from kregistry.storage.backend import Record
from kregistry.storage.predicate import GetAttrs, SelectionPredicate, selects_as_it_says
from kregistry.storage.reading.decoded import DecodedObjects
from kregistry.storage.reading.remembered import Remembered
from kregistry.storage.reading.sieve import sieve_of
from kregistry.storage.serializer import Serializer

T = TypeVar("T", bound=Object)

#: So many selectors are remembered in each view.
_SELECTORS = 8

_Question = tuple[labels.Selector, fields.Selector, GetAttrs]


class Rejections:
    """Which versions a selector left out, so that nobody looks at them again for it.

    Who lists with a selector does so again, and most of what it leaves out stays as it is. Of
    what was wanted nothing is remembered: it is decoded anyway, to be handed out.

    Args:
        capacity: Versions that are remembered for each of the last few selectors, at about
            250 bytes.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._known: OrderedDict[_Question, Remembered[bool]] = OrderedDict()

    def by(self, predicate: SelectionPredicate) -> Remembered[bool]:
        """What *predicate* left out."""
        if not selects_as_it_says(predicate):
            return Remembered(0)
        question = (predicate.label, predicate.field, predicate.get_attrs)
        with self._lock:
            try:
                known = self._known.setdefault(question, Remembered(self._capacity))
            except TypeError:  # it cannot be hashed, and so not be found again
                return Remembered(0)
            self._known.move_to_end(question)
            if len(self._known) > _SELECTORS:
                self._known.popitem(last=False)
            return known


class Choice(Generic[T]):
    """One selector at work on the records of a view.

    Args:
        serializer: Decodes.
        predicate: Which objects are wanted.
        rejections: What is known of versions that were not.
        decoded: Where the objects are from if they may be shared.
    """

    def __init__(
        self,
        serializer: Serializer[T],
        predicate: SelectionPredicate,
        rejections: Rejections,
        decoded: DecodedObjects[T] | None,
    ) -> None:
        self._serializer = serializer
        self._predicate = predicate
        self._rejected = rejections.by(predicate)
        self._decoded = decoded
        self._sieve = sieve_of(predicate)

    @property
    def is_warm(self) -> bool:
        """Whether anything is known that makes values superfluous."""
        return bool(self._rejected)

    def open(self, records: Sequence[Record]) -> list[int]:
        """The places of those of which it is not known that they are unwanted."""
        known = self._rejected.find(records)
        return [place for place, rejected in enumerate(known) if rejected is None]

    def take(self, record: Record) -> T | None:
        """The object of *record*, None if it is not wanted.

        Cheapest first: what is remembered of it (0.2 us), what its bytes say (1 us), and only
        then the object itself (100 us).
        """
        if self._rejected.get(record.key, record.mod_revision) is not None:
            return None
        obj = self._object(record)
        if obj is not None and self._predicate.selects(obj):
            return obj if self._decoded is None else self._decoded.hand_out(record, obj)
        self._rejected.add(record.key, record.mod_revision, True)
        return None

    def _object(self, record: Record) -> T | None:
        """What there is to ask; None if the bytes tell that it cannot match."""
        if self._decoded is not None and (known := self._decoded.peek(record)) is not None:
            return known
        key, revision = record.key, record.mod_revision
        data, _ = self._serializer.from_storage(key, record.value)
        if self._sieve is not None and not self._sieve(data):
            return None
        obj = self._serializer.decoded(key, data, revision)
        return obj if self._decoded is None else self._decoded.keep(record, obj)
