"""Watching: every change exactly once, in order, from wherever the reader was."""

from __future__ import annotations

import threading

import pytest

from kregistry.storage.backend import Backend, Change, Snapshot
from kregistry.storage.errors import BackendClosed, RevisionCompacted, RevisionMismatch
from kregistry.testing.suites.backend_cases import (
    EVERYTHING,
    ODD_KEYS,
    BackendCases,
    MakeBackend,
    fill,
    take,
    wait_for,
)


def history(backend: Backend) -> list[Change]:
    """A creation, another, an update and a deletion; what a stream from the start must say."""
    a = backend.put("/a", b"1", expected=0)
    b = backend.put("/b", b"2", expected=0)
    changed = backend.put("/a", b"3", expected=a)
    gone = backend.delete("/b", expected=b)
    return [
        Change("/a", a, b"1", None, 0),
        Change("/b", b, b"2", None, 0),
        Change("/a", changed, b"3", b"1", a),
        Change("/b", gone, None, b"2", b),
    ]


class StreamCases(BackendCases):
    """watch, poll and park."""

    def test_a_stream_tells_every_change_and_what_was_before(self, backend: Backend) -> None:
        changes = history(backend)

        with_history = backend.watch(*EVERYTHING, after=1)

        assert take(with_history, 4, self.patience) == changes
        with_history.close()

    @pytest.mark.parametrize("skip", range(5))
    def test_a_stream_resumes_behind_any_revision(self, backend: Backend, skip: int) -> None:
        changes = history(backend)
        stream = backend.watch(*EVERYTHING, after=1 + skip)

        (next_one,) = fill(backend, "/c")

        expected = [*changes[skip:], Change("/c", next_one, b"/c", None, 0)]
        assert take(stream, len(expected), self.patience) == expected
        stream.close()

    def test_changes_arrive_while_the_stream_waits(self, backend: Backend) -> None:
        stream = backend.watch(*EVERYTHING, after=backend.current_revision())
        assert list(stream.poll()) == []

        changes = history(backend)

        assert take(stream, 4, self.patience) == changes
        assert list(stream.poll()) == []
        stream.close()

    def test_polls_cut_the_changes_and_lose_none(self, backend: Backend) -> None:
        changes = history(backend)
        stream = backend.watch(*EVERYTHING, after=1)

        polled = [list(stream.poll(limit=1)) for _ in range(5)]

        assert [change for poll in polled for change in poll] == changes
        assert all(len(poll) <= 1 for poll in polled)
        stream.close()

    def test_a_stream_tells_of_its_range_only(self, backend: Backend) -> None:
        streams = {key: backend.watch(key, key + "\0", after=1) for key in ODD_KEYS}

        fill(backend, *ODD_KEYS)

        for key, stream in streams.items():
            (change,) = take(stream, 1, self.patience)
            assert change.key == key
            assert list(stream.poll()) == []
            stream.close()

    def test_a_stream_from_the_future_waits_for_it(self, backend: Backend) -> None:
        stream = backend.watch(*EVERYTHING, after=3)

        fill(backend, "/a", "/b", "/c")

        assert [change.key for change in take(stream, 1, self.patience)] == ["/c"]
        stream.close()

    def test_a_failed_write_is_no_change(self, backend: Backend) -> None:
        (a,) = fill(backend, "/a")
        stream = backend.watch(*EVERYTHING, after=a)

        with pytest.raises(RevisionMismatch):
            backend.put("/a", b"2", expected=0)
        with pytest.raises(RevisionMismatch):
            backend.delete("/a", expected=a + 1)
        (b,) = fill(backend, "/b")

        assert [change.revision for change in take(stream, 1, self.patience)] == [b]
        stream.close()

    def test_the_position_is_behind_what_was_read_and_never_ahead(self, backend: Backend) -> None:
        stream = backend.watch("/a", "/b", after=1)
        assert stream.position == 1
        a, b = fill(backend, "/a", "/b")

        assert stream.position < a
        assert [change.revision for change in take(stream, 1, self.patience)] == [a]
        assert stream.position >= a
        assert list(stream.poll()) == []
        assert stream.position == b
        stream.close()

    def test_a_stream_can_be_resumed_at_its_position(self, backend: Backend) -> None:
        changes = history(backend)
        stream = backend.watch(*EVERYTHING, after=1)
        seen = list(stream.poll(limit=2))
        stream.close()

        resumed = backend.watch(*EVERYTHING, after=stream.position)

        assert seen + take(resumed, len(changes) - len(seen), self.patience) == changes
        resumed.close()

    def test_every_watcher_gets_every_change(self, backend: Backend) -> None:
        streams = [backend.watch(*EVERYTHING, after=1) for _ in range(20)]

        changes = history(backend)

        for stream in streams:
            assert take(stream, 4, self.patience) == changes
            stream.close()

    def test_writers_at_once_leave_one_order_without_gaps(self, backend: Backend) -> None:
        stream = backend.watch(*EVERYTHING, after=1)
        threads = [
            threading.Thread(
                target=fill, args=(backend, *(f"/{who}/{n}" for n in range(20))), daemon=True
            )
            for who in range(4)
        ]
        for thread in threads:
            thread.start()

        changes = take(stream, 80, self.patience)

        for thread in threads:
            thread.join(self.patience)
        assert [change.revision for change in changes] == list(range(2, 82))
        for who in range(4):
            own = [c.key for c in changes if c.key.startswith(f"/{who}/")]
            assert own == [f"/{who}/{n}" for n in range(20)]
        stream.close()


class ParkingCases(BackendCases):
    """park and close."""

    def test_park_says_no_when_there_is_something(self, backend: Backend) -> None:
        stream = backend.watch(*EVERYTHING, after=1)
        fill(backend, "/a")

        assert not stream.park(lambda: pytest.fail("woken, although park said no"))

        assert len(take(stream, 1, self.patience)) == 1
        stream.close()

    def test_a_parked_reader_is_woken_once(self, backend: Backend) -> None:
        stream = backend.watch(*EVERYTHING, after=1)
        woken = threading.Semaphore(0)
        assert stream.park(woken.release)

        fill(backend, "/a", "/b")

        assert woken.acquire(timeout=self.patience)
        assert len(take(stream, 2, self.patience)) == 2
        assert not woken.acquire(blocking=False)
        stream.close()

    def test_waking_may_poll_at_once(self, backend: Backend) -> None:
        """A waker runs without a lock held that polling needs."""
        stream = backend.watch(*EVERYTHING, after=1)
        found: list[Change] = []
        done = threading.Event()

        def wake() -> None:
            found.extend(stream.poll())
            done.set()

        assert stream.park(wake)
        fill(backend, "/a")

        assert done.wait(self.patience)
        assert [change.key for change in found] == ["/a"]
        stream.close()

    def test_closing_a_stream_wakes_its_reader(self, backend: Backend) -> None:
        stream = backend.watch(*EVERYTHING, after=1)
        woken = threading.Event()
        assert stream.park(woken.set)

        stream.close()
        stream.close()

        assert woken.wait(self.patience)

    def test_closing_the_store_ends_its_streams(self, make_backend: MakeBackend) -> None:
        backend = make_backend()
        stream = backend.watch(*EVERYTHING, after=1)
        waiting = backend.watch(*EVERYTHING, after=2)
        fill(backend, "/a")
        woken = threading.Event()
        assert waiting.park(woken.set)

        backend.close()

        assert woken.wait(self.patience)
        assert [change.key for change in stream.poll()] == ["/a"]
        with pytest.raises(BackendClosed):
            stream.poll()
        with pytest.raises(BackendClosed):
            waiting.poll()
        stream.close()
        waiting.close()


class FallingBehindCases(BackendCases):
    """Streams and compaction."""

    def test_a_reader_that_fell_behind_is_told_and_never_skips(self, backend: Backend) -> None:
        changes = history(backend)
        stream = backend.watch(*EVERYTHING, after=1)

        backend.compact(backend.current_revision())

        seen: list[Change] = []
        try:
            for _ in range(5):
                seen += stream.poll(limit=1)
            assert seen == changes
        except RevisionCompacted:
            assert seen == changes[: len(seen)]
        stream.close()

    def test_a_reader_that_has_read_everything_is_not_behind(self, backend: Backend) -> None:
        changes = history(backend)
        stream = backend.watch(*EVERYTHING, after=1)
        assert take(stream, 4, self.patience) == changes

        backend.compact(backend.current_revision())
        (c,) = fill(backend, "/c")

        assert [change.revision for change in take(stream, 1, self.patience)] == [c]
        stream.close()

    def test_a_reader_of_quiet_keys_outlives_compactions(self, backend: Backend) -> None:
        stream = backend.watch("/quiet/", "/quiet0", after=1)
        woken = threading.Event()
        assert stream.park(woken.set)
        for at in range(3):
            (revision,) = fill(backend, f"/loud/{at}")
            backend.compact(revision)

        (quiet,) = fill(backend, "/quiet/a")

        assert woken.wait(self.patience)
        assert [change.revision for change in wait_for(stream, self.patience)] == [quiet]
        stream.close()


class ExpiryCases(BackendCases):
    """Times to live, in real time."""

    def test_a_key_goes_when_its_time_has_come(self, backend: Backend) -> None:
        created = backend.put("/a", b"1", expected=0, ttl=0.2)
        stream = backend.watch(*EVERYTHING, after=created)

        (change,) = take(stream, 1, self.patience)

        assert change == Change("/a", created + 1, None, b"1", created)
        assert backend.get("/a") == Snapshot(None, created + 1)
        stream.close()

    def test_a_write_without_a_ttl_lets_the_key_stay(self, backend: Backend) -> None:
        created = backend.put("/a", b"1", expected=0, ttl=0.2)
        kept = backend.put("/a", b"2", expected=created)
        other = backend.put("/b", b"1", expected=0, ttl=0.3)
        stream = backend.watch(*EVERYTHING, after=other)

        (change,) = take(stream, 1, self.patience)

        assert change.key == "/b"
        record = backend.get("/a").record
        assert record is not None
        assert record.mod_revision == kept

    def test_a_key_that_came_back_does_not_inherit_its_time(self, backend: Backend) -> None:
        created = backend.put("/a", b"1", expected=0, ttl=0.2)
        backend.delete("/a", expected=created)
        again = backend.put("/a", b"2", expected=0)
        other = backend.put("/b", b"1", expected=0, ttl=0.3)
        stream = backend.watch(*EVERYTHING, after=other)

        (change,) = take(stream, 1, self.patience)

        assert change.key == "/b"
        record = backend.get("/a").record
        assert record is not None
        assert record.mod_revision == again

    def test_the_time_left_of_each_key_can_be_asked(self, backend: Backend) -> None:
        fill(backend, "/p/stays")
        backend.put("/p/goes", b"1", expected=0, ttl=100.0)
        renewed = backend.put("/p/renewed", b"1", expected=0, ttl=100.0)
        backend.put("/p/renewed", b"2", expected=renewed, ttl=1000.0)
        backend.put("/q/other", b"1", expected=0, ttl=100.0)

        left = dict(backend.ttls("/p/", "/p0"))

        assert sorted(left) == ["/p/goes", "/p/renewed"]
        assert 100 - self.patience < left["/p/goes"] <= 101
        assert 1000 - self.patience < left["/p/renewed"] <= 1001
        assert sorted(backend.ttls(*EVERYTHING)) == ["/p/goes", "/p/renewed", "/q/other"]
        assert sorted(backend.ttls("/p/goes", "/p/goes\0")) == ["/p/goes"]
        assert dict(backend.ttls("/q", "/p")) == {}

    def test_what_stays_or_is_gone_has_no_time_left(self, backend: Backend) -> None:
        kept = backend.put("/kept", b"1", expected=0, ttl=100.0)
        backend.put("/kept", b"2", expected=kept)
        gone = backend.put("/gone", b"1", expected=0, ttl=100.0)
        backend.delete("/gone", expected=gone)
        again = backend.put("/again", b"1", expected=0, ttl=100.0)
        backend.delete("/again", expected=again)
        fill(backend, "/again")

        assert dict(backend.ttls(*EVERYTHING)) == {}

    def test_the_time_left_ends_at_nothing(self, backend: Backend) -> None:
        created = backend.put("/a", b"1", expected=0, ttl=0.05)
        stream = backend.watch(*EVERYTHING, after=created)

        while not stream.poll():
            assert all(0 <= seconds < 10 for seconds in backend.ttls(*EVERYTHING).values())

        assert dict(backend.ttls(*EVERYTHING)) == {}
        stream.close()
