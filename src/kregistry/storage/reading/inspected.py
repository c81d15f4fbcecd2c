"""Inspected: which records were looked at before, to see whether they hold documents.

A list decodes nothing, but it looks at the ends of every value, so that what cannot be read
fails the list and not whoever touches the item later. To fetch the ends of 110,000 values that
lie anywhere in memory takes 70 ms, three times as long as the list itself. A version stays what
it is, so one look is enough: later lists look at what was written since.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple, Protocol

from kregistry.storage.backend import Record
from kregistry.storage.keys import KeyRange

_revision_of = attrgetter("mod_revision")


class Inspector(Protocol):
    """Who looks, such as a :class:`~kregistry.storage.serializer.Serializer`."""

    @property
    def is_plain(self) -> bool:
        """Whether values are what they are, and nothing has to be made of them first."""
        ...

    def doubtful(self, records: Sequence[Record]) -> Sequence[Record]:
        """Those of *records* that have to be looked at every time."""
        ...


class _Look(NamedTuple):
    """Every version that was current in the range at *revision* was looked at, and in order."""

    keys: KeyRange
    revision: int


class Inspected:
    """Remembers the last range that was looked at; pages that follow each other make one.

    Behind a transformer nothing is remembered: what it makes of a value may change.
    """

    __slots__ = ("_look", "_serializer")

    def __init__(self, serializer: Inspector) -> None:
        self._serializer = serializer
        self._look = _Look(KeyRange("", ""), 0)

    def doubtful(self, records: Sequence[Record], keys: KeyRange, at: int) -> Sequence[Record]:
        """Those of *records*, all of the range at a revision, that do not look like documents."""
        if not self._serializer.is_plain:
            return self._serializer.doubtful(records)
        seen, since = self._look
        if at == since and seen.start <= keys.start and keys.end <= seen.end:
            return ()  # that very look covers it
        found = self._serializer.doubtful(self._unseen(records, keys, at))
        if not found:
            self._note(keys, at)
        return found

    def _unseen(self, records: Sequence[Record], keys: KeyRange, at: int) -> Sequence[Record]:
        seen, since = self._look
        # A version that was overwritten before the look may be current at an earlier revision.
        if at < since or not (seen.start <= keys.start and keys.end <= seen.end):
            return records
        if max(map(_revision_of, records), default=0) <= since:
            return ()
        return [record for record in records if record.mod_revision > since]

    def _note(self, keys: KeyRange, at: int) -> None:
        """Remember a look. Threads may overtake each other: each look is true by itself."""
        seen, since = self._look
        if keys.start == seen.end and at == since:
            self._look = _Look(KeyRange(seen.start, keys.end), at)
        elif keys == seen:
            self._look = _Look(keys, max(at, since))
        elif not (seen.start <= keys.start and keys.end <= seen.end):
            self._look = _Look(keys, at)
