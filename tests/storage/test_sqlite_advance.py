"""A file that jumps ahead does so for all who have it open, and all at once or not at all."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from kregistry.meta.failpoints import Failpoints
from kregistry.storage.errors import RevisionCompacted
from kregistry.storage.sqlite import SqliteBackend

ALL = ("", "\U0010ffff")
FAR = 5_000_000
WAIT = 30.0


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "store.db")


def test_an_advance_outlives_the_process(path: str) -> None:
    with SqliteBackend(path) as store:
        store.put("/a", b"1", expected=0)
        store.advance(FAR)
    with SqliteBackend(path) as store:
        assert (store.current_revision(), store.compacted_revision()) == (FAR, FAR)
        assert store.put("/b", b"1", expected=0) == FAR + 1
        assert store.verify() == []


def test_what_was_history_before_is_not_kept_in_the_file(path: str) -> None:
    with SqliteBackend(path) as store:
        at = 0
        for number in range(300):
            at = store.put("/a", b"%d" % number, expected=at)
        gone = store.put("/gone", b"", expected=0)
        store.delete("/gone", expected=gone)
        store.advance(FAR)
    with sqlite3.connect(path) as file:
        rows = file.execute("SELECT CAST(key AS TEXT), value FROM log").fetchall()
        assert rows == [("/a", b"299")]
        assert file.execute("SELECT count(*) FROM newest").fetchone() == (1,)
    file.close()


@pytest.mark.parametrize("point", ["sqlite.before_jump", "sqlite.after_jump"])
def test_an_advance_that_is_cut_off_has_happened_or_not(path: str, point: str) -> None:
    failpoints = Failpoints()
    failpoints.arm_error(point, KeyboardInterrupt())
    with SqliteBackend(path, failpoints=failpoints) as store:
        created = store.put("/a", b"1", expected=0)
        with pytest.raises(KeyboardInterrupt):
            store.advance(FAR)
        state = (store.current_revision(), store.compacted_revision())
        assert state == ((created, 0) if point == "sqlite.before_jump" else (FAR, FAR))
        store.advance(FAR)
        assert store.put("/a", b"2", expected=created) == FAR + 1
        assert store.verify() == []


def test_another_process_writes_on_behind_the_jump(path: str) -> None:
    with SqliteBackend(path) as ours, SqliteBackend(path) as theirs:
        theirs.put("/a", b"1", expected=0)
        ours.advance(FAR)
        assert theirs.put("/b", b"1", expected=0) == FAR + 1
        assert ours.current_revision() == FAR + 1
        with pytest.raises(RevisionCompacted):
            theirs.range(*ALL, revision=2)


def test_watchers_of_another_process_are_told_that_they_missed_something(path: str) -> None:
    with SqliteBackend(path) as ours, SqliteBackend(path) as theirs:
        stream = theirs.watch(*ALL, after=1)
        bell = threading.Event()
        assert stream.park(bell.set)
        ours.advance(FAR)
        assert bell.wait(WAIT)
        with pytest.raises(RevisionCompacted):
            stream.poll()
        stream.close()
        theirs.watch(*ALL, after=FAR).close()


def test_watchers_of_this_process_that_are_up_to_date_go_on_every_time(path: str) -> None:
    """However the poller, which looks a hundred times a second, falls into it."""
    with SqliteBackend(path, synchronous="normal") as store:
        stream = store.watch("/a/", "/a0", after=1)
        for number in range(300):
            store.put(f"/b/{number}", b"", expected=0)
            store.advance(store.current_revision() + 10)
            written = store.put(f"/a/{number}", b"", expected=0)
            assert [change.revision for change in stream.poll()] == [written]
        stream.close()


def test_what_another_process_wrote_before_the_jump_is_not_skipped(path: str) -> None:
    with SqliteBackend(path) as ours, SqliteBackend(path) as theirs:
        stream = ours.watch(*ALL, after=1)
        theirs.put("/a", b"1", expected=0)
        ours.advance(FAR)
        with pytest.raises(RevisionCompacted):
            stream.poll()
        stream.close()


def test_a_watch_from_the_future_waits_on_behind_the_jump(path: str) -> None:
    with SqliteBackend(path) as store:
        later = store.watch(*ALL, after=FAR + 1)
        sooner = store.watch(*ALL, after=50)
        store.advance(FAR)
        for name in "ab":
            store.put(f"/{name}", b"", expected=0)
        assert [change.revision for change in later.poll()] == [FAR + 2]
        assert [change.revision for change in sooner.poll()] == [FAR + 1, FAR + 2]
        later.close()
        sooner.close()


def test_a_file_locked_for_one_process_alone_advances_too(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kregistry.storage.sqlite.place.network_type", lambda path: "nfs4")
    with SqliteBackend(path, unsafe_network_fs=True) as store:
        stream = store.watch(*ALL, after=1)
        store.advance(FAR)
        written = store.put("/a", b"", expected=0)
        assert [change.revision for change in stream.poll()] == [written]
        stream.close()
