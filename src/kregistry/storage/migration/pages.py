"""Pages: walking through all keys of a store, so many at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kregistry.storage.backend import Backend, Record
from kregistry.storage.keys import KeyRange
from kregistry.storage.migration.marker import MARKER

#: Behind every key that is not made to lie there.
END = chr(0x10FFFF) * 64
#: Every key but those of migrations themselves, which are ``MARKER`` and what lies below it.
SPANS = (
    KeyRange("", MARKER),
    KeyRange(f"{MARKER}\0", f"{MARKER}/"),
    KeyRange(f"{MARKER}0", END),
)


def pages(store: Backend, *, revision: int, size: int) -> Iterator[Sequence[Record]]:
    """All records in the order of their keys, without those of migrations. No page is empty.

    Args:
        store: Where to read.
        revision: As of when; 0 reads each page as it is then.
        size: The most records of a page.

    Raises:
        RevisionCompacted: *revision* is not remembered any more.
    """
    for span in SPANS:
        yield from pages_of(store, span, revision=revision, size=size)


def pages_of(
    store: Backend, keys: KeyRange, *, revision: int, size: int
) -> Iterator[Sequence[Record]]:
    """The same, of a range."""
    start, end = keys
    more = True
    while more:
        page = store.range(start, end, limit=size, revision=revision)
        if page.records:
            yield page.records
            start = f"{page.records[-1].key}\0"
        more = page.more


def extent(page: Sequence[Record]) -> KeyRange:
    """From the first key of a page to its last."""
    return KeyRange(page[0].key, f"{page[-1].key}\0")
