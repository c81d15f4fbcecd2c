"""The SQLite backend as one process sees it, on real files."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kregistry.meta.failpoints import Failpoints
from kregistry.storage.backend import Backend, Change, Record
from kregistry.storage.errors import (
    BackendClosed,
    RevisionCompacted,
    RevisionInFuture,
    RevisionMismatch,
)
from kregistry.storage.sqlite import SqliteBackend
from kregistry.testing.clock import FakeClock

WAIT = 20.0


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "store.db")


@pytest.fixture
def store(path: str) -> Iterator[SqliteBackend]:
    with SqliteBackend(path) as backend:
        yield backend


def contents(store: Backend, revision: int = 0) -> dict[str, tuple[bytes, int, int]]:
    page = store.range("", "\U0010ffff", revision=revision)
    return {each.key: each[1:] for each in page.records}


def test_a_new_store_is_at_revision_one_and_empty(store: SqliteBackend) -> None:
    assert store.current_revision() == 1
    assert store.compacted_revision() == 0
    assert store.get("/a") == (None, 1)
    assert store.range("/", "0", count=True) == ([], 1, False, 0)


def test_each_write_takes_the_next_revision(store: SqliteBackend) -> None:
    assert store.put("/a", b"1", expected=0) == 2
    assert store.put("/b", b"1", expected=0) == 3
    assert store.put("/a", b"2", expected=2) == 4
    assert store.get("/a") == (Record("/a", b"2", 4, 2), 4)
    assert store.delete("/a", expected=4) == 5
    assert store.get("/a") == (None, 5)
    assert store.put("/a", b"3", expected=0) == 6
    assert store.get("/a").record == Record("/a", b"3", 6, 6)


def test_a_write_at_the_wrong_revision_changes_nothing_and_tells_what_is_there(
    store: SqliteBackend,
) -> None:
    revision = store.put("/a", b"1", expected=0)
    for attempt in (
        lambda: store.put("/a", b"2", expected=0),
        lambda: store.put("/a", b"2", expected=7),
        lambda: store.delete("/a", expected=7),
    ):
        with pytest.raises(RevisionMismatch) as caught:
            attempt()
        assert caught.value.current == Record("/a", b"1", revision, revision)
    with pytest.raises(RevisionMismatch) as caught:
        store.delete("/none", expected=3)
    assert caught.value.current is None
    assert store.current_revision() == revision


def test_keys_may_hold_any_text_and_sort_by_their_bytes(store: SqliteBackend) -> None:
    keys = ["/a", "/a\0", "/a\0b", "/a_b", "/a%b", "/aXb", "/A_B", "/é", "/\uffff", "/\U0001f600"]
    for key in keys:
        store.put(key, key.encode(), expected=0)
    found = store.range("", "\U0010ffff").records
    assert [each.key for each in found] == sorted(keys, key=str.encode)
    assert all(each.value == each.key.encode() for each in found)
    assert [each.key for each in store.range("/a_", "/a`").records] == ["/a_b"]
    assert store.get("/a%b").record is not None
    assert store.get("/a%").record is None


def test_a_range_ends_before_its_end_and_knows_whether_more_follows(store: SqliteBackend) -> None:
    for name in "abcde":
        store.put(f"/{name}", name.encode(), expected=0)
    page = store.range("/b", "/e", limit=2, count=True)
    assert ([each.key for each in page.records], page.more, page.count) == (["/b", "/c"], True, 3)
    page = store.range("/b", "/e", limit=3)
    assert (len(page.records), page.more, page.count) == (3, False, -1)
    assert store.range("/e", "/b", count=True) == ([], 6, False, 0)


def test_the_past_can_be_read_as_it_was_until_it_is_compacted(store: SqliteBackend) -> None:
    chance = random.Random(7)
    history = {1: contents(store)}
    for _ in range(300):
        key = f"/k{chance.randrange(12):02}"
        held = store.get(key).record
        if held is not None and chance.random() < 0.35:
            revision = store.delete(key, expected=held.mod_revision)
        else:
            expected = held.mod_revision if held is not None else 0
            revision = store.put(key, chance.randbytes(chance.randrange(6000)), expected=expected)
        history[revision] = contents(store)
        if chance.random() < 0.04:
            store.compact(revision - chance.randrange(60))
            for old, state in history.items():
                if old >= store.compacted_revision():
                    assert contents(store, old) == state
    for old, state in history.items():
        if old < store.compacted_revision():
            with pytest.raises(RevisionCompacted):
                store.range("", "0", revision=old)
            continue
        assert contents(store, old) == state
        assert store.range("", "0", revision=old, count=True).count == len(state)
        pages: list[Record] = []
        start, more = "", True
        while more:
            page = store.range(start, "0", limit=3, revision=old)
            pages += page.records
            more = page.more
            start = pages[-1].key + "\0" if pages else ""
        assert {each.key: each[1:] for each in pages} == state
    assert store.verify() == []


def test_counts_stay_right_while_pages_are_read_and_others_write(store: SqliteBackend) -> None:
    chance = random.Random(9)
    held = {f"/{n:03}": store.put(f"/{n:03}", b"", expected=0) for n in range(60)}
    start, revision = "", 0
    for _ in range(400):
        page = store.range(start, "0", limit=7, revision=revision, count=True)
        assert page.count == len(store.range(start, "0", revision=revision).records)
        revision = revision or page.revision
        start = page.records[-1].key + "\0" if page.more else ""
        if not page.more:
            revision = 0
        key = f"/{chance.randrange(90):03}"
        if key in held and chance.random() < 0.6:
            store.delete(key, expected=held.pop(key))
        else:
            held[key] = store.put(key, b"", expected=held.get(key, 0))
        if chance.random() < 0.05:
            store.compact(revision or store.current_revision())
    with SqliteBackend(store.path) as other:
        other.put("/other", b"", expected=0)
    assert store.range("", "0", count=True).count == len(held) + 1


def test_a_revision_that_is_not_there_yet_cannot_be_read(store: SqliteBackend) -> None:
    with pytest.raises(RevisionInFuture) as caught:
        store.range("/", "0", revision=5)
    assert (caught.value.revision, caught.value.current) == (5, 1)


def test_compaction_forgets_old_versions_and_tombstones_only(
    store: SqliteBackend, path: str
) -> None:
    first = store.put("/a", b"1", expected=0)
    second = store.put("/a", b"2", expected=first)
    gone = store.put("/gone", b"1", expected=0)
    store.delete("/gone", expected=gone)
    last = store.put("/b", b"1", expected=0)
    store.compact(last)
    store.compact(3)
    store.compact(-1)
    assert store.compacted_revision() == last
    assert contents(store) == {"/a": (b"2", second, first), "/b": (b"1", last, last)}
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT count(*) FROM log").fetchone() == (2,)
        assert raw.execute("SELECT count(*) FROM newest").fetchone() == (2,)
    raw.close()
    store.compact(10**30)
    assert store.compacted_revision() == last == store.current_revision()
    assert store.put("/c", b"", expected=0) == last + 1, "compaction must not free revisions"


def test_a_watch_sees_every_change_of_its_range_once_in_order(store: SqliteBackend) -> None:
    store.put("/a/1", b"1", expected=0)
    stream = store.watch("/a/", "/a0", after=1)
    store.put("/b/1", b"1", expected=0)
    store.put("/a/1", b"2", expected=2)
    assert list(stream.poll(limit=1)) == [Change("/a/1", 2, b"1", None, 0)]
    store.delete("/a/1", expected=4)
    store.put("/a/1", b"3", expected=0)
    assert list(stream.poll()) == [
        Change("/a/1", 4, b"2", b"1", 2),
        Change("/a/1", 5, None, b"2", 4),
        Change("/a/1", 6, b"3", None, 0),
    ]
    assert list(stream.poll()) == []
    assert stream.position == 6
    stream.close()


def test_a_watch_resumes_from_history_and_goes_on_live(store: SqliteBackend) -> None:
    revision = 0
    for number in range(3000):
        revision = store.put("/a", b"%d" % number, expected=revision)
    with_history = store.watch("/", "0", after=17)
    last = store.put("/b", b"", expected=0)
    seen: list[int] = []
    while found := with_history.poll():
        seen += [change.revision for change in found]
    assert seen == list(range(18, last + 1))
    with_history.close()


def test_a_watch_may_start_in_the_future(store: SqliteBackend) -> None:
    stream = store.watch("/", "0", after=3)
    store.put("/a", b"", expected=0)
    store.put("/b", b"", expected=0)
    assert list(stream.poll()) == []
    store.put("/c", b"", expected=0)
    assert [change.key for change in stream.poll()] == ["/c"]
    stream.close()


def test_a_watch_that_compaction_overtook_says_so(store: SqliteBackend) -> None:
    late = store.watch("/", "0", after=1)
    for name in "abc":
        store.put(f"/{name}", b"", expected=0)
    store.compact(3)
    with pytest.raises(RevisionCompacted):
        late.poll()
    with pytest.raises(RevisionCompacted):
        store.watch("/", "0", after=2)
    stream = store.watch("/", "0", after=3)
    assert [change.revision for change in stream.poll()] == [4]
    stream.close()
    late.close()


def test_a_parked_watcher_is_woken_by_a_write_and_by_close(path: str) -> None:
    store = SqliteBackend(path)
    stream = store.watch("/a", "/b", after=1)
    woken = threading.Event()
    assert stream.park(woken.set)
    store.put("/a", b"", expected=0)
    assert woken.wait(WAIT)
    assert not stream.park(woken.set)
    assert len(stream.poll()) == 1
    ended = threading.Event()
    assert stream.park(ended.set)
    store.close()
    assert ended.wait(WAIT)
    with pytest.raises(BackendClosed):
        stream.poll()


def test_no_thread_runs_before_somebody_watches_and_none_after_close(path: str) -> None:
    before = set(threading.enumerate())
    store = SqliteBackend(path)
    store.put("/a", b"", expected=0)
    assert set(threading.enumerate()) == before
    stream = store.watch("/", "0", after=1)
    assert len(set(threading.enumerate()) - before) == 1
    store.close()
    assert set(threading.enumerate()) == before
    stream.close()


def test_everything_is_there_after_reopening(path: str) -> None:
    with SqliteBackend(path) as store:
        first = store.put("/a", b"1", expected=0)
        store.put("/a", b"2", expected=first)
        store.compact(2)
    with SqliteBackend(path) as store:
        assert store.current_revision() == 3
        assert store.compacted_revision() == 2
        assert contents(store, 2) == {"/a": (b"1", 2, 2)}
        stream = store.watch("/", "0", after=2)
        assert list(stream.poll()) == [Change("/a", 3, b"2", b"1", 2)]
        stream.close()


def test_a_closed_store_refuses_everything_and_closes_again_quietly(path: str) -> None:
    store = SqliteBackend(path)
    store.close()
    store.close()
    for use in (
        lambda: store.get("/a"),
        lambda: store.range("/", "0"),
        lambda: store.put("/a", b"", expected=0),
        lambda: store.delete("/a", expected=2),
        lambda: store.watch("/", "0", after=1),
        lambda: store.compact(1),
        store.current_revision,
        store.compacted_revision,
        store.ready,
        store.verify,
    ):
        with pytest.raises(BackendClosed):
            use()
    assert not os.path.exists(path + "-wal")


@pytest.mark.parametrize(
    "use",
    [
        lambda store: store.put("/\ud800", b"", expected=0),
        lambda store: store.get("/\ud800"),
        lambda store: store.range("/\ud800", "0"),
        lambda store: store.watch("/\ud800", "0", after=0).poll(),
        lambda store: store.put("/a", b"", expected=-1),
        lambda store: store.put("/a", b"", expected=2**63),
        lambda store: store.delete("/a", expected=0),
        lambda store: store.delete("/a", expected=2**64),
        lambda store: store.put("/a", b"", expected=0, ttl=0),
        lambda store: store.put("/a", b"", expected=0, ttl=float("nan")),
        lambda store: store.put("/a", b"", expected=0, ttl=float("inf")),
        lambda store: store.range("/", "0", limit=-1),
        lambda store: store.range("/", "0", limit=2**63),
        lambda store: store.range("/", "0", revision=-1),
        lambda store: store.range("/", "0", revision=2**63),
        lambda store: store.watch("/", "0", after=-1),
        lambda store: store.watch("/", "0", after=2**63),
    ],
)
def test_senseless_arguments_are_value_errors(store: SqliteBackend, use) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        use(store)
    assert not isinstance(caught.value, UnicodeError)
    assert store.put("/a", b"", expected=0) == 2


@pytest.mark.parametrize("value", ["text", None, 3, bytearray(b"x")])
def test_a_value_that_is_no_bytes_is_a_type_error(store: SqliteBackend, value) -> None:
    with pytest.raises(TypeError):
        store.put("/a", value, expected=0)
    with pytest.raises(TypeError):
        store.get(b"/a")


@pytest.mark.parametrize("options", [{"synchronous": "off"}, {"synchronous": "extra"}])
def test_unsafe_or_unknown_durability_is_refused(path: str, options) -> None:
    with pytest.raises(ValueError, match="synchronous"):
        SqliteBackend(path, **options)
    assert not os.path.exists(path)


def test_large_values_come_back_whole(store: SqliteBackend) -> None:
    value = random.Random(1).randbytes(3 << 20)
    store.put("/large", value, expected=0)
    store.put("/empty", b"", expected=0)
    assert store.get("/large").record.value == value
    assert store.get("/empty").record.value == b""


def test_the_write_ahead_log_stays_bounded_and_is_kept(store: SqliteBackend, path: str) -> None:
    value, revision, sizes = bytes(4000), 0, []
    for _ in range(3000):
        revision = store.put("/a", value, expected=revision)
        sizes.append(os.stat(path + "-wal").st_size)
    assert max(sizes) < 16 << 20
    assert sizes == sorted(sizes), "the log was truncated between commits"


def test_readers_hold_no_transaction_open(store: SqliteBackend, path: str) -> None:
    store.put("/a", b"1", expected=0)
    stream = store.watch("/", "0", after=1)
    store.get("/a")
    store.range("/", "0", limit=1)
    stream.poll()
    raw = sqlite3.connect(path, timeout=0)
    assert raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    raw.close()
    stream.close()


def test_threads_that_end_leave_no_connection_behind(store: SqliteBackend) -> None:
    store.put("/a", b"", expected=0)

    def read() -> None:
        store.get("/a")

    for _ in range(3):
        threads = [threading.Thread(target=read) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT)
        open_files = os.listdir("/proc/self/fd")
        ours = [
            each
            for each in open_files
            if os.path.exists(f"/proc/self/fd/{each}")
            and os.readlink(f"/proc/self/fd/{each}").startswith(store.path)
        ]
        assert len(ours) < 40


def test_many_readers_at_once_share_a_bounded_number_of_connections(
    store: SqliteBackend,
) -> None:
    store.put("/a", b"1", expected=0)
    borrowed = [store._readers.take() for _ in range(32)]
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(store.get("/a"))) for _ in range(40)]
    for thread in threads:
        thread.start()
    while store._readers._waiting < len(threads):
        threading.Event().wait(0.001)
    assert store._readers._count == 32
    store._readers.drop(borrowed.pop())
    store._readers.give(borrowed.pop())
    for thread in threads:
        thread.join(WAIT)
    assert len(answers) == len(threads)
    for cursor in borrowed:
        store._readers.give(cursor)
    assert store._readers._count == 8, "no more are kept for later"


def test_closing_sends_waiting_readers_away(path: str) -> None:
    store, refused = SqliteBackend(path), threading.Event()
    borrowed = [store._readers.take() for _ in range(32)]

    def read() -> None:
        try:
            store.get("/a")
        except BackendClosed:
            refused.set()

    thread = threading.Thread(target=read)
    thread.start()
    while not store._readers._waiting:
        threading.Event().wait(0.001)
    store.close()
    assert refused.wait(WAIT)
    thread.join(WAIT)
    for cursor in borrowed:
        store._readers.give(cursor)
    assert store._readers._count == 0


def test_a_chore_that_runs_into_the_end_of_its_store_is_no_failure(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    store, running, go = SqliteBackend(path), threading.Event(), threading.Event()
    usual = store._reader.due

    def due(now: float, limit: int) -> object:
        running.set()
        assert go.wait(WAIT)
        return usual(now, limit)

    store._reader.due = due  # type: ignore[method-assign]
    store.put("/a", b"", expected=0, ttl=1000)
    assert running.wait(WAIT)
    store._poller.stop = go.set  # type: ignore[method-assign]
    store.close()
    assert not [record for record in caplog.records if "chore" in record.message]


def test_a_key_expires_with_a_revision_of_its_own(path: str) -> None:
    clock = FakeClock()
    with SqliteBackend(path, clock=clock) as store:
        store.put("/short", b"1", expected=0, ttl=10)
        kept = store.put("/kept", b"1", expected=0, ttl=10)
        store.put("/kept", b"2", expected=kept)
        stream = store.watch("/", "0", after=4)
        woken = threading.Event()
        assert stream.park(woken.set)
        clock.advance(9.9)
        assert store.get("/short").record is not None
        clock.advance(0.2)
        assert woken.wait(WAIT)
        assert list(stream.poll()) == [Change("/short", 5, None, b"1", 2)]
        stream.close()
        assert contents(store) == {"/kept": (b"2", 4, 3)}


def test_a_deadline_survives_restart(path: str) -> None:
    clock = FakeClock()
    with SqliteBackend(path, clock=clock) as store:
        store.put("/short", b"1", expected=0, ttl=100)
    clock.advance(60)
    with SqliteBackend(path, clock=clock) as store:
        assert store.expire_now() == 0
        stream = store.watch("/", "0", after=2)
        woken = threading.Event()
        assert stream.park(woken.set)
        clock.advance(41)
        assert woken.wait(WAIT)
        assert [change.value for change in stream.poll()] == [None]
        stream.close()


def test_setting_the_clock_back_or_forward_expires_nothing_early(path: str) -> None:
    clock = FakeClock()
    with SqliteBackend(path, clock=clock) as store:
        clock.step(-7200)
        store.put("/a", b"1", expected=0, ttl=300)
        clock.advance(100)
        clock.step(7200 + 3600)
        assert store.expire_now() == 0
        assert store.get("/a").record is not None
        clock.advance(201)
        store.expire_now()
        assert store.get("/a").record is None


def test_history_is_compacted_on_the_interval_one_interval_late(path: str) -> None:
    clock, points = FakeClock(), Failpoints()
    done = threading.Event()
    points.arm("sqlite.compact.after_mark", done.set)
    with SqliteBackend(path, clock=clock, compaction_interval=60, failpoints=points) as store:
        for number in range(5):
            store.put(f"/{number}", b"", expected=0)
        clock.advance(61)
        assert done.wait(WAIT)
        assert store.compacted_revision() == 1
        done.clear()
        clock.advance(61)
        assert done.wait(WAIT)
        assert store.compacted_revision() == 6
