"""Deadlines: when the keys of the source go, written down in the target while it is filled.

A backend tells how long its keys have left now, not how long they had at a past revision; and
of a key that is gone by the time it is copied it cannot tell whether its time was up or
somebody deleted it. So that is asked at the beginning, and kept where a later run finds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kregistry.meta.clock import Clock
from kregistry.storage.backend import Backend, Record, prefix_end
from kregistry.storage.keys import KeyRange
from kregistry.storage.migration.marker import MARKER
from kregistry.storage.migration.pages import extent

_PREFIX = f"{MARKER}/deadline"
_ALL = KeyRange(_PREFIX, prefix_end(_PREFIX))
#: The deadline of a key that was gone before anybody could ask for it.
GONE = 0.0


class Deadlines:
    """The deadlines of the source's keys, in seconds since the epoch, by key.

    Args:
        target: Where they are kept.
        clock: Tells whether one has passed.
        size: How many to delete between two looks.
    """

    def __init__(self, target: Backend, clock: Clock, *, size: int) -> None:
        self._target = target
        self._clock = clock
        self._size = size

    def write(self, found: Mapping[str, float]) -> None:
        """Keep some more."""
        for key, deadline in found.items():
            self._target.put(_PREFIX + key, repr(deadline).encode(), expected=0)

    def of(self, page: Sequence[Record]) -> dict[str, float]:
        """Those of the keys of a page that have one."""
        first, end = extent(page)
        found = self._target.range(_PREFIX + first, _PREFIX + end).records
        return {record.key.removeprefix(_PREFIX): float(record.value) for record in found}

    def left(self, deadline: float) -> float:
        """Seconds until a deadline; negative once it has passed."""
        return deadline - self.now()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock.now().timestamp()

    def forget(self) -> None:
        """Delete them all from the target."""
        more = True
        while more:
            page = self._target.range(*_ALL, limit=self._size)
            for record in page.records:
                self._target.delete(record.key, expected=record.mod_revision)
            more = page.more
