"""What reaches watchers of the SQLite backend when others write and things go wrong meanwhile."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from kregistry.meta.failpoints import Failpoints
from kregistry.storage.backend import Change, ChangeStream
from kregistry.storage.errors import BackendUnavailable, RevisionCompacted
from kregistry.storage.sqlite import SqliteBackend

WAIT = 20.0
ALL = ("", "\U0010ffff")


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[SqliteBackend]:
    with SqliteBackend(tmp_path / "store.db") as store:
        yield store


@pytest.fixture
def theirs(ours: SqliteBackend) -> Iterator[SqliteBackend]:
    """Stands for another process: nothing but the file is shared."""
    with SqliteBackend(ours.path) as store:
        yield store


def following(stream: ChangeStream) -> list[Change]:
    """The next changes, waited for."""
    for _ in range(100):
        if found := stream.poll():
            return list(found)
        bell = threading.Event()
        if stream.park(bell.set):
            assert bell.wait(WAIT), "the watcher would wait for ever"
    raise AssertionError("woken for nothing")


@pytest.mark.parametrize("error", [BackendUnavailable("planted"), MemoryError("planted")])
@pytest.mark.parametrize("part", ["_connect", "_changed", "_inspect"])
def test_watchers_go_on_after_a_passing_trouble(
    ours: SqliteBackend, theirs: SqliteBackend, part: str, error: Exception
) -> None:
    poller, failures = ours._poller, iter([error])
    usual, failed = getattr(poller, part), threading.Event()

    def fail_once():
        for failure in failures:
            failed.set()
            raise failure
        return usual()

    setattr(poller, part, fail_once)
    stream = ours.watch(*ALL, after=1)
    assert failed.wait(WAIT)
    for number in range(3):
        revision = theirs.put(f"/{number}", b"", expected=0)
        assert [change.revision for change in following(stream)] == [revision]
    stream.close()


def test_a_system_out_of_threads_is_a_typed_error_and_no_lasting_one(
    ours: SqliteBackend, theirs: SqliteBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(BackendUnavailable, match="thread"):
            ours.watch(*ALL, after=1)
    stream = ours.watch(*ALL, after=1)
    theirs.put("/a", b"", expected=0)
    assert [change.key for change in following(stream)] == ["/a"]
    stream.close()


def test_what_others_wrote_is_seen_although_it_is_compacted_here_at_once(
    ours: SqliteBackend, theirs: SqliteBackend
) -> None:
    stream, other = ours.watch("/a", "/b", after=1), ours.watch("/b", "/c", after=1)
    ours._poller.stop()  # it has not looked yet
    revision = theirs.put("/a", b"", expected=0)
    ours.compact(revision)
    assert other.poll() == ()
    assert other.position == revision
    with pytest.raises(RevisionCompacted):
        stream.poll()
    assert stream.position < revision, "a bookmark would hide the change"
    stream.close()
    other.close()


def test_a_backlog_of_large_values_is_read_in_small_portions(ours: SqliteBackend) -> None:
    value, revision = bytes(1 << 20), 0
    for _ in range(60):
        revision = ours.put("/large", value, expected=revision)
    stream = ours.watch(*ALL, after=1)
    tracemalloc.start()
    try:
        seen: list[int] = []
        while found := stream.poll():
            seen += [change.revision for change in found]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen == list(range(2, revision + 1))
    assert peak < 40 << 20
    stream.close()


def test_watchers_may_come_and_go_while_every_stream_is_ended(ours: SqliteBackend) -> None:
    stop, errors = threading.Event(), []

    def come_and_go() -> None:
        while not stop.is_set():
            ours.watch(*ALL, after=1).close()

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20000):
            ours._feed._streams._present()
    except RuntimeError as error:
        errors.append(error)
    finally:
        stop.set()
        for thread in threads:
            thread.join(WAIT)
    assert errors == []


def test_what_was_read_before_a_failure_is_told_though_the_rest_is_not(
    ours: SqliteBackend, theirs: SqliteBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kregistry.storage.sqlite.feed._CHUNK", 1)
    ours._poller.stop()
    stream, bell = ours.watch(*ALL, after=1), threading.Event()
    for number in range(3):
        theirs.put(f"/{number}", b"", expected=0)
    assert stream.park(bell.set)
    usual, reads = ours._reader.all_history, iter([None, BackendUnavailable("planted")])

    def fail_at_the_second(after: int, limit: int) -> object:
        if (error := next(reads)) is not None:
            raise error
        return usual(after, limit)

    monkeypatch.setattr(ours._reader, "all_history", fail_at_the_second)
    with pytest.raises(BackendUnavailable):
        ours._feed.catch_up()
    assert bell.is_set()
    assert [change.revision for change in stream.poll()] == [2]
    stream.close()


def test_who_waits_is_woken_though_a_compaction_fails(
    tmp_path: Path,
) -> None:
    failpoints = Failpoints()
    failpoints.arm_error("sqlite.compact.before_mark", KeyboardInterrupt())
    path = tmp_path / "store.db"
    with SqliteBackend(path, failpoints=failpoints) as ours, SqliteBackend(path) as theirs:
        ours._poller.stop()
        stream, bell = ours.watch(*ALL, after=1), threading.Event()
        assert stream.park(bell.set)
        revision = theirs.put("/a", b"", expected=0)
        with pytest.raises(KeyboardInterrupt):
            ours.compact(revision)
        assert bell.is_set()
        assert [change.revision for change in stream.poll()] == [revision]
        stream.close()


@pytest.mark.parametrize("end", ["fail", "close"])
def test_readers_are_woken_when_the_feed_is_free_again(ours: SqliteBackend, end: str) -> None:
    stream, locked = ours.watch(*ALL, after=1), []
    assert stream.park(lambda: locked.append(ours._feed._lock.locked()))
    getattr(ours._feed, end)(BackendUnavailable("planted"))
    assert locked == [False]


def test_a_watcher_that_leaves_in_the_middle_does_not_fail_who_tells(ours: SqliteBackend) -> None:
    """Nobody is asked before leaving, least of all a writer whose change is committed."""
    stream = ours.watch(*ALL, after=1)
    with ours._feed.halted() as halt:
        stream.close()
        halt.append([Change("/a", 2, b"", None, 0)])
        halt.land(5)
    assert ours.watch(*ALL, after=1).poll() == ()


def test_writers_do_not_mind_watchers_that_come_and_go(ours: SqliteBackend) -> None:
    stop = threading.Event()

    def come_and_go() -> None:
        while not stop.is_set():
            ours.watch(*ALL, after=ours.current_revision()).close()

    watcher = threading.Thread(target=come_and_go, daemon=True)
    watcher.start()
    try:
        revision = 0
        for _ in range(300):
            revision = ours.put("/a", b"", expected=revision)
    finally:
        stop.set()
        watcher.join(WAIT)
