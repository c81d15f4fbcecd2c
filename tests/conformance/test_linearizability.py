"""Concurrent histories of every backend are explained; tampered ones are not."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from kregistry.storage.backend import Backend, Change
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.sqlite import SqliteBackend
from kregistry.testing import ModelBackend, faults
from kregistry.testing.history import History, Operation
from kregistry.testing.linearizability import check_keys, check_revisions
from kregistry.testing.traffic import Run, Traffic, judge


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads change places as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("keys", [2, 8])
def test_memory_is_linearizable(seed: int, keys: int) -> None:
    with MemoryBackend() as backend:
        outcome = Run(backend, Traffic(seed=seed, keys=keys, compaction=0.01)).run()

    assert judge(outcome) == []
    assert len(outcome.history.log) > 200
    assert len(outcome.watches) >= 4


@pytest.mark.parametrize("seed", range(3))
def test_sqlite_is_linearizable(seed: int, tmp_path: Path) -> None:
    with SqliteBackend(tmp_path / "x.db") as backend:
        outcome = Run(backend, Traffic(seed=seed, operations=150)).run()

    assert judge(outcome) == []


def test_two_connections_to_one_sqlite_file_are_linearizable(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with SqliteBackend(path) as first, SqliteBackend(path) as second:
        outcome = Run(first, Traffic(operations=100), second).run()

    assert judge(outcome) == []


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize(
    "fault",
    [
        faults.StaleReadCache,
        faults.LostUpdate,
        faults.RevisionOutsideTransaction,
        faults.AckBeforeCommit,
        faults.RefusedWriteApplied,
        faults.RevisionReusedAfterCompaction,
        faults.DeletionWithoutRevision,
        faults.DoubleApply,
        faults.LiveKeyCompacted,
        faults.PageAtWrongRevision,
        faults.RevisionAheadOfData,
        faults.SkippedEvent,
        faults.DuplicatedEvent,
        faults.ReorderedEvents,
        faults.EarlyBookmark,
        faults.OffByOneResume,
        faults.RepeatingResume,
        faults.ExpiredTooLate,
        faults.SilentGap,
        faults.EventOutsideRange,
        faults.PreviousForgotten,
    ],
    ids=lambda fault: fault.__name__,
)
def test_traffic_finds_a_planted_fault(fault: Callable[[], Backend]) -> None:
    traffic = Traffic(
        clients=3, operations=60, watchers=3, keys=4, compaction=0.003, deletions=0.5, patience=20
    )

    assert any(judge(Run(fault(), attrs.evolve(traffic, seed=n)).run()) for n in range(300))


@pytest.fixture(scope="module")
def history() -> History:
    """A sound history, small enough to tamper with by hand."""
    traffic = Traffic(clients=4, operations=60, watchers=0, keys=3, compaction=60)
    with ModelBackend() as backend:
        found = Run(backend, traffic).run().history
    assert check_revisions(found) == []
    assert check_keys(found.operations) == []
    return found


def replaced(history: History, old: Operation, **facts: object) -> History:
    """The history with one answer changed."""
    operations = [attrs.evolve(o, **facts) if o is old else o for o in history.operations]
    return attrs.evolve(history, operations=operations)


def choose(history: History, seed: int, verb: str, outcome: str = "ok") -> Operation:
    """Some call of this kind, not among the first."""
    found = [o for o in history.operations if (o.verb, o.outcome) == (verb, outcome)]
    return random.Random(seed).choice(found[len(found) // 3 :])


def stale_read(history: History, seed: int) -> History:
    """A get shows a version that was replaced before it began."""
    rng = random.Random(seed)
    gets = [o for o in history.operations if o.verb == "get" and o.found]
    rng.shuffle(gets)
    for get in gets:
        older = [
            o
            for o in history.operations
            if o.verb == "get"
            and o.key == get.key
            and o.found
            and o.returned is not None
            and replaced_before(history, o, get)
        ]
        if older:
            return replaced(history, get, found=older[0].found)
    raise AssertionError("no read to make stale")


def replaced_before(history: History, old: Operation, get: Operation) -> bool:
    """Whether what *old* saw was acknowledged to be replaced before *get* began."""
    return any(
        o.writes
        and o.outcome == "ok"
        and o.key == get.key
        and o.expected == old.found[0].mod_revision
        and o.returned is not None
        and o.returned < get.called
        for o in history.operations
    )


def lost_write(history: History, seed: int) -> History:
    """An acknowledged write in whose place others saw something else."""
    seen = {
        (record.key, record.mod_revision)
        for o in history.operations
        if o.verb != "range"
        for record in o.found
    }
    puts = [o for o in history.operations if o.verb == "put" and (o.key, o.revision) in seen]
    put = random.Random(seed).choice(puts)
    return replaced(history, put, value=b"something else")


def refused_but_applied(history: History, seed: int) -> History:
    """A write that was done, although its client was told that it was not."""
    put = choose(history, seed, "put")
    return replaced(history, put, outcome="refused", revision=0)


def acknowledged_twice(history: History, seed: int) -> History:
    """Two writes with one revision."""
    first, second = choose(history, seed, "put"), choose(history, seed + 1000, "put")
    if first is second:
        return acknowledged_twice(history, seed + 1)
    return replaced(history, first, revision=second.revision)


def late_answer_swapped(history: History, seed: int) -> History:
    """A write that says it was over before an earlier one of the same key began."""
    put = choose(history, seed, "put")
    return replaced(history, put, called=1, returned=2)


def phantom(history: History, seed: int) -> History:
    """A read of something that nobody wrote."""
    rng = random.Random(seed)
    get = rng.choice([o for o in history.operations if o.verb == "get" and o.found])
    return replaced(history, get, found=(get.found[0]._replace(value=b"phantom"),))


def wrong_refusal(history: History, seed: int) -> History:
    """A write refused for a state that the key was not in."""
    put = choose(history, seed, "put", "refused")
    other = next(
        o.found[0] for o in history.operations if o.found and o.verb == "get" and o.key != put.key
    )
    return replaced(history, put, found=(other._replace(key=put.key),))


ANSWERS = [stale_read, lost_write, refused_but_applied, late_answer_swapped, phantom, wrong_refusal]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("tamper", [*ANSWERS, acknowledged_twice], ids=lambda f: f.__name__)
def test_the_order_of_revisions_shows_a_wrong_answer(
    history: History, tamper: Callable[[History, int], History], seed: int
) -> None:
    assert check_revisions(tamper(history, seed)) != []


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("tamper", ANSWERS, ids=lambda f: f.__name__)
def test_no_order_of_calls_explains_a_wrong_answer(
    history: History, tamper: Callable[[History, int], History], seed: int
) -> None:
    assert check_keys(tamper(history, seed).operations) != []


def test_a_gap_in_the_log_is_shown(history: History) -> None:
    log = [*history.log[:5], *history.log[6:]]

    assert check_revisions(attrs.evolve(history, log=log)) != []


def test_a_change_that_nobody_asked_for_is_shown(history: History) -> None:
    last = history.log[-1]
    stranger = Change("/t/stranger", last.revision + 1, b"stranger", None, 0)

    found = check_revisions(attrs.evolve(history, log=[*history.log, stranger]))

    assert [violation.rule for violation in found] == ["nobody asked for a change"]


def test_a_write_of_which_nobody_knows_may_have_happened_or_not(history: History) -> None:
    expected = {o.expected for o in history.operations}
    put = next(
        o
        for o in history.operations
        if o.verb == "put" and o.outcome == "ok" and o.revision not in expected
    )
    unknown = replaced(history, put, outcome="unknown", returned=None, revision=0)
    never = attrs.evolve(
        put, outcome="unknown", returned=None, revision=0, value=b"never", key="/t/never"
    )
    both = attrs.evolve(unknown, operations=[*unknown.operations, never])

    assert check_revisions(both) == []
    assert check_keys(both.operations) == []


def test_a_history_survives_a_file(history: History, tmp_path: Path) -> None:
    history.save(tmp_path / "history.jsonl")

    loaded = History.load(tmp_path / "history.jsonl")

    assert loaded == attrs.evolve(
        history, operations=list(history.operations), log=list(history.log)
    )
