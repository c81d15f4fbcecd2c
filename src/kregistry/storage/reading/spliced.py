"""Spliced: stored documents as the items of a list; what was searched once is not searched again.

The version is put in where the metadata begins, unless one is there already. To see that none is
takes a search through the whole document: 0.8 us for 3 KB, half of the time of a list over HTTP.
A version stays what it is, so one search is enough, as for
:mod:`~kregistry.storage.reading.inspected`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kregistry.storage.backend import Record
from kregistry.storage.encoded import is_usual, usual_pieces
from kregistry.storage.keys import KeyRange
from kregistry.storage.reading.inspected import Inspected
from kregistry.storage.serializer import Serializer


class Spliced:
    """Makes the items of lists, and remembers which documents may be taken as they are.

    Behind a transformer nothing is remembered: what it makes of a value may change.

    Args:
        serializer: Makes the items of any documents.
        opening: How the usual ones begin; see :class:`~kregistry.storage.encoded.Encoded`.
    """

    __slots__ = ("_inspected", "_opening", "_serializer")

    def __init__(self, serializer: Serializer[Any], opening: bytes) -> None:
        self._serializer = serializer
        self._opening = opening
        self._inspected = Inspected(self)

    @property
    def is_plain(self) -> bool:
        """Whether values are stored as the codec writes them."""
        return self._serializer.is_plain

    def doubtful(self, records: Sequence[Record]) -> Sequence[Record]:
        """Those of *records* that have to be looked at every time."""
        opening = self._opening
        return [record for record in records if not is_usual(record.value, opening)]

    def pieces(
        self, keys: KeyRange, at: int, records: Sequence[Record]
    ) -> list[bytes | memoryview]:
        """What *records*, all of the range at a revision, hold as items of a typed list.

        In pieces, to be joined, commas in between.
        """
        if not self.is_plain or self._inspected.doubtful(records, keys, at):
            return self._serializer.item_pieces(records)
        return usual_pieces(records, self._opening)
