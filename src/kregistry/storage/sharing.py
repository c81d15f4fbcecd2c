"""Sharing: what watchers of a store share of the versions they are told of.

A thousand watchers of one change would each take the same bytes apart, select by the same
labels and print the same line. They share one :class:`Shared` instead; only the objects
themselves are never shared, because whoever receives one may change it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from kregistry.meta.object import Object
from kregistry.storage.backend import Record
from kregistry.storage.encoded import Encoded
from kregistry.storage.predicate import Attributes, GetAttrs
from kregistry.storage.serializer import Serializer

T = TypeVar("T", bound=Object)

#: Versions that are remembered, and how large they are together; whichever comes first.
_KEPT: Final = 1024
_KEPT_BYTES: Final = 16 * 1024 * 1024

#: Ways to print one version, and to tell what it is selected by, that are remembered.
_FORMS: Final = 8


class Shared(Generic[T]):
    """One version of an object, as all who are told of it share it. Safe between threads.

    Attributes:
        encoded: Its bytes.
    """

    __slots__ = ("_attributes", "_frames", "_key", "_serializer", "encoded")

    def __init__(self, serializer: Serializer[T], key: str, encoded: Encoded) -> None:
        self._serializer = serializer
        self._key = key
        self.encoded = encoded
        self._attributes: dict[GetAttrs, Attributes | None] = {}
        self._frames: dict[Hashable, bytes] = {}

    def at(self, revision: int) -> Shared[T]:
        """The same content with the revision at which it was deleted, or went out of sight."""
        encoded = Encoded(self.encoded.data, revision, self.encoded.opening)
        return Shared(self._serializer, self._key, encoded)

    def fresh(self) -> T:
        """The object, another one at every call. What the codec raises comes out."""
        return self._serializer.unpack(self._key, self.encoded)

    def attributes(self, get_attrs: GetAttrs) -> tuple[Attributes | None, T | None]:
        """What the object is selected by, None if *get_attrs* raises.

        Returns:
            That, and a fresh object if it took one to find out. What the codec raises comes out.
        """
        known = self._attributes
        if get_attrs in known:
            return known[get_attrs], None
        obj = self.fresh()
        found: Attributes | None
        try:
            label_set, field_set = get_attrs(obj)
            found = dict(label_set), dict(field_set)  # those of the object are its receiver's
        except Exception:
            found = None
        if len(known) < _FORMS:
            known[get_attrs] = found
        return found, obj

    def frame(self, form: Hashable, make: Callable[[], bytes]) -> bytes:
        """What *make* returned when it was first called for *form*."""
        frame = self._frames.get(form)
        if frame is None:
            frame = make()
            if len(self._frames) < _FORMS:
                self._frames[form] = frame
        return frame


class Sharing(Generic[T]):
    """The newest versions that watchers of one view were told of. Safe between threads.

    Bounded: what falls out is made again for whoever is that slow.

    Args:
        serializer: Reads stored values.
    """

    def __init__(self, serializer: Serializer[T]) -> None:
        self._serializer = serializer
        self._lock = threading.Lock()
        self._versions: dict[tuple[str, int], Shared[T]] = {}
        self._bytes = 0

    def version(self, record: Record) -> Shared[T]:
        """What *record* holds.

        Raises:
            InternalStorageError: The transformer failed; CorruptObject if so configured.
            DecodeError: It does not look like a document, and is none; CorruptObject likewise.
        """
        name = record.key, record.mod_revision
        found = self._versions.get(name)
        if found is None:
            encoded = self._serializer.readable(record)
            found = self._keep(name, Shared(self._serializer, record.key, encoded))
        return found

    def _keep(self, name: tuple[str, int], made: Shared[T]) -> Shared[T]:
        """*made*, or what another thread made first; the oldest go to make room."""
        versions = self._versions
        with self._lock:
            found = versions.setdefault(name, made)
            if found is made:
                self._bytes += len(made.encoded.data)
                while len(versions) > _KEPT or (self._bytes > _KEPT_BYTES and len(versions) > 1):
                    oldest = versions.pop(next(iter(versions)))
                    self._bytes -= len(oldest.encoded.data)
            return found
