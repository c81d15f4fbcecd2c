"""LazyItems: the items of a list, each decoded when it is first looked at.

Who counts, pages or passes on what it has listed never pays for objects.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, SupportsIndex, TypeVar, overload

from kregistry.meta.object import Object
from kregistry.runtime.quiet import RUN, quiet
from kregistry.storage.backend import Record
from kregistry.storage.encoded import Encoded

T = TypeVar("T", bound=Object)


class LazyItems(Sequence[T], Generic[T]):
    """Objects that are bytes until somebody touches them.

    Every item is one object, the caller's own, however often it is looked at. Equal to any
    sequence of equal objects. Safe to share between threads, as a tuple is.

    Args:
        records: What is stored, in order.
        load: Makes an object of a record. What it raises comes out of the access that asked
            for it.
        encode: Makes the bytes of a record.
        pieces: Makes of all records the items of a typed list; from *encode* when not given.
    """

    __slots__ = ("_encode", "_load", "_lock", "_objects", "_pieces", "_records")

    def __init__(
        self,
        records: Sequence[Record],
        load: Callable[[Record], T],
        encode: Callable[[Record], Encoded],
        pieces: Callable[[Sequence[Record]], list[bytes | memoryview]] | None = None,
    ) -> None:
        self._records = records
        self._load = load
        self._encode = encode
        self._pieces = pieces
        self._objects: list[T | None] = [None] * len(records)
        self._lock = threading.Lock()

    def encoded(self, index: int) -> Encoded | None:
        """The item's bytes; None once it was looked at, because it may have been changed."""
        return self._encode(self._records[index]) if self._objects[index] is None else None

    def pieces(self) -> list[bytes | memoryview] | None:
        """All as the items of a typed list, commas in between, to be joined; None as above."""
        if self._objects.count(None) < len(self._objects):
            return None
        if self._pieces is not None:
            return self._pieces(self._records)
        return [b",".join([self._encode(record).item() for record in self._records])]

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[T]:
        start, run = 0, 1
        while start < len(self._objects):
            yield from self._run(start, start + run)
            start, run = start + run, min(run * 2, RUN)

    @overload
    def __getitem__(self, index: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> T | list[T]:
        if isinstance(index, slice):
            places = range(*index.indices(len(self)))
            return [self[place] for place in places]
        place = index.__index__()
        found = self._objects[place]
        return found if found is not None else self._run(place, place + 1 or None)[0]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return len(self) == len(other) and all(
            mine == theirs for mine, theirs in zip(self, other, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]  # its objects may change

    def __repr__(self) -> str:
        return repr(list(self))

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy, or what comes out of a pickle, is an ordinary list."""
        return (list, (list(self),))

    def _run(self, start: int, end: int | None) -> list[T]:
        """The items of a slice, decoded in one go."""
        objects = self._objects
        full = end is not None and end - start == RUN
        with quiet(lasting=full), self._lock:
            for place in range(*slice(start, end).indices(len(objects))):
                if objects[place] is None:
                    objects[place] = self._load(self._records[place])
        return objects[start:end]  # type: ignore[return-value]  # none is missing now
