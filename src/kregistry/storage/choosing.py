"""Choosing: the objects that a selector wants, with as few of the others decoded as can be."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

from kregistry.meta.object import Object
from kregistry.storage.backend import Record
from kregistry.storage.decoded import Decoded
from kregistry.storage.predicate import Attributes, GetAttrs, SelectionPredicate
from kregistry.storage.remembered import Remembered
from kregistry.storage.serializer import Serializer
from kregistry.storage.sieve import sieve_of

T = TypeVar("T", bound=Object)

#: Ways to take attributes whose answers are remembered. A Store has one.
_WAYS = 2


class Rejected:
    """What objects are selected by that a selector left out, to leave them out sooner next time.

    Of objects that were wanted nothing is remembered: they are decoded anyway, to be handed out.

    Args:
        capacity: Objects that are remembered for each way to take attributes. One with five
            labels and ten fields takes about 1.5 kB.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._ways: OrderedDict[GetAttrs, Remembered[Attributes]] = OrderedDict()

    def by(self, get_attrs: GetAttrs) -> Remembered[Attributes]:
        """What *get_attrs* said of which version."""
        with self._lock:
            try:
                known = self._ways.setdefault(get_attrs, Remembered(self._capacity))
            except TypeError:  # it cannot be hashed, and so not be found again
                return Remembered(0)
            self._ways.move_to_end(get_attrs)
            if len(self._ways) > _WAYS:
                self._ways.popitem(last=False)
            return known


class Choice(Generic[T]):
    """One selector at work on the records of a view.

    Args:
        serializer: Decodes.
        predicate: Which objects are wanted.
        rejected: What is known of versions that were not.
        decoded: Where the objects are from if they may be shared.
    """

    def __init__(
        self,
        serializer: Serializer[T],
        predicate: SelectionPredicate,
        rejected: Rejected,
        decoded: Decoded[T] | None,
    ) -> None:
        self._serializer = serializer
        self._predicate = predicate
        self._rejected = rejected.by(predicate.get_attrs)
        self._decoded = decoded
        self._sieve = sieve_of(predicate)

    def take(self, record: Record) -> T | None:
        """The object of *record*, None if it is not wanted.

        Cheapest first: what is remembered of it (1 us), what its bytes say (1 us), and only
        then the object itself (100 us).
        """
        attributes = self._rejected.get(record.key, record.mod_revision)
        if attributes is not None and not self._wants(attributes):
            return None
        obj = self._object(record)
        if obj is None:
            return None
        try:
            labels, fields = self._predicate.get_attrs(obj)
        except Exception:  # without attributes it does not match
            return None
        if self._wants((labels, fields)):
            return obj if self._decoded is None else self._decoded.hand_out(record, obj)
        self._rejected.add(record.key, record.mod_revision, (dict(labels), dict(fields)))
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

    def _wants(self, attributes: Attributes) -> bool:
        try:
            return self._predicate.matches_object_attributes(*attributes)
        except Exception:
            return False
