"""Group commit: many threads, one transaction, everyone judged alone."""

from __future__ import annotations

import linecache
import sqlite3
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from kregistry.meta.failpoints import Failpoints
from kregistry.storage.errors import BackendUnavailable, RevisionMismatch
from kregistry.storage.sqlite import SqliteBackend, commit
from kregistry.storage.sqlite.commit import BATCH, GroupCommit, Request

WAIT = 30.0
SOURCE = str(Path(commit.__file__).parent)


class Gate:
    """Holds the first commit still until the test says go."""

    def __init__(self, points: Failpoints, name: str = "sqlite.after_begin") -> None:
        self.reached = threading.Event()
        self.go = threading.Event()
        points.arm(name, self._hold)

    def _hold(self) -> None:
        self.reached.set()
        assert self.go.wait(WAIT)


@pytest.fixture
def points() -> Failpoints:
    return Failpoints()


@pytest.fixture
def store(tmp_path: Path, points: Failpoints) -> Iterator[SqliteBackend]:
    with SqliteBackend(tmp_path / "store.db", failpoints=points) as backend:
        yield backend


def start(*actions) -> list[threading.Thread]:
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    return threads


def finish(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.join(WAIT)
        assert not thread.is_alive()


def until_waiting(store: SqliteBackend, count: int) -> None:
    for _ in range(3000):
        if len(store._commits._line) == count:
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"{len(store._commits._line)} wait, not {count}")


def test_waiting_writers_share_one_transaction_and_are_judged_each_alone(
    store: SqliteBackend, points: Failpoints
) -> None:
    held = store.put("/taken", b"", expected=0)
    gate, results = Gate(points), {}

    def write(name: str, key: str, expected: int) -> None:
        try:
            results[name] = store.put(key, name.encode(), expected=expected)
        except RevisionMismatch as error:
            results[name] = error

    leader = start(lambda: write("leader", "/leader", 0))
    assert gate.reached.wait(WAIT)
    others = []
    for count, (name, key, expected) in enumerate(
        [("a", "/a", 0), ("stale", "/taken", 99), ("b", "/b", 0), ("again", "/a", 0)], start=1
    ):
        others += start(lambda n=name, k=key, e=expected: write(n, k, e))
        until_waiting(store, count)
    begun = points.hits("sqlite.before_commit")
    gate.go.set()
    finish(leader + others)
    assert points.hits("sqlite.before_commit") == begun + 2, "four waited for one commit"
    assert (results["leader"], results["a"], results["b"]) == (held + 1, held + 2, held + 3)
    assert results["stale"].current.value == b""
    assert results["again"].current.value == b"a", "judged by what the same batch wrote"
    assert store.current_revision() == held + 3


def test_a_batch_of_refusals_takes_no_revision(store: SqliteBackend, points: Failpoints) -> None:
    before = store.current_revision()
    with pytest.raises(RevisionMismatch):
        store.put("/a", b"", expected=5)
    assert store.current_revision() == before
    assert points.hits("sqlite.before_commit") == 0


def test_two_stores_of_one_file_count_on_from_where_the_other_was(
    store: SqliteBackend,
) -> None:
    with SqliteBackend(store.path) as other:
        revisions = [
            each.put(f"/{number}-{place}", b"", expected=0)
            for number in range(5)
            for place, each in enumerate((store, other, other, store))
        ]
        with pytest.raises(RevisionMismatch):
            other.put("/0-0", b"", expected=0)
        revisions.append(other.put("/last", b"", expected=0))
        assert revisions == list(range(2, 2 + 21))
        assert store.current_revision() == other.current_revision() == 22


def test_a_key_that_was_deleted_can_be_made_again_and_keeps_its_past(
    store: SqliteBackend,
) -> None:
    first = store.put("/a", b"1", expected=0)
    ended = store.delete("/a", expected=first)
    with pytest.raises(RevisionMismatch) as caught:
        store.put("/a", b"x", expected=ended)
    assert caught.value.current is None
    again = store.put("/a", b"2", expected=0)
    with pytest.raises(RevisionMismatch) as caught:
        store.put("/a", b"x", expected=0)
    assert caught.value.current == ("/a", b"2", again, again)
    found = {at: store.range("/", "0", revision=at).records for at in (first, ended, again)}
    assert found == {
        first: [("/a", b"1", first, first)],
        ended: [],
        again: [("/a", b"2", again, again)],
    }


def test_threads_lose_no_update_and_revisions_have_no_gaps(store: SqliteBackend) -> None:
    threads, rounds, revisions, refusals = 8, 60, [], []

    def increment() -> None:
        done = 0
        while done < rounds:
            held = store.get("/counter").record
            value, expected = (int(held.value), held.mod_revision) if held else (0, 0)
            try:
                revision = store.put("/counter", b"%d" % (value + 1), expected=expected)
            except RevisionMismatch as error:
                refusals.append((expected, error.current))
                continue
            revisions.append(revision)
            done += 1

    stream = store.watch("/", "0", after=1)
    finish(start(*[increment] * threads))
    assert store.get("/counter").record.value == b"%d" % (threads * rounds)
    assert sorted(revisions) == list(range(2, 2 + threads * rounds))
    assert all(current.mod_revision > expected for expected, current in refusals)
    seen = []
    while found := stream.poll():
        seen += found
    assert [change.revision for change in seen] == sorted(revisions)
    assert [int(change.value) for change in seen] == list(range(1, threads * rounds + 1))
    stream.close()


def test_a_write_is_acknowledged_only_after_it_can_be_read(
    store: SqliteBackend, points: Failpoints
) -> None:
    gate = Gate(points, "sqlite.before_commit")
    acknowledged = threading.Event()

    def write() -> None:
        store.put("/a", b"", expected=0)
        acknowledged.set()

    thread = start(write)
    assert gate.reached.wait(WAIT)
    assert store.get("/a").record is None
    assert not acknowledged.is_set()
    gate.go.set()
    finish(thread)
    assert store.get("/a").record is not None


def test_whoever_reads_a_write_can_watch_from_there(store: SqliteBackend) -> None:
    stop = threading.Event()

    def write() -> None:
        revision = 0
        while not stop.is_set():
            revision = store.put("/a", b"", expected=revision)

    writer = start(write)
    try:
        for _ in range(100):
            snapshot = store.get("/a")
            stream = store.watch("/a", "/b", after=snapshot.revision)
            bell = threading.Event()
            if stream.park(bell.set):
                assert bell.wait(WAIT)
            assert stream.poll()[0].revision == snapshot.revision + 1
            stream.close()
    finally:
        stop.set()
        finish(writer)


@pytest.mark.parametrize(
    "point", ["sqlite.before_begin", "sqlite.after_begin", "sqlite.before_commit"]
)
def test_an_error_before_the_commit_leaves_nothing_behind(
    store: SqliteBackend, points: Failpoints, point: str
) -> None:
    points.arm_error(point, RuntimeError("planted"))
    with pytest.raises(RuntimeError, match="planted"):
        store.put("/a", b"", expected=0)
    assert store.get("/a") == (None, 1)
    assert store.put("/a", b"", expected=0) == 2


@pytest.mark.parametrize("point", ["sqlite.after_commit", "sqlite.before_publish"])
def test_an_error_after_the_commit_loses_the_answer_but_not_the_write(
    store: SqliteBackend, points: Failpoints, point: str
) -> None:
    stream = store.watch("/", "0", after=1)
    points.arm_error(point, RuntimeError("planted"))
    with pytest.raises(RuntimeError, match="planted"):
        store.put("/a", b"", expected=0)
    assert store.get("/a").record is not None
    store.put("/b", b"", expected=0)
    assert [change.revision for change in stream.poll()] == [2, 3]
    stream.close()


def test_an_interrupted_leader_takes_nobody_with_it(
    store: SqliteBackend, points: Failpoints
) -> None:
    gate, errors = Gate(points), []

    def lead() -> None:
        try:
            store.put("/leader", b"", expected=0)
        except KeyboardInterrupt as error:
            errors.append(error)

    leader = start(lead)
    assert gate.reached.wait(WAIT)
    follower = start(lambda: store.put("/follower", b"", expected=0))
    until_waiting(store, 1)
    points.arm_error("sqlite.before_commit", KeyboardInterrupt())
    gate.go.set()
    finish(leader + follower)
    assert len(errors) == 1
    assert store.get("/leader").record is None
    assert store.get("/follower").record is not None


def test_the_failure_of_a_batch_reaches_everyone_in_it_in_words_of_their_own(
    store: SqliteBackend, points: Failpoints
) -> None:
    gate, errors = Gate(points), []

    def write(key: str) -> None:
        try:
            store.put(key, b"", expected=0)
        except (RuntimeError, BackendUnavailable) as error:
            errors.append(error)

    leader = start(lambda: write("/1"))
    assert gate.reached.wait(WAIT)
    others = start(lambda: write("/2"), lambda: write("/3"))
    until_waiting(store, 2)
    calls = iter([None, RuntimeError("planted")])

    def second_fails() -> None:
        error = next(calls, None)
        if error is not None:
            raise error

    points.arm("sqlite.before_commit", second_fails)
    gate.go.set()
    finish(leader + others)
    assert {type(error) for error in errors} == {RuntimeError, BackendUnavailable}
    assert store.get("/1").record is not None
    assert store.get("/2").record is None


def grant(batch: Sequence[Request]) -> None:
    for request in batch:
        request.revision = 1


def test_a_write_that_nobody_judged_is_not_acknowledged() -> None:
    commits = GroupCommit(lambda batch: None, lambda: None)
    with pytest.raises(BackendUnavailable, match="uncertain"):
        commits.submit(Request("a", b"", 0, None))


class Interrupt:
    """Raises KeyboardInterrupt in this thread at a given line of the backend."""

    def __init__(self, line: int) -> None:
        self.left = line

    def _trace(self, frame, event, argument):
        if not frame.f_code.co_filename.startswith(SOURCE):
            return None
        text = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        # Leaving a with block is traced as its first line; there no signal handler runs.
        if event == "line" and not text.lstrip().startswith("with "):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self._trace

    def __enter__(self) -> Interrupt:
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_) -> None:
        sys.settrace(self._before)


@pytest.mark.parametrize("action", ["put", "compact"])
def test_an_interrupt_at_any_line_of_a_write_leaves_nobody_waiting(
    tmp_path: Path, points: Failpoints, action: str
) -> None:
    path = tmp_path / "store.db"
    with (
        SqliteBackend(path, failpoints=points) as store,
        SqliteBackend(path, busy_timeout=0.5) as other,
    ):
        revision, interrupted = other.put("/other", b"", expected=0), 0
        act = store.compact if action == "compact" else store.put
        for line in range(1, 1000):
            arguments = ((revision,), {}) if action == "compact" else (("/a", b""), {"expected": 0})
            try:
                with Interrupt(line) as interrupt:
                    act(*arguments[0], **arguments[1])
            except KeyboardInterrupt:
                interrupted += 1
            held = store.get("/a").record
            if held is not None:
                store.delete("/a", expected=held.mod_revision)
            threads = start(lambda n=line: store.put(f"/follower/{n}", b"", expected=0))
            finish(threads)
            assert store.get(f"/follower/{line}").record is not None, line
            revision = other.put("/other", b"", expected=revision)
            if interrupt.left > 0:
                break
        assert interrupted == line - 1 > 40
        assert store.verify() == []


def test_an_interrupt_at_any_line_of_a_leader_wakes_those_who_wait(
    tmp_path: Path, points: Failpoints
) -> None:
    with SqliteBackend(tmp_path / "store.db", failpoints=points) as store:
        for line in range(1, 1000):
            gate, finished = Gate(points), []

            def follow(key: str, finished=finished) -> None:
                try:
                    store.put(key, b"", expected=0)
                except BackendUnavailable as error:
                    assert "uncertain" in str(error)  # noqa: PT017
                finished.append(key)

            leader = start(lambda n=line: follow(f"/{n}/leader"))
            assert gate.reached.wait(WAIT)
            heir_left = []

            def inherit(number=line, left=heir_left) -> None:
                try:
                    with Interrupt(number) as interrupt:
                        store.put(f"/{number}/heir", b"", expected=0)
                except KeyboardInterrupt:
                    pass
                left.append(interrupt.left)

            others = start(inherit)
            while not heir_left and not store._commits._line:
                threading.Event().wait(0.001)
            for count in (1, 2):
                others += start(lambda n=line, c=count: follow(f"/{n}/{c}"))
                until_waiting(store, count + (not heir_left))
            points.arm("sqlite.after_begin", lambda: None)
            gate.go.set()
            finish(leader + others)
            assert len(finished) == 3, line
            if heir_left[0] > 0:
                break
        assert line > 40


def test_batches_stay_below_their_bound_and_keep_the_order_of_arrival() -> None:
    sizes, order, hold, entered = [], [], threading.Event(), threading.Event()

    def run(batch: Sequence[Request]) -> None:
        entered.set()
        assert hold.wait(WAIT)
        sizes.append(len(batch))
        order.extend(request.text for request in batch)
        grant(batch)

    commits = GroupCommit(run, lambda: None)
    threads = start(lambda: commits.submit(Request("first", b"", 0, None)))
    assert entered.wait(WAIT)
    for number in range(2 * BATCH + 5):
        threads += start(lambda n=number: commits.submit(Request(str(n), b"", 0, None)))
        while len(commits._line) < number + 1:
            threading.Event().wait(0.0005)
    hold.set()
    finish(threads)
    assert sizes == [1, BATCH, BATCH, 5]
    assert order == ["first", *map(str, range(2 * BATCH + 5))]


def test_a_batch_leaves_when_all_whom_the_last_one_served_are_there() -> None:
    sizes, hold, entered = [], threading.Event(), threading.Event()

    def run(batch: Sequence[Request]) -> None:
        entered.set()
        assert hold.wait(WAIT)
        sizes.append(len(batch))
        grant(batch)

    commits = GroupCommit(run, lambda: None, gather=1000 * WAIT)

    def submit() -> list[threading.Thread]:
        return start(lambda: commits.submit(Request("a", b"", 0, None)))

    threads = submit()
    assert entered.wait(WAIT)
    for number in range(2):
        threads += submit()
        while len(commits._line) <= number:
            threading.Event().wait(0.0005)
    hold.set()
    finish(threads)
    threads = submit()
    while not commits._gathering:
        threading.Event().wait(0.0005)
    finish(threads + submit())
    assert sizes == [1, 2, 2]


def test_a_batch_does_not_wait_for_long_for_those_who_stay_away() -> None:
    sizes = []

    def run(batch: Sequence[Request]) -> None:
        sizes.append(len(batch))
        grant(batch)

    commits = GroupCommit(run, lambda: None, gather=0.001)
    commits._company = 3
    for _ in range(3):
        commits.submit(Request("a", b"", 0, None))
    assert sizes == [1, 1, 1]


def test_who_wants_to_be_alone_is_alone_and_in_turn() -> None:
    log, hold, entered = [], threading.Event(), threading.Event()

    def run(batch: Sequence[Request]) -> None:
        entered.set()
        assert hold.wait(WAIT)
        log.extend(request.text for request in batch)
        grant(batch)

    commits = GroupCommit(run, lambda: None)

    def alone() -> None:
        commits.alone(lambda: log.append("alone"))

    def waiting(count: int) -> None:
        while len(commits._line) < count:
            threading.Event().wait(0.001)

    threads = start(lambda: commits.submit(Request("1", b"", 0, None)))
    assert entered.wait(WAIT)
    threads += start(lambda: commits.submit(Request("2", b"", 0, None)))
    waiting(1)
    threads += start(alone)
    waiting(2)
    threads += start(lambda: commits.submit(Request("3", b"", 0, None)))
    waiting(3)
    hold.set()
    finish(threads)
    assert log == ["1", "2", "alone", "3"]


def test_closing_while_others_write_ends_them_with_a_typed_error(tmp_path: Path) -> None:
    from kregistry.storage.errors import BackendClosed

    store = SqliteBackend(tmp_path / "other.db")
    ended = []

    def write(name: int) -> None:
        revision = 0
        try:
            while True:
                revision = store.put(f"/{name}", b"", expected=revision)
        except BackendClosed:
            ended.append(revision)

    def read() -> None:
        try:
            while True:
                store.get("/0")
                store.range("/", "0")
        except BackendClosed:
            ended.append(0)

    threads = start(*[lambda n=n: write(n) for n in range(4)], read, read)
    while store.current_revision() < 100:
        pass
    store.close()
    finish(threads)
    assert len(ended) == 6
    with SqliteBackend(tmp_path / "other.db") as again:
        for name, revision in enumerate(sorted(ended)[2:]):
            assert revision <= again.current_revision(), name
        assert again.verify() == []


def test_foreign_columns_and_statements_never_come_from_data(store: SqliteBackend) -> None:
    key = "/'; DROP TABLE log; --"
    store.put(key, b"'); DELETE FROM newest; --", expected=0)
    assert store.get(key).record.value == b"'); DELETE FROM newest; --"
    raw = sqlite3.connect(store.path)
    assert raw.execute("SELECT count(*) FROM log").fetchone() == (1,)
    raw.close()
