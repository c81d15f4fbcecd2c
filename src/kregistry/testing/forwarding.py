"""Forwarding: a Backend that passes every call on, for wrappers to change one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kregistry.storage.backend import Backend, ChangeStream, Page, Snapshot


class Forwarding(Backend):
    """Passes every call on to *inner*; closing it closes *inner*."""

    def __init__(self, inner: Backend) -> None:
        self.inner = inner

    @property
    def in_memory(self) -> bool:
        return self.inner.in_memory

    def get(self, key: str) -> Snapshot:
        return self.inner.get(key)

    def range(self, start: str, end: str, **how: Any) -> Page:
        return self.inner.range(start, end, **how)

    def put(self, key: str, value: bytes, *, expected: int, ttl: float | None = None) -> int:
        return self.inner.put(key, value, expected=expected, ttl=ttl)

    def delete(self, key: str, *, expected: int) -> int:
        return self.inner.delete(key, expected=expected)

    def watch(self, start: str, end: str, *, after: int) -> ChangeStream:
        return self.inner.watch(start, end, after=after)

    def current_revision(self) -> int:
        return self.inner.current_revision()

    def compacted_revision(self) -> int:
        return self.inner.compacted_revision()

    def compact(self, revision: int) -> None:
        self.inner.compact(revision)

    def ttls(self, start: str, end: str) -> Mapping[str, float]:
        return self.inner.ttls(start, end)

    def advance(self, revision: int) -> None:
        self.inner.advance(revision)

    def close(self) -> None:
        self.inner.close()

    def ready(self) -> None:
        self.inner.ready()


class Counting(Forwarding):
    """Counts the reads of ranges.

    Attributes:
        ranges: How many there were.
    """

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.ranges = 0

    def range(self, start: str, end: str, **how: Any) -> Page:
        self.ranges += 1
        return super().range(start, end, **how)
