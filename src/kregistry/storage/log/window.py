"""Window: the changes that a log holds, and how one finds a place in them.

Readers of the same keys go through the log side by side. The first that comes to a place looks
for what is next and leaves it there for the others, as a :class:`Run`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

from kregistry.storage.backend import Change
from kregistry.storage.keys import KeyRange

_SCAN = 1024

#: Runs that are remembered, and how large they are together; whichever comes first.
_RUNS = 128
_RUN_BYTES = 16 * 1024 * 1024


class Run(tuple[Change, ...]):
    """What every reader of the same keys gets at the same place, so they need not all look.

    Attributes:
        upto: Where a reader goes on: no other change of the keys comes up to this revision.
        told: What readers made of the changes, for the others; whoever adds to it bounds it.
    """

    upto: int
    told: dict[Any, Any]

    def __new__(cls, changes: Iterable[Change], upto: int) -> Run:
        made = super().__new__(cls, changes)
        made.upto = upto
        made.told = {}
        return made


class Window:
    """What the log holds. Safe to read while its owner adds to it.

    Attributes:
        floor: Changes at or before this revision are not here.
        changes: Every change after it, in order. Grows at its end; never shrinks.
    """

    __slots__ = ("_bytes", "_runs", "changes", "floor")

    def __init__(self, floor: int, changes: list[Change]) -> None:
        self.floor = floor
        self.changes = changes
        self._runs: dict[tuple[KeyRange, int, int], Run] = {}
        self._bytes = 0

    def after(self, revision: int) -> int:
        """Index of the first change after *revision*, which is not below the floor."""
        changes = self.changes
        guess = revision - self.floor  # right when revisions have no gaps
        size = len(changes)
        if (
            0 <= guess <= size
            and (guess == 0 or changes[guess - 1].revision <= revision)
            and (guess == size or changes[guess].revision > revision)
        ):
            return guess
        return bisect_right(changes, revision, key=_revision_of)

    def run(self, keys: KeyRange, after: int, limit: int, goal: int) -> Run:
        """The changes of *keys* after that revision, *limit* of them or a few less or more.

        Args:
            goal: Not further than this revision, up to which everything is here.
        """
        name = (keys, after, limit)
        run = self._runs.get(name)
        if run is None or run.upto > goal:
            run = self._look(keys, after, limit, goal)
            self._remember(name, run)
        return run

    def _look(self, keys: KeyRange, after: int, limit: int, goal: int) -> Run:
        at = self.after(after)
        changes = self.changes[at : _whole(self.changes, at + _SCAN)]
        if not changes:  # compaction moved the reader on, or the log went on without any
            return Run((), max(after, goal))
        if changes[-1].revision > goal:
            changes = [change for change in changes if change.revision <= goal]
        start, end = keys
        matching = [change for change in changes if start <= change.key < end]
        found = cut(matching, limit)
        if len(found) < len(matching):
            return Run(found, found[-1].revision)
        return Run(found, changes[-1].revision if changes else goal)

    def _remember(self, name: tuple[KeyRange, int, int], run: Run) -> None:
        """Nothing but time is lost when it is forgotten, so threads may forget for each other."""
        size = sum(map(size_of, run))
        if len(self._runs) >= _RUNS or self._bytes + size > _RUN_BYTES:
            self._runs.clear()
            self._bytes = 0
        self._runs[name] = run
        self._bytes += size


def cut(changes: Sequence[Change], limit: int) -> Sequence[Change]:
    """The first *limit* changes, and those that happened in one with the last of them."""
    return changes if len(changes) <= limit else changes[: _whole(changes, limit)]


def _whole(changes: Sequence[Change], end: int) -> int:
    """*end*, moved on until it splits no revision.

    Where one revision changes several keys, as etcd's transactions and leases can, a reader
    that goes on behind it must have seen all of it.
    """
    while end < len(changes) and changes[end].revision == changes[end - 1].revision:
        end += 1
    return end


def _revision_of(change: Change) -> int:
    return change.revision


def size_of(change: Change) -> int:
    """Bytes of its values."""
    return len(change.value or b"") + len(change.previous or b"")
