"""FieldIndex: which keys may hold a value of a field, so that a list need not look at all.

An index is built from bytes when it is first asked for, and brought up to date from the change
log whenever it is asked again; no thread of its own runs in between. It names at
least the keys that match, and a few more where bytes leave a doubt: who asks looks at each.

Source: what ``k8s.io/apiserver/pkg/storage/cacher`` does with ``storage.IndexerFuncs``.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from kregistry.storage.backend import Backend, Change, ChangeStream, Record
from kregistry.storage.errors import RevisionCompacted
from kregistry.storage.keys import KeyRange, only
from kregistry.storage.predicate import NAMING_FIELDS, SelectionPredicate, selects_as_it_says
from kregistry.storage.reading.sieve import has_escapes, is_plain
from kregistry.storage.serializer import is_document

#: The clear bytes behind a stored value of a key. May raise.
Clear = Callable[[str, bytes], bytes]

_PAGE = 1000
#: Seconds to wait for a change that is committed and not in the log yet.
_PATIENCE = 0.02
#: Changes after which a page of an older list is read without the index.
_MEMORY = 4096
#: With more keys of any value than this, looking at each is no gain.
_MOST_DOUBTFUL = 1000

#: Stands for every value: the bytes do not tell.
_ANY = ""


class Candidates(NamedTuple):
    """Keys of which some match, and no others do.

    Attributes:
        keys: In order.
        revision: As of when. They are to be read as of then.
    """

    keys: list[str]
    revision: int


class FieldIndex:
    """The values of one field of all objects of a view.

    Takes 60 bytes per object that has a value, and 100 more for its key where the backend does
    not have it in memory.

    Args:
        keys: All of the view.
        field: Path of the field; its value stands under the last part of it.
        clear: Undoes what a transformer did.
    """

    def __init__(self, backend: Backend, keys: KeyRange, field: str, clear: Clear) -> None:
        self._backend = backend
        self._keys = keys
        self._name = f'"{field.rpartition(".")[2]}"'.encode()
        self._clear = clear
        self._lock = threading.Lock()
        self._by_value: dict[str, set[str]] = {}
        self._left: deque[tuple[int, str, str]] = deque()  # revision, value and key of late
        self._floor = 0  # what left since then is known
        self._position = 0  # 0 before it is built

    def candidates(self, value: str, keys: KeyRange, revision: int) -> Candidates | None:
        """Where *value* may have been in the range at *revision*, 0 for now.

        None if the index does not know: *revision* is too long ago, or not reached yet.
        """
        current = revision or self._backend.current_revision()
        with self._lock:
            if not self._reaches(current):
                return None
            at = revision or self._position
            doubtful = self._by_value.get(_ANY, set())
            if at < self._floor or len(doubtful) > _MOST_DOUBTFUL:
                return None
            found = {*self._by_value.get(value, ()), *doubtful}
            found.update(key for left, old, key in self._left if left > at and old in (value, _ANY))
        return Candidates(sorted(key for key in found if keys.start <= key < keys.end), at)

    def _reaches(self, revision: int) -> bool:
        """Bring the index up to date; whether that is to *revision* at least."""
        try:
            if not self._position:
                self._build()
            if self._position < revision:
                self._follow(revision)
        except RevisionCompacted:  # not asked for so long that it is cheaper to begin anew
            self._position = 0
        return self._position >= revision

    def _build(self) -> None:
        self._by_value.clear()
        self._left.clear()
        start, end = self._keys
        revision, more = 0, True
        while more:
            page = self._backend.range(start, end, limit=_PAGE, revision=revision)
            revision, more = revision or page.revision, page.more
            for record in page.records:
                start = f"{record.key}\0"
                for value in self._values(record.key, record.value):
                    self._by_value.setdefault(value, set()).add(record.key)
        self._position = self._floor = revision

    def _follow(self, revision: int) -> None:
        stream = self._backend.watch(*self._keys, after=self._position)
        try:
            self._read(stream)
            if stream.position < revision:
                bell = threading.Event()
                if stream.park(bell.set):
                    bell.wait(_PATIENCE)
                self._read(stream)
        finally:
            stream.close()

    def _read(self, stream: ChangeStream) -> None:
        while changes := stream.poll():
            for change in changes:
                self._apply(change)
        self._position = max(self._position, stream.position)

    def _apply(self, change: Change) -> None:
        key = change.key
        old = self._values(key, change.previous)
        new = self._values(key, change.value)
        for value in old - new:
            members = self._by_value.get(value)
            if members is not None:
                members.discard(key)
                if not members:
                    del self._by_value[value]
            self._left.append((change.revision, value, key))
        for value in new:
            self._by_value.setdefault(value, set()).add(key)
        while len(self._left) > _MEMORY:
            self._floor = self._left.popleft()[0]

    def _values(self, key: str, stored: bytes | None) -> set[str]:
        """What the field may be in a stored value."""
        if stored is None:
            return set()
        try:
            data = self._clear(key, stored)
            return set(values_of(self._name, data)) if is_document(data) else {_ANY}
        except Exception:
            return {_ANY}


def values_of(name: bytes, data: bytes) -> Iterator[str]:
    """The strings under a member called *name*, quotes included; "" where there is doubt."""
    if has_escapes(data):
        yield _ANY
    at = data.find(name)
    while at >= 0:
        at += len(name)
        end = data.find(b'"', at + 2) if data.startswith(b':"', at) else -1
        text = data[at + 2 : end] if end >= 0 else b""
        yield _ANY if b"\\" in text else text.decode()
        at = data.find(name, at)


class Indexes:
    """The indexes of one view, each made when first needed.

    Args:
        keys: All of the view.
        clear: Undoes what a transformer did.
    """

    def __init__(self, backend: Backend, keys: KeyRange, clear: Clear) -> None:
        self._backend = backend
        self._keys = keys
        self._clear = clear
        self._fields: dict[str, FieldIndex] = {}

    def candidates(
        self, predicate: SelectionPredicate, keys: KeyRange, revision: int
    ) -> Candidates | None:
        """Where *predicate* may match; None if no index knows."""
        if not (selects_as_it_says(predicate) and selects_as_it_says(predicate.field)):
            return None
        for field in predicate.index_fields:
            if field in predicate.literal_fields and field not in NAMING_FIELDS:
                value = predicate.field.requires_exact_match(field)
                if value is not None and is_plain(value):
                    return self._index(field).candidates(value, keys, revision)
        return None

    def record(self, key: str, revision: int) -> Record | None:
        """What was stored under a key at a revision.

        Raises:
            RevisionCompacted: Nobody can tell any more.
        """
        record = self._backend.get(key).record
        if record is not None and record.mod_revision <= revision:
            return record  # it has not changed since; to read the past takes three times as long
        found = self._backend.range(*only(key), revision=revision).records
        return found[0] if found else None

    def _index(self, field: str) -> FieldIndex:
        made = FieldIndex(self._backend, self._keys, field, self._clear)
        return self._fields.setdefault(field, made)
