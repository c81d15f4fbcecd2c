"""Writing, reading and compacting: what the storage above relies on."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from kregistry.storage.backend import Backend, Record, Snapshot
from kregistry.storage.errors import (
    BackendClosed,
    RevisionCompacted,
    RevisionInFuture,
    RevisionMismatch,
)
from kregistry.testing.suites.backend_cases import (
    EVERYTHING,
    ODD_KEYS,
    BackendCases,
    MakeBackend,
    below,
    fill,
)


class WriteCases(BackendCases):
    """put and delete."""

    def test_a_new_store_is_empty_at_revision_one(self, backend: Backend) -> None:
        assert backend.current_revision() == 1
        assert backend.compacted_revision() == 0
        assert backend.get("/a") == Snapshot(None, 1)
        page = backend.range(*EVERYTHING, count=True)
        assert (list(page.records), page.revision, page.more, page.count) == ([], 1, False, 0)
        backend.ready()

    def test_every_write_takes_the_next_revision(self, backend: Backend) -> None:
        first = backend.put("/a", b"1", expected=0)
        second = backend.put("/b", b"1", expected=0)
        third = backend.put("/a", b"2", expected=first)
        fourth = backend.delete("/b", expected=second)
        fifth = backend.put("/b", b"3", expected=0)

        assert [first, second, third, fourth, fifth] == [2, 3, 4, 5, 6]
        assert backend.current_revision() == 6

    def test_a_write_can_be_read_as_soon_as_it_returns(self, backend: Backend) -> None:
        revision = backend.put("/a", b"1", expected=0)

        assert backend.get("/a") == Snapshot(Record("/a", b"1", revision, revision), revision)
        assert below(backend, "/") == [Record("/a", b"1", revision, revision)]

    def test_an_update_keeps_the_revision_of_the_creation(self, backend: Backend) -> None:
        created = backend.put("/a", b"1", expected=0)
        updated = backend.put("/a", b"2", expected=created)

        assert backend.get("/a").record == Record("/a", b"2", updated, created)

    def test_a_key_that_comes_back_is_created_anew(self, backend: Backend) -> None:
        (created,) = fill(backend, "/a")
        backend.delete("/a", expected=created)
        again = backend.put("/a", b"2", expected=0)

        assert backend.get("/a").record == Record("/a", b"2", again, again)

    def test_put_over_something_newer_hands_back_what_is_there(self, backend: Backend) -> None:
        created = backend.put("/a", b"1", expected=0)
        updated = backend.put("/a", b"2", expected=created)

        for stale in (0, created, updated + 1):
            with pytest.raises(RevisionMismatch) as caught:
                backend.put("/a", b"3", expected=stale)
            assert caught.value.current == Record("/a", b"2", updated, created)
        assert backend.get("/a").record == Record("/a", b"2", updated, created)
        assert backend.current_revision() == updated

    def test_put_over_something_gone_hands_back_nothing(self, backend: Backend) -> None:
        (created,) = fill(backend, "/a")
        gone = backend.delete("/a", expected=created)

        for stale in (created, gone):
            with pytest.raises(RevisionMismatch) as caught:
                backend.put("/a", b"2", expected=stale)
            assert caught.value.current is None
        assert backend.get("/a") == Snapshot(None, gone)

    def test_what_was_deleted_cannot_be_read_any_more(self, backend: Backend) -> None:
        (created,) = fill(backend, "/a")
        assert backend.get("/a").record is not None

        gone = backend.delete("/a", expected=created)

        assert backend.get("/a") == Snapshot(None, gone)
        assert below(backend, "/") == []

    def test_delete_of_something_newer_hands_back_what_is_there(self, backend: Backend) -> None:
        created = backend.put("/a", b"1", expected=0)
        updated = backend.put("/a", b"2", expected=created)

        with pytest.raises(RevisionMismatch) as caught:
            backend.delete("/a", expected=created)

        assert caught.value.current == Record("/a", b"2", updated, created)
        assert backend.get("/a").record == Record("/a", b"2", updated, created)

    def test_delete_of_something_gone_hands_back_nothing(self, backend: Backend) -> None:
        (created,) = fill(backend, "/a")
        gone = backend.delete("/a", expected=created)

        with pytest.raises(RevisionMismatch) as caught:
            backend.delete("/a", expected=created)

        assert caught.value.current is None
        assert backend.current_revision() == gone

    def test_bytes_come_back_as_they_went_in(self, backend: Backend) -> None:
        for at, value in enumerate((b"", b"\0", bytes(range(256)), b"x" * 100_000)):
            backend.put(f"/{at}", value, expected=0)
            record = backend.get(f"/{at}").record
            assert record is not None
            assert record.value == value

    def test_one_of_many_writers_wins_each_round(self, backend: Backend) -> None:
        """Eight threads count one number up; no step is lost and none is taken twice."""
        backend.put("/n", b"0", expected=0)

        def count(steps: int) -> None:
            while steps:
                record = backend.get("/n").record
                assert record is not None
                following = str(int(record.value) + 1).encode()
                try:
                    backend.put("/n", following, expected=record.mod_revision)
                    steps -= 1
                except RevisionMismatch:
                    continue

        threads = [threading.Thread(target=count, args=(10,), daemon=True) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(self.patience)

        record = backend.get("/n").record
        assert record is not None
        assert (record.value, record.mod_revision) == (b"80", 82)
        assert backend.current_revision() == 82


class RangeCases(BackendCases):
    """range."""

    def test_records_come_in_the_order_of_their_bytes(self, backend: Backend) -> None:
        fill(backend, *ODD_KEYS)

        shown = [record.key for record in backend.range(*EVERYTHING).records]

        assert shown == sorted(ODD_KEYS, key=str.encode)

    def test_a_range_shows_its_keys_and_no_others(self, backend: Backend) -> None:
        fill(backend, *ODD_KEYS)
        everything = sorted(ODD_KEYS, key=str.encode)

        for key in ODD_KEYS:
            only = [record.key for record in backend.range(key, key + "\0").records]
            under = [record.key for record in below(backend, key)]
            record = backend.get(key).record
            assert only == [key]
            assert under == [each for each in everything if each.startswith(key)]
            assert record is not None
            assert (record.key, record.value) == (key, key.encode())

    def test_the_end_is_not_part_of_the_range(self, backend: Backend) -> None:
        fill(backend, "/a", "/b", "/c")

        assert [r.key for r in backend.range("/a", "/c").records] == ["/a", "/b"]
        assert list(backend.range("/c", "/a").records) == []
        assert list(backend.range("/a", "/a").records) == []

    @pytest.mark.parametrize(
        ("limit", "shown", "more"), [(0, 3, False), (1, 1, True), (3, 3, False), (4, 3, False)]
    )
    def test_a_limit_cuts_and_says_whether_more_follows(
        self, backend: Backend, limit: int, shown: int, more: bool
    ) -> None:
        fill(backend, "/a/1", "/a/2", "/a/3", "/b")

        page = backend.range("/a/", "/a0", limit=limit, count=True)

        assert [record.key for record in page.records] == ["/a/1", "/a/2", "/a/3"][:shown]
        assert (page.more, page.count) == (more, 3)

    def test_nobody_counts_unasked(self, backend: Backend) -> None:
        fill(backend, "/a")

        assert backend.range(*EVERYTHING).count == -1

    def test_a_past_revision_shows_the_store_as_it_was(self, backend: Backend) -> None:
        a = backend.put("/a", b"1", expected=0)
        b = backend.put("/b", b"1", expected=0)
        changed = backend.put("/a", b"2", expected=a)
        gone = backend.delete("/b", expected=b)
        states = {
            1: [],
            a: [Record("/a", b"1", a, a)],
            b: [Record("/a", b"1", a, a), Record("/b", b"1", b, b)],
            changed: [Record("/a", b"2", changed, a), Record("/b", b"1", b, b)],
            gone: [Record("/a", b"2", changed, a)],
        }

        for revision, state in states.items():
            page = backend.range(*EVERYTHING, revision=revision, count=True)
            assert list(page.records) == state
            assert (page.revision, page.more, page.count) == (gone, False, len(state))

    def test_keys_only_leaves_out_the_values_and_nothing_else(self, backend: Backend) -> None:
        a, b, _ = fill(backend, "/a", "/b", "/c")
        changed = backend.put("/a", b"2", expected=a)
        backend.delete("/b", expected=b)

        for revision in range(backend.current_revision() + 1):
            for limit in (0, 1):
                how: dict[str, Any] = {"limit": limit, "revision": revision}
                whole = backend.range(*EVERYTHING, **how, count=True)
                keys = backend.range(*EVERYTHING, **how, count=True, keys_only=True)
                bare = [record._replace(value=b"") for record in whole.records]
                assert keys == whole._replace(records=keys.records)
                assert list(keys.records) == bare
        newest = backend.range(*EVERYTHING, keys_only=True).records[0]
        assert newest == Record("/a", b"", changed, a)

    def test_a_page_of_the_past_is_cut_in_the_past(self, backend: Backend) -> None:
        fill(backend, "/a", "/c")
        then = backend.current_revision()
        fill(backend, "/b", "/d")

        first = backend.range(*EVERYTHING, limit=1, revision=then, count=True)
        rest = backend.range("/a\0", EVERYTHING[1], limit=1, revision=then)

        assert ([r.key for r in first.records], first.more, first.count) == (["/a"], True, 2)
        assert ([r.key for r in rest.records], rest.more) == (["/c"], False)

    def test_the_future_cannot_be_read(self, backend: Backend) -> None:
        fill(backend, "/a")

        with pytest.raises(RevisionInFuture) as caught:
            backend.range(*EVERYTHING, revision=3)

        assert (caught.value.revision, caught.value.current) == (3, 2)

    def test_a_list_is_one_snapshot(self, backend: Backend) -> None:
        """Every change touches a key of the list, so its newest record tells its revision."""
        a, b = fill(backend, "/a", "/b")
        stop = threading.Event()
        failures: list[BaseException] = []

        def turn() -> None:
            nonlocal a, b
            try:
                while not stop.is_set():
                    a = backend.put("/a", b"1", expected=a)
                    b = backend.put("/b", b"1", expected=b)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=turn, daemon=True)
        thread.start()
        try:
            for _ in range(200):
                page = backend.range(*EVERYTHING)
                newest = max(record.mod_revision for record in page.records)
                assert newest == page.revision
        finally:
            stop.set()
            thread.join(self.patience)
        assert failures == []


class CompactionCases(BackendCases):
    """compact."""

    def test_what_lies_before_a_compaction_cannot_be_read(self, backend: Backend) -> None:
        a, b, c = fill(backend, "/a", "/b", "/c")

        backend.compact(b)

        assert backend.compacted_revision() == b
        with pytest.raises(RevisionCompacted) as caught:
            backend.range(*EVERYTHING, revision=a)
        assert (caught.value.revision, caught.value.compacted) == (a, b)
        with pytest.raises(RevisionCompacted):
            backend.watch(*EVERYTHING, after=a)
        assert [r.key for r in backend.range(*EVERYTHING, revision=b).records] == ["/a", "/b"]
        assert len(backend.range(*EVERYTHING, revision=c).records) == 3
        backend.watch(*EVERYTHING, after=b).close()

    def test_compaction_changes_nothing_from_its_revision_on(self, backend: Backend) -> None:
        a, b = fill(backend, "/a", "/b")
        a2 = backend.put("/a", b"2", expected=a)
        backend.delete("/b", expected=b)
        backend.put("/a", b"3", expected=a2)
        last = backend.current_revision()
        before = {r: backend.range(*EVERYTHING, revision=r) for r in range(a2, last + 1)}

        backend.compact(a2)

        for revision, page in before.items():
            after = backend.range(*EVERYTHING, revision=revision)
            assert list(after.records) == list(page.records)

    def test_live_keys_survive_any_compaction(self, backend: Backend) -> None:
        fill(backend, "/a", "/b")

        backend.compact(backend.current_revision())

        assert [r.key for r in backend.range(*EVERYTHING).records] == ["/a", "/b"]
        assert backend.get("/a").record == Record("/a", b"/a", 2, 2)

    def test_revisions_go_on_after_a_compaction(self, backend: Backend) -> None:
        a, b = fill(backend, "/a", "/b")
        gone = backend.delete("/b", expected=b)

        backend.compact(gone)

        assert backend.current_revision() == gone
        assert backend.put("/a", b"2", expected=a) == gone + 1

    def test_compaction_never_goes_back_nor_beyond_now(self, backend: Backend) -> None:
        fill(backend, "/a", "/b", "/c")
        backend.compact(3)
        backend.compact(2)
        assert backend.compacted_revision() == 3

        backend.compact(1000)

        assert backend.compacted_revision() == backend.current_revision() == 4
        backend.range(*EVERYTHING, revision=4)

    def test_a_key_deleted_before_a_compaction_can_come_back(self, backend: Backend) -> None:
        (a,) = fill(backend, "/a")
        gone = backend.delete("/a", expected=a)
        backend.compact(gone)

        again = backend.put("/a", b"2", expected=0)

        assert backend.get("/a").record == Record("/a", b"2", again, again)


class CloseCases(BackendCases):
    """close."""

    def test_a_closed_store_says_so(self, make_backend: MakeBackend) -> None:
        backend = make_backend()
        fill(backend, "/a")
        backend.close()
        backend.close()

        for use in (
            lambda: backend.get("/a"),
            lambda: backend.range(*EVERYTHING),
            lambda: backend.put("/b", b"", expected=0),
            lambda: backend.delete("/a", expected=2),
            lambda: backend.watch(*EVERYTHING, after=1),
            lambda: backend.ttls(*EVERYTHING),
        ):
            with pytest.raises(BackendClosed):
                use()
