"""Survey: reading the source through before anything is copied."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kregistry.storage.backend import Backend, Record
from kregistry.storage.errors import RevisionCompacted
from kregistry.storage.migration.deadlines import GONE, Deadlines
from kregistry.storage.migration.errors import MigrationError, SourceCompacted
from kregistry.storage.migration.marker import MARKER
from kregistry.storage.migration.pages import END, extent, pages, pages_of
from kregistry.storage.migration.progress import OnProgress, Progress


class Survey(NamedTuple):
    """What a source is at one revision.

    Attributes:
        keys: How many keys it has.
        gone: How many of them were gone before anybody could ask for their time to live.
        digest: SHA-256 of all keys, revisions and values. Sources with the same one are the
            same for a copy, whatever they are called and whatever happened to them since.
    """

    keys: int
    gone: int
    digest: str


class Source:
    """The store that is copied, as of one revision.

    Args:
        store: The store.
        revision: The revision.
        size: The most records of a page.
    """

    def __init__(self, store: Backend, *, revision: int, size: int) -> None:
        self.store = store
        self.revision = revision
        self._size = size

    def pages(self) -> Iterator[Sequence[Record]]:
        """All its records; see :func:`~kregistry.storage.migration.pages.pages`.

        Raises:
            SourceCompacted: The revision is not remembered any more.
        """
        try:
            yield from pages(self.store, revision=self.revision, size=self._size)
        except RevisionCompacted as error:
            raise SourceCompacted(self.revision, error.compacted) from error

    def survey(self, on_progress: OnProgress, deadlines: Deadlines | None = None) -> Survey:
        """Read everything once.

        Args:
            on_progress: Told after each page.
            deadlines: Gets those of each page, if given.

        Raises:
            SourceCompacted: The revision is not remembered any more.
        """
        digest, keys, gone, total = hashlib.sha256(), 0, 0, self._count()
        on_progress(Progress(0, total, "survey"))
        for page in self.pages():
            for record in page:
                _feed(digest, record)
            if deadlines is not None:
                found = self._deadlines(page, deadlines.now())
                deadlines.write(found)
                gone += list(found.values()).count(GONE)
            keys += len(page)
            on_progress(Progress(keys, max(keys, total), "survey"))
        return Survey(keys, gone, digest.hexdigest())

    def _count(self) -> int:
        try:
            return self.store.range("", END, limit=1, revision=self.revision, count=True).count
        except RevisionCompacted as error:
            raise SourceCompacted(self.revision, error.compacted) from error

    def _deadlines(self, page: Sequence[Record], now: float) -> dict[str, float]:
        """When the keys of a page go, as far as can be told now."""
        left = self.store.ttls(*extent(page))
        found = {record.key: now + left[record.key] for record in page if record.key in left}
        if self.store.current_revision() != self.revision:
            asked = found.keys() | self._held(page)
            found |= {record.key: GONE for record in page if record.key not in asked}
        return found

    def _held(self, page: Sequence[Record]) -> set[str]:
        """The keys of a page that the source still has."""
        wanted = {record.key for record in page}
        newest = pages_of(self.store, extent(page), revision=0, size=self._size)
        return {record.key for records in newest for record in records if record.key in wanted}


def _feed(digest: hashlib._Hash, record: Record) -> None:
    key = record.key.encode()
    head = f"{len(key)} {record.mod_revision} {record.create_revision} {len(record.value)} "
    digest.update(head.encode())
    digest.update(key)
    digest.update(record.value)


def refuse_unfinished(store: Backend) -> None:
    """See that a source is not half of a copy itself.

    Raises:
        MigrationError: It is.
    """
    for start, end in ((MARKER, f"{MARKER}\0"), (f"{MARKER}/", f"{MARKER}0")):
        if store.range(start, end, limit=1).records:
            raise MigrationError(
                f"the source holds keys of a migration ({MARKER!r}): it is the target of one that "
                "is not finished; finish that first"
            )
