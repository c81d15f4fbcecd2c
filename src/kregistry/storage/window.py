"""Window: the changes that a log holds, and how one finds a place in them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from kregistry.storage.backend import Change

_SCAN = 1024


class Window(NamedTuple):
    """What the log holds.

    Attributes:
        floor: Changes at or before this revision are not here.
        changes: Every change after it, in order. Grows at its end; never shrinks.
    """

    floor: int
    changes: list[Change]

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

    def some(self, revision: int) -> Sequence[Change]:
        """The next changes after *revision*, as many as one wants to look at in one go."""
        at = self.after(revision)
        return self.changes[at : _whole(self.changes, at + _SCAN)]


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
