"""SizeEstimator: how big the objects of a resource are, kept up to date from the change log.

Source: ``k8s.io/apiserver/pkg/storage/etcd3/stats.go``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from kregistry.storage.backend import Backend, ChangeStream
from kregistry.storage.errors import RevisionCompacted
from kregistry.storage.keys import KeySpace

_PAGE = 1000


class SizeEstimator:
    """Knows the stored size of every object of a resource.

    The first question reads them all, in pages; later ones only what changed since.

    Args:
        keys: Lists the keys that count, full ones or as callers of storage give them.
    """

    def __init__(
        self, backend: Backend, space: KeySpace, keys: Callable[[], Iterable[str]]
    ) -> None:
        self._backend = backend
        self._space = space
        self._keys = keys
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}
        self._stream: ChangeStream | None = None

    def average(self) -> int:
        """Mean size in bytes, rounded down; 0 without objects."""
        keys = list(self._keys())  # the caller's function: not under the lock
        with self._lock:
            self._refresh()
            sizes = [size for key in keys if (size := self._size(key)) is not None]
        return sum(sizes) // len(sizes) if sizes else 0

    def close(self) -> None:
        """Give up the place in the log."""
        with self._lock:
            if self._stream is not None:
                self._stream.close()
                self._stream = None

    def _size(self, key: str) -> int | None:
        found = self._sizes.get(key)
        return found if found is not None else self._sizes.get(self._space.path + key[1:])

    def _refresh(self) -> None:
        try:
            if self._stream is not None:
                return self._follow(self._stream)
        except RevisionCompacted:
            self._stream = None
        return self._load()

    def _follow(self, stream: ChangeStream) -> None:
        while changes := stream.poll():
            for change in changes:
                if change.value is None:
                    self._sizes.pop(change.key, None)
                else:
                    self._sizes[change.key] = len(change.value)

    def _load(self) -> None:
        start, end = self._space.everything
        self._sizes.clear()
        revision, more = 0, True
        while more:
            page = self._backend.range(start, end, limit=_PAGE, revision=revision)
            revision, more = revision or page.revision, page.more
            for record in page.records:
                self._sizes[record.key] = len(record.value)
                start = f"{record.key}\0"
        self._stream = self._backend.watch(*self._space.everything, after=revision)
