from __future__ import annotations

import os
import threading
from typing import Any

import pytest

from kregistry.meta.failpoints import Failpoints
from kregistry.storage.backend import Record
from kregistry.storage.errors import (
    BackendClosed,
    ForkedStore,
    RevisionCompacted,
    RevisionInFuture,
    RevisionMismatch,
)
from kregistry.storage.memory import MemoryBackend
from kregistry.testing.clock import FakeClock

PATIENCE = 30.0


@pytest.fixture
def backend() -> MemoryBackend:
    return MemoryBackend()


def keys(backend: MemoryBackend, revision: int = 0, start: str = "/", end: str = "0") -> list[str]:
    return [record.key for record in backend.range(start, end, revision=revision).records]


def test_every_write_takes_the_next_revision(backend: MemoryBackend) -> None:
    assert backend.current_revision() == 1
    assert backend.put("/a", b"1", expected=0) == 2
    assert backend.put("/a", b"2", expected=2) == 3
    assert backend.delete("/a", expected=3) == 4
    assert backend.get("/a") == (None, 4)
    assert backend.put("/a", b"3", expected=0) == 5
    assert backend.get("/a") == (Record("/a", b"3", 5, 5), 5)


def test_a_write_that_expects_something_else_changes_nothing(backend: MemoryBackend) -> None:
    backend.put("/a", b"1", expected=0)
    with pytest.raises(RevisionMismatch) as caught:
        backend.put("/a", b"2", expected=0)
    assert caught.value.current == Record("/a", b"1", 2, 2)
    with pytest.raises(RevisionMismatch) as caught:
        backend.put("/b", b"2", expected=7)
    assert caught.value.current is None
    with pytest.raises(RevisionMismatch):
        backend.delete("/b", expected=7)
    assert backend.current_revision() == 2


def test_every_past_revision_can_be_read(backend: MemoryBackend) -> None:
    backend.put("/a", b"1", expected=0)  # 2
    backend.put("/b", b"1", expected=0)  # 3
    backend.put("/a", b"2", expected=2)  # 4
    backend.delete("/b", expected=3)  # 5
    backend.put("/b", b"3", expected=0)  # 6
    seen = {
        revision: [
            (record.key, record.value)
            for record in backend.range("/", "0", revision=revision).records
        ]
        for revision in range(1, 7)
    }
    assert seen == {
        1: [],
        2: [("/a", b"1")],
        3: [("/a", b"1"), ("/b", b"1")],
        4: [("/a", b"2"), ("/b", b"1")],
        5: [("/a", b"2")],
        6: [("/a", b"2"), ("/b", b"3")],
    }
    assert [backend.range("/", "0", revision=at, count=True).count for at in range(1, 7)] == [
        0,
        1,
        2,
        2,
        1,
        2,
    ]


def test_a_range_has_an_order_a_limit_and_a_count(backend: MemoryBackend) -> None:
    for key in ("/x/", "/x-y/", "/x.y/", "/x0/", "/é/", "/\U0001f600/", "/\uffff/"):
        backend.put(key, b"", expected=0)
    assert keys(backend) == ["/x-y/", "/x.y/", "/x/", "/x0/", "/é/", "/\uffff/", "/\U0001f600/"]
    page = backend.range("/x.", "0", limit=2, count=True)
    assert [record.key for record in page.records] == ["/x.y/", "/x/"]
    assert (page.more, page.count) == (True, 6)
    page = backend.range("/\uffff", "0", limit=2, count=True)
    assert (len(page.records), page.more, page.count) == (2, False, 2)


def test_compaction_forgets_versions_and_frees_them(backend: MemoryBackend) -> None:
    revision = backend.put("/a", b"0", expected=0)
    for number in range(100):
        revision = backend.put("/a", b"%d" % number, expected=revision)
    gone = backend.put("/b", b"", expected=0)
    backend.delete("/b", expected=gone)
    assert backend._versions.remembered() == 102
    backend.compact(revision - 1)
    assert keys(backend, revision - 1) == ["/a"]
    assert keys(backend, gone) == ["/a", "/b"]
    assert backend._versions.remembered() == 3
    with pytest.raises(RevisionCompacted):
        backend.range("/", "0", revision=revision - 2)
    with pytest.raises(RevisionCompacted):
        backend.watch("/", "0", after=revision - 2)
    backend.compact(10**9)
    assert backend.compacted_revision() == backend.current_revision() == gone + 1
    assert backend._versions.remembered() == 0
    assert keys(backend) == keys(backend, gone + 1) == ["/a"]
    backend.compact(3)
    assert backend.compacted_revision() == gone + 1


def test_a_key_created_again_after_its_tombstone_was_compacted_is_new(
    backend: MemoryBackend,
) -> None:
    first = backend.put("/a", b"1", expected=0)
    backend.compact(backend.delete("/a", expected=first))
    again = backend.put("/a", b"2", expected=0)
    assert keys(backend, again - 1) == []
    assert keys(backend, again) == ["/a"]


def test_the_future_cannot_be_read(backend: MemoryBackend) -> None:
    with pytest.raises(RevisionInFuture) as caught:
        backend.range("/", "0", revision=2)
    assert (caught.value.revision, caught.value.current) == (2, 1)


def test_a_late_start_takes_earlier_revisions_for_compacted() -> None:
    backend = MemoryBackend(start_revision=1000)
    assert backend.current_revision() == backend.compacted_revision() == 1000
    with pytest.raises(RevisionCompacted):
        backend.watch("/", "0", after=5)
    with pytest.raises(RevisionCompacted):
        backend.range("/", "0", revision=999)
    assert backend.put("/a", b"", expected=0) == 1001
    assert [change.revision for change in backend.watch("/", "0", after=1000).poll()] == [1001]


def test_time_to_live_ends_in_an_ordinary_deletion() -> None:
    clock = FakeClock()
    backend = MemoryBackend(clock=clock)
    stream = backend.watch("/", "0", after=1)
    backend.put("/a", b"1", expected=0, ttl=10)
    backend.put("/b", b"1", expected=0, ttl=10)
    clock.advance(9.5)
    assert backend.expire_now() == 0
    clock.step(3600)  # the wall clock does not count
    assert backend.expire_now() == 0
    clock.advance(0.5)
    backend.expire_now()
    assert keys(backend) == []
    changes = stream.poll()
    assert [(change.key, change.revision, change.value) for change in changes] == [
        ("/a", 2, b"1"),
        ("/b", 3, b"1"),
        ("/a", 4, None),
        ("/b", 5, None),
    ]
    backend.close()


def test_a_write_without_ttl_takes_the_ttl_away_and_one_with_renews_it() -> None:
    clock = FakeClock()
    backend = MemoryBackend(clock=clock)
    first = backend.put("/a", b"1", expected=0, ttl=10)
    other = backend.put("/b", b"1", expected=0, ttl=10)
    backend.put("/a", b"2", expected=first)
    clock.advance(9)
    backend.put("/b", b"2", expected=other, ttl=10)
    clock.advance(9)
    backend.expire_now()
    assert keys(backend) == ["/a", "/b"]
    clock.advance(1)
    backend.expire_now()
    assert keys(backend) == ["/a"]
    backend.close()


def test_a_key_deleted_and_created_again_does_not_inherit_the_ttl() -> None:
    clock = FakeClock()
    backend = MemoryBackend(clock=clock)
    backend.delete("/a", expected=backend.put("/a", b"1", expected=0, ttl=10))
    backend.put("/a", b"2", expected=0)
    clock.advance(100)
    backend.expire_now()
    assert keys(backend) == ["/a"]
    backend.close()


def test_the_housekeeper_expires_keys_and_exists_only_when_needed() -> None:
    clock = FakeClock()
    with MemoryBackend(clock=clock) as backend:
        backend.put("/b", b"1", expected=0)
        assert not backend._housekeeper.running
        woken = threading.Event()
        stream = backend.watch("/a", "/b", after=2)
        backend.put("/a", b"1", expected=0, ttl=10)
        assert backend._housekeeper.running
        stream.poll()
        assert stream.park(woken.set)
        clock.advance(10)
        assert woken.wait(PATIENCE)
        assert [change.value for change in stream.poll()] == [None]


def test_compaction_on_an_interval_keeps_one_to_two_intervals_of_history() -> None:
    clock = FakeClock()
    backend = MemoryBackend(clock=clock, compaction_interval=300)
    backend.put("/a", b"1", expected=0)
    for revision in (2, 3, 4):
        clock.advance(300)
        backend.do_chores()
        backend.put("/a", b"1", expected=revision)
    assert backend.compacted_revision() == 3
    assert not MemoryBackend(clock=clock)._interval
    backend.close()


def test_a_closed_store_refuses_everything_and_ends_its_streams(backend: MemoryBackend) -> None:
    stream = backend.watch("/", "0", after=1)
    woken: list[int] = []
    assert stream.park(lambda: woken.append(1))
    backend.close()
    backend.close()
    assert woken == [1]
    with pytest.raises(BackendClosed):
        stream.poll()
    for call in (
        lambda: backend.get("/a"),
        lambda: backend.range("/", "0"),
        lambda: backend.put("/a", b"", expected=0),
        lambda: backend.delete("/a", expected=1),
        lambda: backend.watch("/", "0", after=1),
        lambda: backend.compact(1),
        backend.current_revision,
        backend.compacted_revision,
        backend.ready,
    ):
        with pytest.raises(BackendClosed):
            call()


@pytest.mark.parametrize(
    "call",
    [
        lambda backend: backend.put("/a", b"", expected=0, ttl=0),
        lambda backend: backend.put("/a", b"", expected=0, ttl=-1),
        lambda backend: backend.put("/a", b"", expected=0, ttl=float("nan")),
        lambda backend: backend.delete("/a", expected=0),
        lambda backend: backend.range("/", "0", limit=-1),
        lambda backend: backend.range("/", "0", revision=-1),
        lambda _: MemoryBackend(start_revision=0),
        lambda _: MemoryBackend(compaction_interval=-1),
    ],
)
def test_arguments_that_make_no_sense_are_refused(call: object, backend: MemoryBackend) -> None:
    with pytest.raises(ValueError):
        call(backend)  # type: ignore[operator]
    assert backend.current_revision() == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_process_is_told_that_the_store_is_not_shared(backend: MemoryBackend) -> None:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            backend.put("/a", b"", expected=0)
        except ForkedStore:
            os.write(write, b"refused")
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    assert os.read(read, 100) == b"refused"
    os.close(read)


def test_failpoints_stand_before_and_after_the_commit() -> None:
    failpoints = Failpoints()
    backend = MemoryBackend(failpoints=failpoints)
    seen: list[int] = []
    failpoints.arm("memory.before_commit", lambda: seen.append(backend.current_revision()))
    failpoints.arm("memory.after_commit", lambda: seen.append(backend.current_revision()))
    backend.put("/a", b"", expected=0)
    assert seen == [1, 2]


def test_concurrent_writers_of_one_key_lose_no_write(backend: MemoryBackend) -> None:
    def add(count: int) -> None:
        while count:
            record = backend.get("/n").record
            try:
                backend.put(
                    "/n",
                    b"%d" % (int(record.value) + 1 if record else 1),
                    expected=record.mod_revision if record else 0,
                )
                count -= 1
            except RevisionMismatch:
                pass

    writers = [threading.Thread(target=add, args=(200,), daemon=True) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(PATIENCE)
    record = backend.get("/n").record
    assert record is not None
    assert record.value == b"800"
    assert [change.value for change in backend.watch("/", "0", after=1).poll(1000)] == [
        b"%d" % number for number in range(1, 801)
    ]


def test_a_ttl_that_is_renewed_again_and_again_costs_no_memory() -> None:
    clock = FakeClock()
    with MemoryBackend(clock=clock) as backend:
        revision = 0
        for _ in range(3000):
            revision = backend.put("/a", b"1", expected=revision, ttl=10)
            backend.put(f"/b{revision}", b"1", expected=0)
        assert len(backend._expiring._heap) < 1500
        clock.advance(10)
        backend.expire_now()
        assert backend.get("/a").record is None


@pytest.mark.parametrize("value", [None, "text", bytearray(b"1"), memoryview(b"1"), 1])
def test_a_value_that_is_no_bytes_is_refused(backend: MemoryBackend, value: Any) -> None:
    with pytest.raises(TypeError, match="a value is bytes, not"):
        backend.put("/a", value, expected=0)
    assert keys(backend) == []


def test_a_key_that_is_no_text_is_refused(backend: MemoryBackend) -> None:
    odd: Any = 5
    with pytest.raises(TypeError, match="a key is text, not int"):
        backend.put(odd, b"1", expected=0)
    with pytest.raises(ValueError, match="cannot be written as UTF-8"):
        backend.put("/\ud800", b"1", expected=0)
