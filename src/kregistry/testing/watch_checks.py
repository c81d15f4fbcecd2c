"""What a watch promises, as functions: each says what is wrong with one watch, if anything.

The nine checks of etcd's robustness tests. They compare what a reader got with the store's
log of changes; :func:`check_watch` runs all of them.

Source: ``go.etcd.io/etcd/tests/v3/robustness/validate/watch.go``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import attrs

from kregistry.storage.backend import Change
from kregistry.testing.linearizability import Replay
from kregistry.testing.model import in_range


@attrs.frozen
class Bookmark:
    """A promise that everything up to a revision was delivered."""

    revision: int


@attrs.frozen
class Response:
    """What came together.

    Attributes:
        changes: Changes, in the order in which they came.
        bookmark: The promise that came after them, if any.
    """

    changes: Sequence[Change]
    bookmark: Bookmark | None = None


@attrs.frozen
class Watched:
    """One watch and everything it delivered.

    Attributes:
        start: First key of its range.
        end: End of its range.
        after: Revision after which it began.
        responses: What came, in order.
    """

    start: str
    end: str
    after: int
    responses: Sequence[Response]

    @property
    def changes(self) -> list[Change]:
        """Every change, in the order in which they came."""
        return [change for response in self.responses for change in response.changes]

    def wanted(self, log: Sequence[Change]) -> list[Change]:
        """The changes of the log that the watch is about."""
        return [
            change
            for change in log
            if change.revision > self.after and in_range(change.key, self.start, self.end)
        ]


Log = Sequence[Change]


def check_filter(watched: Watched, log: Log) -> Iterator[str]:
    """Only what lies in the range is delivered."""
    for change in watched.changes:
        if not in_range(change.key, watched.start, watched.end):
            yield f"{change.key!r} lies outside the range"


def check_ordered(watched: Watched, log: Log) -> Iterator[str]:
    """Nothing older follows something newer."""
    newest = 0
    for change in watched.changes:
        if change.revision < newest:
            yield f"revision {change.revision} came after {newest}"
        newest = max(newest, change.revision)


def check_unique(watched: Watched, log: Log) -> Iterator[str]:
    """Nothing is delivered twice."""
    seen: set[tuple[str, int]] = set()
    for change in watched.changes:
        if (change.key, change.revision) in seen:
            yield f"revision {change.revision} of {change.key!r} came twice"
        seen.add((change.key, change.revision))


def check_atomic(watched: Watched, log: Log) -> Iterator[str]:
    """All changes of a revision come together."""
    homes: dict[int, int] = {}
    for number, response in enumerate(watched.responses):
        for change in response.changes:
            if homes.setdefault(change.revision, number) != number:
                yield f"revision {change.revision} came in pieces"


def check_bookmarkable(watched: Watched, log: Log) -> Iterator[str]:
    """After a bookmark comes nothing that it covers, and no lower bookmark."""
    promised = 0
    for response in watched.responses:
        for change in response.changes:
            if change.revision <= promised:
                yield f"revision {change.revision} came after the bookmark {promised}"
        if response.bookmark is not None:
            if response.bookmark.revision < promised:
                yield f"bookmark {response.bookmark.revision} came after {promised}"
            promised = response.bookmark.revision


def check_resumable(watched: Watched, log: Log) -> Iterator[str]:
    """The first thing delivered is the first that happened after the start."""
    if watched.changes:
        first = watched.changes[0]
        expected = next(iter(watched.wanted(log)), None)
        if first.revision <= watched.after:
            yield f"revision {first.revision} is not after {watched.after}"
        elif expected is not None and expected.revision < first.revision:
            yield f"it began with {first.revision} instead of {expected.revision}"


def check_reliable(watched: Watched, log: Log) -> Iterator[str]:
    """Nothing is left out between the first and the last thing that is known delivered."""
    seen = {change.revision for change in watched.changes}
    promised = [r.bookmark.revision for r in watched.responses if r.bookmark is not None]
    first, last = min(seen, default=watched.after), max([*seen, *promised], default=0)
    for change in watched.wanted(log):
        if first < change.revision <= last and change.revision not in seen:
            yield f"revision {change.revision} of {change.key!r} was left out"


def check_creation(watched: Watched, log: Log) -> Iterator[str]:
    """A change says that it creates if and only if there was nothing before."""
    replay = Replay(log)
    for change in watched.changes:
        before = replay.at(change.key, change.revision - 1)
        if (change.previous_revision == 0) != (before is None):
            yield f"revision {change.revision} is wrong about being a creation"


def check_previous(watched: Watched, log: Log) -> Iterator[str]:
    """A change carries what it leaves and what was there before."""
    replay = Replay(log)
    for change in watched.changes:
        before = replay.at(change.key, change.revision - 1)
        now = replay.at(change.key, change.revision)
        if change.previous != (before.value if before else None):
            yield f"revision {change.revision} is wrong about what was before"
        if change.value != (now.value if now else None):
            yield f"revision {change.revision} is wrong about what is now"


#: All of them.
CHECKS: tuple[Callable[[Watched, Log], Iterator[str]], ...] = (
    check_filter,
    check_ordered,
    check_unique,
    check_atomic,
    check_bookmarkable,
    check_resumable,
    check_reliable,
    check_creation,
    check_previous,
)


def check_watch(watched: Watched, log: Log) -> list[str]:
    """What is wrong with a watch, by every check. Empty for a correct store."""
    return [
        f"{check.__name__}: {complaint}" for check in CHECKS for complaint in check(watched, log)
    ]
