"""Versions: every version of every key that is not compacted yet, in dictionaries.

Has no lock and knows no time; :class:`~kregistry.storage.memory.MemoryBackend` has both.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from kregistry.storage.backend import Change, Record
from kregistry.storage.sortedmap import SortedMap, Span


class Version(NamedTuple):
    """What a key was from a revision on; None for deleted."""

    revision: int
    record: Record | None


class Versions:
    """Newest versions in one dictionary, and in order of their keys; older ones in another.

    A store that is only read at its newest revision therefore pays nothing for its history.
    """

    def __init__(self) -> None:
        self._newest: dict[str, Record] = {}
        self._older: dict[str, list[Version]] = {}
        self._live: SortedMap[Record] = SortedMap()
        self._ghosts: SortedMap[None] = SortedMap()  # deleted, but remembered

    def get(self, key: str) -> Record | None:
        """The newest version of *key*."""
        return self._newest.get(key)

    def put(self, key: str, value: bytes, revision: int) -> Change:
        """Add a version."""
        old = self._newest.get(key)
        if old is None:
            self._newest[key] = record = Record(key, value, revision, revision)
            self._live.add(key, record)
            if key in self._older:
                self._ghosts.discard(key)
            return Change(key, revision, value, None, 0)
        self._older.setdefault(key, []).append(Version(old.mod_revision, old))
        self._newest[key] = record = Record(key, value, revision, old.create_revision)
        self._live.replace(key, record)
        return Change(key, revision, value, old.value, old.mod_revision)

    def delete(self, key: str, revision: int) -> Change:
        """Add the end of a key that exists."""
        old = self._newest.pop(key)
        self._live.discard(key)
        self._ghosts.add(key, None)
        versions = self._older.setdefault(key, [])
        versions.append(Version(old.mod_revision, old))
        versions.append(Version(revision, None))
        return Change(key, revision, None, old.value, old.mod_revision)

    def span(self, start: str, end: str) -> Span:
        """Where the live records of a range lie; true until the next change."""
        return self._live.span(start, end)

    def newest(self, span: Span, limit: int) -> list[Record]:
        """The first *limit* live records of a span; all if it is 0."""
        return self._live.values(span, limit)

    def at(self, start: str, end: str, limit: int, revision: int) -> list[Record]:
        """The same of a range, as of *revision*."""
        found = self._records_at(self._keys(start, end), revision)
        return list(islice(found, limit or None))

    def count(self, span: Span) -> int:
        """How many live records a span has."""
        return self._live.count(span)

    def count_at(self, start: str, end: str, revision: int) -> int:
        """How many records a range had at *revision*; looks at each."""
        return sum(1 for _ in self._records_at(self._keys(start, end), revision))

    def compact(self, keys: Iterable[str], revision: int) -> None:
        """Forget what reads at *revision* and later do not need, of these keys."""
        for key in keys:
            versions = self._older.get(key)
            if versions is None:
                continue
            live = self._newest.get(key)
            kept = _needed(versions, live, revision)
            if kept:
                self._older[key] = kept
                continue
            del self._older[key]
            if live is None:
                self._ghosts.discard(key)

    def remembered(self) -> int:
        """How many versions are kept besides the newest ones."""
        return sum(map(len, self._older.values()))

    def _keys(self, start: str, end: str) -> Iterator[str]:
        """Live keys and ghosts of the range in order; there are seldom any ghosts."""
        live = self._live.keys(self._live.span(start, end))
        ghosts = self._ghosts.span(start, end)
        if not self._ghosts.count(ghosts):
            return live
        return heapq.merge(live, self._ghosts.keys(ghosts))

    def _records_at(self, keys: Iterator[str], revision: int) -> Iterator[Record]:
        newest = self._newest
        for key in keys:
            record = newest.get(key)
            if record is None or record.mod_revision > revision:
                record = self._older_at(key, revision)
            if record is not None:
                yield record

    def _older_at(self, key: str, revision: int) -> Record | None:
        versions = self._older.get(key, [])
        index = bisect_right(versions, revision, key=_revision_of)
        return versions[index - 1].record if index else None


def _needed(versions: list[Version], live: Record | None, revision: int) -> list[Version]:
    """Drop versions that were followed by another one at or before *revision*."""
    if live is not None and live.mod_revision <= revision:
        return []
    first = max(bisect_right(versions, revision, key=_revision_of) - 1, 0)
    if versions[first].record is None and versions[first].revision <= revision:
        first += 1
    return versions[first:]


def _revision_of(version: Version) -> int:
    return version.revision
