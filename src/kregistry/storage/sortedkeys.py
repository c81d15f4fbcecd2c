"""SortedKeys: text keys in order, with fast changes, ranges and counts at any size.

The keys lie in chunks of about a thousand, so adding one moves a thousand references and not
a million, and a page is found by two binary searches.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

_CHUNK = 1024


class SortedKeys:
    """A sorted set of text. Text sorts by code points, which is how its UTF-8 bytes sort."""

    def __init__(self) -> None:
        self._chunks: list[list[str]] = []
        self._firsts: list[str] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __contains__(self, key: str) -> bool:
        at = self._chunk_of(key)
        if at < 0:
            return False
        chunk = self._chunks[at]
        place = bisect_left(chunk, key)
        return place < len(chunk) and chunk[place] == key

    def add(self, key: str) -> None:
        """Add a key that is not there yet."""
        self._size += 1
        if not self._chunks:
            self._chunks.append([key])
            self._firsts.append(key)
            return
        at = max(self._chunk_of(key), 0)
        chunk = self._chunks[at]
        insort(chunk, key)
        self._firsts[at] = chunk[0]
        if len(chunk) > 2 * _CHUNK:
            self._split(at)

    def discard(self, key: str) -> None:
        """Remove a key if it is there."""
        at = self._chunk_of(key)
        if at < 0:
            return
        chunk = self._chunks[at]
        place = bisect_left(chunk, key)
        if place == len(chunk) or chunk[place] != key:
            return
        self._size -= 1
        del chunk[place]
        if chunk:
            self._firsts[at] = chunk[0]
        else:
            del self._chunks[at], self._firsts[at]

    def take(self, start: str, end: str, limit: int) -> list[str]:
        """The first *limit* keys with ``start <= key < end``; all of them if it is 0."""
        taken: list[str] = []
        for chunk, low, high in self._parts(start, end):
            if limit and high - low >= limit - len(taken):
                return taken + chunk[low : low + limit - len(taken)]
            taken += chunk[low:high]
        return taken

    def iterate(self, start: str, end: str) -> Iterator[str]:
        """The keys with ``start <= key < end``, in order."""
        for chunk, low, high in self._parts(start, end):
            yield from chunk[low:high]

    def count(self, start: str, end: str) -> int:
        """How many keys there are with ``start <= key < end``."""
        if end <= start:
            return 0
        first, low = self._place(start)
        last, high = self._place(end)
        return self._between(first, last) + high - low

    def _between(self, first: int, last: int) -> int:
        """How many keys these chunks hold.

        Of a million keys in a thousand chunks most lists ask for nearly all, or for nearly
        none: the fewer chunks are counted, those inside or those outside.
        """
        chunks = self._chunks
        if 2 * (last - first) <= len(chunks):
            return sum(map(len, chunks[first:last]))
        return self._size - sum(map(len, chunks[:first])) - sum(map(len, chunks[last:]))

    def _parts(self, start: str, end: str) -> Iterator[tuple[list[str], int, int]]:
        """The chunks of a range, each with where the range begins and ends in it."""
        if end <= start:
            return
        first, low = self._place(start)
        for at in range(first, len(self._chunks)):
            chunk = self._chunks[at]
            if chunk[-1] < end:
                yield chunk, low, len(chunk)
                low = 0
                continue
            yield chunk, low, bisect_left(chunk, end, low)
            return

    def _place(self, key: str) -> tuple[int, int]:
        """Chunk, and index in it, of the first key at or after *key*."""
        at = self._chunk_of(key)
        if at < 0:
            return 0, 0
        return at, bisect_left(self._chunks[at], key)

    def _chunk_of(self, key: str) -> int:
        """The chunk in which *key* is, or would go; -1 if it comes before all."""
        return bisect_right(self._firsts, key) - 1

    def _split(self, at: int) -> None:
        chunk = self._chunks[at]
        self._chunks[at : at + 1] = [chunk[:_CHUNK], chunk[_CHUNK:]]
        self._firsts.insert(at + 1, chunk[_CHUNK])
