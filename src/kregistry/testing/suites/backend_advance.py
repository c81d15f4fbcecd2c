"""Advancing: a store that takes over from another one goes on behind its revisions."""

from __future__ import annotations

import threading

import pytest

from kregistry.storage.backend import FARTHEST, Backend, Change
from kregistry.storage.errors import BackendClosed, RevisionCompacted
from kregistry.testing.suites.backend_cases import (
    EVERYTHING,
    BackendCases,
    MakeBackend,
    below,
    fill,
    take,
)

#: Far enough to be told from counting, near enough for an engine that has to count.
AHEAD = 60


class AdvanceCases(BackendCases):
    """advance."""

    def test_the_next_write_follows_what_the_store_advanced_to(self, backend: Backend) -> None:
        fill(backend, "/a", "/b")

        backend.advance(AHEAD)

        reached = backend.current_revision()
        assert reached >= AHEAD
        assert backend.put("/c", b"1", expected=0) == reached + 1

    def test_an_empty_store_advances_and_stays_empty(self, backend: Backend) -> None:
        backend.advance(AHEAD)

        assert backend.current_revision() >= AHEAD
        page = backend.range(*EVERYTHING, count=True)
        assert (list(page.records), page.more, page.count) == ([], False, 0)

    def test_one_step_is_a_step(self, backend: Backend) -> None:
        (a,) = fill(backend, "/a")

        backend.advance(a + 1)

        assert backend.current_revision() > a
        assert backend.compacted_revision() > a
        assert [record.key for record in backend.range(*EVERYTHING).records] == ["/a"]

    def test_what_lives_stays_as_it_is(self, backend: Backend) -> None:
        a, b, c = fill(backend, "/a", "/b", "/c")
        backend.put("/b", b"2", expected=b)
        backend.delete("/c", expected=c)
        before = below(backend, "/")

        backend.advance(AHEAD)

        assert below(backend, "/") == before
        assert list(backend.range(*EVERYTHING, revision=backend.current_revision()).records) == (
            before
        )
        assert backend.put("/a", b"2", expected=a) > AHEAD
        backend.put("/c", b"2", expected=0)

    def test_everything_before_counts_as_compacted(self, backend: Backend) -> None:
        a, b = fill(backend, "/a", "/b")

        backend.advance(AHEAD)

        assert AHEAD <= backend.compacted_revision() <= backend.current_revision()
        for revision in (a, b, AHEAD - 1):
            with pytest.raises(RevisionCompacted):
                backend.range(*EVERYTHING, revision=revision)
            with pytest.raises(RevisionCompacted):
                backend.watch(*EVERYTHING, after=revision)
        backend.range(*EVERYTHING, revision=backend.current_revision())
        backend.watch(*EVERYTHING, after=backend.current_revision()).close()

    def test_no_store_goes_back(self, backend: Backend) -> None:
        a, b = fill(backend, "/a", "/b")

        for revision in (-1, 0, 1, a, b):
            backend.advance(revision)

        assert (backend.current_revision(), backend.compacted_revision()) == (b, 0)
        assert len(backend.range(*EVERYTHING, revision=a).records) == 1
        assert backend.put("/c", b"1", expected=0) == b + 1

    def test_no_store_advances_to_the_end_of_numbers(self, backend: Backend) -> None:
        (a,) = fill(backend, "/a")

        for revision in (FARTHEST + 1, 2**63, 10**40):
            with pytest.raises(ValueError, match="farthest"):
                backend.advance(revision)

        assert backend.put("/a", b"2", expected=a) == a + 1

    def test_a_reader_that_is_behind_is_told(self, backend: Backend) -> None:
        (a,) = fill(backend, "/a/x")
        behind = backend.watch("/a/", "/a0", after=a)
        fill(backend, "/a/y")

        backend.advance(AHEAD)
        fill(backend, "/a/z")

        with pytest.raises(RevisionCompacted):
            take(behind, 1, self.patience)
        behind.close()

    @pytest.mark.parametrize("parked", [False, True])
    def test_a_reader_that_has_read_all_goes_on(self, backend: Backend, parked: bool) -> None:
        (a,) = fill(backend, "/a/x")
        stream = backend.watch("/a/", "/a0", after=a)
        fill(backend, "/b")
        bell = threading.Event()
        if parked:
            assert stream.park(bell.set)

        backend.advance(AHEAD)
        (following,) = fill(backend, "/a/y")

        assert take(stream, 1, self.patience) == [Change("/a/y", following, b"/a/y", None, 0)]
        assert bell.is_set() == parked
        stream.close()

    def test_a_key_keeps_its_time_to_live(self, backend: Backend) -> None:
        created = backend.put("/a", b"1", expected=0, ttl=0.2)
        backend.advance(AHEAD)
        stream = backend.watch("/a", "/a\0", after=backend.current_revision())
        record = backend.get("/a").record

        changes = take(stream, 1, self.patience) if record is not None else []

        assert [(change.value, change.previous_revision) for change in changes] in (
            [],
            [(None, created)],
        )
        assert backend.get("/a").record is None
        stream.close()

    def test_writers_do_not_stop_an_advance(self, backend: Backend) -> None:
        """Nobody's write is lost or refused, whoever counts up meanwhile."""
        failures: list[BaseException] = []

        def use(name: str) -> None:
            try:
                for number in range(20):
                    backend.put(f"/{name}/{number}", b"1", expected=0)
                    backend.advance(AHEAD + number)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=use, args=(name,), daemon=True) for name in "abc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(self.patience)

        assert failures == []
        assert backend.current_revision() >= AHEAD + 19
        written = [*below(backend, "/a/"), *below(backend, "/b/"), *below(backend, "/c/")]
        assert len({record.mod_revision for record in written}) == len(written) == 60

    def test_a_closed_store_does_not_advance(self, make_backend: MakeBackend) -> None:
        backend = make_backend()
        backend.close()

        with pytest.raises(BackendClosed):
            backend.advance(AHEAD)
