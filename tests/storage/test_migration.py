"""A store is copied whole, as of one revision, whatever happens on the way."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from etcdfixtures import require_etcd
from hypothesis import given, settings
from hypothesis import strategies as st

from kregistry.storage.backend import Backend, prefix_end
from kregistry.storage.errors import BackendClosed, RevisionCompacted
from kregistry.storage.etcd3 import Access, EtcdBackend
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.migration import (
    CopyDiffers,
    Migrated,
    MigrationError,
    MigrationTaken,
    OtherSource,
    Progress,
    SourceCompacted,
    TargetNotEmpty,
    migrate,
)
from kregistry.storage.migration.marker import MARKER
from kregistry.storage.sqlite import SqliteBackend
from kregistry.testing import FakeClock
from kregistry.testing.etcd import FreshEtcds
from kregistry.testing.forwarding import Forwarding
from kregistry.testing.suites.backend_cases import EVERYTHING, ODD_KEYS, fill

#: The engines, each by a function from a fresh folder and a clock to an empty store.
ENGINES: dict[str, Callable[[Path, FakeClock], Backend]] = {
    "memory": lambda folder, clock: MemoryBackend(clock=clock),
    "sqlite": lambda folder, clock: SqliteBackend(
        folder / "store.db", clock=clock, synchronous="normal"
    ),
    "etcd3": lambda folder, clock: OnItsOwnEtcd(clock),
}
#: Every store on etcd needs one that nobody has used.
SERVERS: list[FreshEtcds] = []
#: Those that take their time from the clock of a test.
CLOCKED = ("memory", "sqlite")
#: A user of memory has nothing to take to etcd, or from there.
DIRECTIONS = [
    (source, target)
    for source in ENGINES
    for target in ENGINES
    if {source, target} != {"memory", "etcd3"}
]
FAR = 5_000_000

Make = Callable[[str], Backend]


class OnItsOwnEtcd(EtcdBackend):
    """An etcd that goes with its backend."""

    def __init__(self, clock: FakeClock) -> None:
        self._server = SERVERS[0].take()
        access = Access.of(self._server.endpoints)
        super().__init__(access, clock=clock, request_timeout=20.0)

    def close(self) -> None:
        super().close()
        SERVERS[0].discard(self._server)


class Interrupted(BaseException):
    """What a test throws into a migration; like Ctrl-C, it is no Exception."""


class Fragile(Forwarding):
    """Breaks at a write: before it is done, or when it is done but not yet acknowledged."""

    def __init__(self, inner: Backend, *, at: int, after: bool) -> None:
        super().__init__(inner)
        self._writes = itertools.count(1)
        self._at = at
        self._after = after

    def put(self, key: str, value: bytes, *, expected: int, ttl: float | None = None) -> int:
        return self._do(lambda: super(Fragile, self).put(key, value, expected=expected, ttl=ttl))

    def delete(self, key: str, *, expected: int) -> int:
        return self._do(lambda: super(Fragile, self).delete(key, expected=expected))

    def compact(self, revision: int) -> None:
        self._do(lambda: super(Fragile, self).compact(revision))

    def advance(self, revision: int) -> None:
        self._do(lambda: super(Fragile, self).advance(revision))

    def close(self) -> None:
        """Leave the inner one open for the next attempt."""

    def _do(self, write: Callable[[], Any]) -> Any:
        breaks = next(self._writes) == self._at
        if breaks and not self._after:
            raise Interrupted
        done = write()
        if breaks:
            raise Interrupted
        return done


class CountingUp(Fragile):
    """Advances without a short cut, so that each step of that can break."""

    def advance(self, revision: int) -> None:
        Backend.advance(self, revision)


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    require_etcd()
    with FreshEtcds() as fresh:
        SERVERS[:] = [fresh]
        yield


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make(clock: FakeClock) -> Iterator[Make]:
    """Makes an empty store of an engine; all are closed in the end."""
    with ExitStack() as stack:

        def open_one(engine: str) -> Backend:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            return stack.enter_context(ENGINES[engine](folder, clock))

        yield open_one


@pytest.fixture(params=DIRECTIONS, ids="-to-".join)
def stores(request: pytest.FixtureRequest, make: Make) -> tuple[Backend, Backend]:
    source, target = request.param
    return make(source), make(target)


@pytest.fixture(params=[(s, t) for s in CLOCKED for t in CLOCKED], ids="-to-".join)
def clocked(request: pytest.FixtureRequest, make: Make) -> tuple[Backend, Backend]:
    source, target = request.param
    return make(source), make(target)


def content(store: Backend) -> dict[str, bytes]:
    return {record.key: record.value for record in store.range(*EVERYTHING).records}


def live_a_little(store: Backend) -> None:
    """Some life: updates, deletions and keys that go, twelve live keys in the end."""
    at = fill(store, *(f"/registry/pods/default/{n:02}" for n in range(10)))
    store.put("/registry/pods/default/03", b"changed", expected=at[3])
    store.delete("/registry/pods/default/04", expected=at[4])
    store.put("/registry/events/one", b"event", expected=0, ttl=1000.0)
    store.put("/registry/events/two", b"event", expected=0, ttl=2000.0)
    store.put("/registry/leases/x", bytes(range(256)), expected=0)


def assert_taken_over(source: Backend, target: Backend, done: Migrated) -> None:
    """The target stands for the source, and nothing of the migration is left."""
    assert content(target) == content(source)
    assert target.get(MARKER).record is None
    assert target.range(MARKER, prefix_end(MARKER)).records == []
    assert target.current_revision() == done.target_revision > source.current_revision()
    assert source.current_revision() >= done.source_revision


def test_a_store_is_copied_with_every_key_and_byte(stores: tuple[Backend, Backend]) -> None:
    source, target = stores
    live_a_little(source)
    fill(source, *ODD_KEYS)
    before = list(source.range(*EVERYTHING).records)

    done = migrate(source, target, page=3)

    assert_taken_over(source, target, done)
    assert list(source.range(*EVERYTHING).records) == before
    assert (done.keys, done.found, done.expired) == (len(before), 0, 0)


def test_an_empty_store_is_copied_too(stores: tuple[Backend, Backend]) -> None:
    source, target = stores
    source.advance(300)
    revision = source.current_revision()
    done = migrate(source, target)
    assert (done.source_revision, done.keys) == (revision, 0)
    assert target.current_revision() > revision
    assert content(target) == {}


def test_no_watcher_of_the_source_sees_a_revision_again(stores: tuple[Backend, Backend]) -> None:
    source, target = stores
    live_a_little(source)
    last = source.current_revision()
    migrate(source, target)
    for seen in (1, last - 1, last):
        with pytest.raises(RevisionCompacted):
            target.watch(*EVERYTHING, after=seen)
        with pytest.raises(RevisionCompacted):
            target.range(*EVERYTHING, revision=seen)
    assert all(record.mod_revision > last for record in target.range(*EVERYTHING).records)
    assert target.put("/new", b"", expected=0) > last


def test_times_to_live_go_on_where_they_were(
    clocked: tuple[Backend, Backend], clock: FakeClock
) -> None:
    source, target = clocked
    live_a_little(source)
    clock.advance(400)
    migrate(source, target, clock=clock)
    clock.advance(100)
    left = target.ttls(*EVERYTHING)
    assert sorted(left) == ["/registry/events/one", "/registry/events/two"]
    assert left["/registry/events/one"] == pytest.approx(500, abs=1)
    assert left["/registry/events/two"] == pytest.approx(1500, abs=1)


def test_progress_counts_every_phase_to_its_end(stores: tuple[Backend, Backend]) -> None:
    source, target = stores
    live_a_little(source)
    told: list[Progress] = []
    migrate(source, target, on_progress=told.append, page=4)
    assert list(dict.fromkeys(each.phase for each in told)) == [
        "survey",
        "advance",
        "copy",
        "verify",
    ]
    for phase in ("survey", "advance", "copy", "verify"):
        steps = [each for each in told if each.phase == phase]
        assert [each.done for each in steps] == sorted(each.done for each in steps)
        assert steps[0].done == 0
        assert steps[-1].done == steps[-1].total > 0


def test_what_is_in_memory_is_a_page_and_not_more(make: Make) -> None:
    largest = 0

    class Watched(Forwarding):
        def range(self, start, end, **how):  # type: ignore[no-untyped-def]
            nonlocal largest
            page = super().range(start, end, **how)
            largest = max(largest, len(page.records))
            return page

    source, target = make("memory"), make("memory")
    fill(source, *(f"/{n}" for n in range(300)))
    for n in range(300):
        source.put(f"/e/{n}", b"", expected=0, ttl=100.0)
    migrate(Watched(source), Watched(target), page=7)
    assert content(target) == content(source)
    assert largest <= 7


# Refusals.


def test_a_target_that_holds_something_is_left_alone(stores: tuple[Backend, Backend]) -> None:
    source, target = stores
    live_a_little(source)
    fill(target, "/registry/mine")
    before = target.current_revision()
    with pytest.raises(TargetNotEmpty, match=r"'/registry/mine'.*name an empty one"):
        migrate(source, target)
    assert target.current_revision() == before


def test_a_target_that_was_emptied_is_empty(make: Make) -> None:
    source, target = make("memory"), make("sqlite")
    live_a_little(source)
    (at,) = fill(target, "/a")
    target.delete("/a", expected=at)
    assert_taken_over(source, target, migrate(source, target))


def test_a_target_further_on_than_the_source_never_goes_back(make: Make) -> None:
    source, target = make("memory"), make("memory")
    live_a_little(source)
    target.advance(FAR)
    assert_taken_over(source, target, migrate(source, target))
    assert min(record.mod_revision for record in target.range(*EVERYTHING).records) > FAR


def test_a_store_is_not_copied_into_itself(make: Make) -> None:
    store = make("memory")
    with pytest.raises(ValueError, match="itself"):
        migrate(store, store)
    with pytest.raises(ValueError, match="at least one key"):
        migrate(store, make("memory"), page=0)
    assert store.current_revision() == 1


def test_half_a_copy_is_no_source(make: Make) -> None:
    first, half, target = make("memory"), make("memory"), make("memory")
    live_a_little(first)
    with pytest.raises(Interrupted):
        migrate(first, Fragile(half, at=12, after=True))
    with pytest.raises(MigrationError, match="finish that first"):
        migrate(half, target)
    assert target.current_revision() == 1


def test_a_closed_store_says_so(make: Make) -> None:
    source, target = make("memory"), make("memory")
    source.close()
    with pytest.raises(BackendClosed):
        migrate(source, target)


@pytest.mark.parametrize(
    "planted",
    [b"", b"{", b"[]", b"7", b"\xff", b"{}", b'{"version": 1}', b"[" * 100_000],
    ids=["empty", "cut", "list", "number", "bytes", "no version", "no revision", "deep"],
)
def test_a_marker_that_is_none_is_not_trusted(make: Make, planted: bytes) -> None:
    source, target = make("memory"), make("memory")
    live_a_little(source)
    target.put(MARKER, planted, expected=0)
    with pytest.raises(MigrationError, match="something else under"):
        migrate(source, target)
    assert content(target) == {MARKER: planted}


def test_a_marker_of_a_later_version_is_left_to_it(make: Make) -> None:
    source, target = make("memory"), make("memory")
    with pytest.raises(Interrupted):
        migrate(source, Fragile(target, at=1, after=True))
    record = target.get(MARKER).record
    assert record is not None
    later = json.dumps({**json.loads(record.value), "version": 2}).encode()
    target.put(MARKER, later, expected=record.mod_revision)
    with pytest.raises(MigrationError, match="later version"):
        migrate(source, target)


# Cut off and taken up again.


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fragile", [Fragile, CountingUp])
@pytest.mark.parametrize("direction", DIRECTIONS, ids="-to-".join)
def test_a_run_that_is_cut_off_at_any_write_is_finished_by_the_next(
    make: Make, direction: tuple[str, str], fragile: type[Fragile], after: bool
) -> None:
    source = make(direction[0])
    live_a_little(source)
    at = 0
    while True:
        at += 1
        target = make(direction[1])
        broken = fragile(target, at=at, after=after)
        try:
            migrate(source, broken, page=4)
        except Interrupted:
            if target.get(MARKER).record is None and content(target):
                assert after, "the last write was done"
                assert content(target) == content(source)
                continue
            whole = fragile(target, at=0, after=after)
            assert_taken_over(source, target, migrate(source, whole, page=5))
        else:
            break
    assert at > 25


def test_a_run_that_is_cut_off_at_each_of_its_writes_comes_to_an_end(make: Make) -> None:
    """Every attempt gets one write further than the last, and none loses ground for good."""
    source, target = make("memory"), make("sqlite")
    live_a_little(source)
    for at in range(1, 60):
        try:
            done = migrate(source, Fragile(target, at=at, after=bool(at % 2)), page=4)
            break
        except Interrupted:
            continue
    assert done.found > 0
    assert_taken_over(source, target, done)


def test_a_resumed_run_says_what_was_there(make: Make) -> None:
    source, target = make("memory"), make("memory")
    fill(source, *(f"/{n:03}" for n in range(100)))

    def stop(progress: Progress) -> None:
        if progress == Progress(75, 100, "copy"):
            raise Interrupted

    with pytest.raises(Interrupted):
        migrate(source, target, on_progress=stop, page=25)
    done = migrate(source, target, page=25)
    assert (done.keys, done.found) == (100, 75)
    assert_taken_over(source, target, done)


def test_a_copy_goes_on_as_of_its_first_revision(stores: tuple[Backend, Backend]) -> None:
    source, target = stores
    live_a_little(source)
    then = content(source)
    revision = source.current_revision()
    with pytest.raises(Interrupted):
        migrate(source, Fragile(target, at=14, after=True), page=4)
    at = source.put("/registry/pods/default/00a", b"new", expected=0)
    source.delete("/registry/pods/default/09", expected=11)
    source.put("/registry/pods/default/00a", b"newer", expected=at)
    done = migrate(source, target, page=4)
    assert done.source_revision == revision
    assert content(target) == then
    assert target.current_revision() > source.current_revision()


def test_the_same_content_at_the_same_revisions_is_the_same_source(make: Make) -> None:
    """A restored backup of the source will do."""
    first, second, target = make("memory"), make("sqlite"), make("memory")
    for store in (first, second):
        live_a_little(store)
    with pytest.raises(Interrupted):
        migrate(first, Fragile(target, at=14, after=True), page=4)
    assert_taken_over(second, target, migrate(second, target))


@pytest.mark.parametrize("change", ["older", "value", "revision"])
def test_another_source_is_refused(make: Make, change: str) -> None:
    source, other, target = make("memory"), make("memory"), make("memory")
    live_a_little(source)
    if change != "older":
        live_a_little(other)
        record = other.get("/registry/leases/x").record
        assert record is not None
        value = b"other" if change == "value" else record.value
        other.put(record.key, value, expected=record.mod_revision)
        source.put(record.key, record.value, expected=record.mod_revision)
        if change == "revision":
            fill(other, "/more")
            source.put("/more", b"/less", expected=0)
    with pytest.raises(Interrupted):
        migrate(source, Fragile(target, at=14, after=True), page=4)
    before = content(target)
    with pytest.raises(OtherSource, match="another store"):
        migrate(other, target)
    assert content(target) == before
    assert_taken_over(source, target, migrate(source, target))


def test_keys_put_among_the_copies_are_found_out(make: Make) -> None:
    source, target = make("memory"), make("memory")
    live_a_little(source)
    with pytest.raises(Interrupted):
        migrate(source, Fragile(target, at=14, after=True), page=4)
    fill(target, "/registry/foreign")
    for _ in range(2):
        with pytest.raises(CopyDiffers, match="'/registry/foreign' is in the target only"):
            migrate(source, target)
        assert target.get(MARKER).record is not None


def test_keys_put_there_before_anything_was_copied_are_found_out(make: Make) -> None:
    source, target = make("memory"), make("memory")
    live_a_little(source)
    with pytest.raises(Interrupted):
        migrate(source, Fragile(target, at=1, after=True))
    fill(target, "/registry/foreign")
    with pytest.raises(TargetNotEmpty, match="'/registry/foreign'"):
        migrate(source, target)


class Altering(Forwarding):
    """Does something to the target when the comparison is about to begin."""

    def __init__(self, inner: Backend, alter: Callable[[Backend], object]) -> None:
        super().__init__(inner)
        self._alter = alter

    def tell(self, progress: Progress) -> None:
        if progress.phase == "copy" and progress.done == progress.total:
            self._alter(self.inner)


def replace(store: Backend, key: str, value: bytes, ttl: float | None = None) -> None:
    record = store.get(key).record
    assert record is not None
    store.put(key, value, expected=record.mod_revision, ttl=ttl)


def remove(store: Backend, key: str) -> None:
    record = store.get(key).record
    assert record is not None
    store.delete(key, expected=record.mod_revision)


@pytest.mark.parametrize(
    ("alter", "complaint"),
    [
        (lambda t: replace(t, "/registry/leases/x", b"y"), "leases/x' has another value"),
        (lambda t: remove(t, "/registry/leases/x"), "leases/x' is missing"),
        (lambda t: remove(t, "/registry/pods/default/00"), "default/00' is missing"),
        (lambda t: remove(t, "/registry/events/one"), "events/one' is missing"),
        (lambda t: fill(t, "/a"), "'/a' is in the target only"),
        (lambda t: fill(t, "/registry/pods/default/00\0"), "default/00.x00' is in the target only"),
        (lambda t: fill(t, "/z"), "'/z' is in the target only"),
        (lambda t: fill(t, "/kregistry.migration-"), "migration-' is in the target only"),
        (lambda t: replace(t, "/registry/events/one", b"event"), "events/one' has its time"),
        (lambda t: replace(t, "/registry/leases/x", bytes(range(256)), 9.0), "leases/x' has its t"),
    ],
)
def test_a_copy_that_is_not_the_same_is_never_called_done(
    make: Make, clock: FakeClock, alter: Callable[[Backend], object], complaint: str
) -> None:
    source, target = make("sqlite"), make("memory")
    live_a_little(source)
    altering = Altering(target, alter)
    with pytest.raises(CopyDiffers, match=complaint):
        migrate(source, altering, on_progress=altering.tell, page=4, clock=clock)
    assert target.get(MARKER).record is not None


def test_a_copy_that_lost_a_key_is_completed_by_the_next_run(make: Make) -> None:
    source, target = make("memory"), make("memory")
    live_a_little(source)
    altering = Altering(target, lambda t: remove(t, "/registry/leases/x"))
    with pytest.raises(CopyDiffers):
        migrate(source, altering, on_progress=altering.tell)
    assert_taken_over(source, target, migrate(source, target))


def test_two_runs_do_not_work_on_one_target(make: Make) -> None:
    """Whoever comes last goes on; the first one notices before it can do harm."""
    source, target = make("memory"), make("memory")
    live_a_little(source)
    results: list[Migrated] = []

    def start_another(progress: Progress) -> None:
        if progress.phase == "copy" and progress.done == 4 and not results:
            results.append(migrate(source, target))
            remove(target, "/registry/leases/x")

    with pytest.raises(MigrationTaken, match="took over"):
        migrate(source, target, on_progress=start_another, page=4)
    assert len(results) == 1
    assert "/registry/leases/x" not in content(target)


def test_two_surveys_do_not_work_on_one_target(make: Make) -> None:
    source, target = make("memory"), make("memory")
    live_a_little(source)
    results: list[Migrated] = []

    def start_another(progress: Progress) -> None:
        if progress.phase == "survey" and progress.done == 4 and not results:
            results.append(migrate(source, target))

    with pytest.raises(MigrationTaken):
        migrate(source, target, on_progress=start_another, page=4)
    assert_taken_over(source, target, results[0])


# Sources that live on.


def test_what_is_written_meanwhile_is_not_part_of_the_copy(
    stores: tuple[Backend, Backend],
) -> None:
    source, target = stores
    live_a_little(source)
    then = content(source)

    def write(progress: Progress) -> None:
        if progress.phase == "copy" and progress.done in (5, 8):
            fill(source, f"/registry/pods/default/new{progress.done}")
            replace(source, f"/registry/pods/default/0{progress.done}", b"newer")
            if progress.done == 5:
                remove(source, "/registry/pods/default/09")

    done = migrate(source, target, on_progress=write, page=2)
    assert content(target) == then
    assert done.source_revision < source.current_revision() < done.target_revision


def test_a_source_that_is_compacted_meanwhile_is_an_error_that_says_what_to_do(
    stores: tuple[Backend, Backend],
) -> None:
    source, target = stores
    live_a_little(source)

    def compact(progress: Progress) -> None:
        if progress.phase == "copy" and progress.done == 4:
            fill(source, "/registry/new")
            source.compact(source.current_revision())

    for _ in range(2):
        with pytest.raises(SourceCompacted, match="empty the target and start again"):
            migrate(source, target, on_progress=compact, page=2)


def test_keys_whose_time_is_up_are_left_out(
    clocked: tuple[Backend, Backend], clock: FakeClock
) -> None:
    """Also when the source has deleted them by the time that they are to be copied."""
    source, target = clocked
    live_a_little(source)

    def wait(progress: Progress) -> None:
        if progress == Progress(0, 12, "copy"):
            clock.advance(1500)

    done = migrate(source, target, on_progress=wait, clock=clock)
    assert (done.keys, done.expired) == (11, 1)
    assert "/registry/events/one" not in content(target)
    assert target.ttls(*EVERYTHING)["/registry/events/two"] == pytest.approx(500, abs=1)


def test_keys_whose_time_comes_between_two_runs_do_not_live_for_ever(
    clocked: tuple[Backend, Backend], clock: FakeClock
) -> None:
    source, target = clocked
    live_a_little(source)
    for at in (8, 13):  # before and after the two events are copied
        with pytest.raises(Interrupted):
            migrate(source, Fragile(target, at=at, after=True), page=4, clock=clock)
        clock.advance(700)
    done = migrate(source, target, clock=clock)
    assert (done.keys, done.expired) == (11, 1)
    assert target.ttls(*EVERYTHING).get("/registry/events/one", 0.0) == 0.0, "about to go"
    assert target.ttls(*EVERYTHING)["/registry/events/two"] == pytest.approx(600, abs=1)


def test_a_key_deleted_meanwhile_keeps_the_time_that_it_had(
    clocked: tuple[Backend, Backend], clock: FakeClock
) -> None:
    source, target = clocked
    live_a_little(source)

    def delete(progress: Progress) -> None:
        if progress == Progress(0, 12, "copy"):
            remove(source, "/registry/events/one")

    migrate(source, target, on_progress=delete, clock=clock)
    assert target.ttls(*EVERYTHING)["/registry/events/one"] == pytest.approx(1000, abs=1)


def test_keys_that_go_during_the_survey_make_it_begin_again(make: Make) -> None:
    source, target = make("memory"), make("memory")
    live_a_little(source)
    gone = iter(["/registry/pods/default/08", "/registry/pods/default/09"])

    def delete(progress: Progress) -> None:
        if progress.phase == "survey" and progress.done == 8 and (key := next(gone, "")):
            remove(source, key)

    done = migrate(source, target, on_progress=delete, page=4)
    assert (done.keys, done.expired) == (10, 0)
    assert_taken_over(source, target, done)


def test_keys_that_go_during_every_survey_are_left_out(make: Make) -> None:
    source, target = make("memory"), make("memory")
    fill(source, *(f"/{n:02}" for n in range(20)))
    numbers = iter(range(19, 0, -1))

    def delete(progress: Progress) -> None:
        if progress.phase == "survey" and progress.done == 4:
            remove(source, f"/{next(numbers):02}")

    done = migrate(source, target, on_progress=delete, page=4)
    assert content(target) == content(source)
    assert (done.keys, done.expired) == (16, 1)


# Any store.

KEYS = st.one_of(
    st.sampled_from([*ODD_KEYS, "/registry/a", "/registry/b", "/kregistry.migrations", "", "\0"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)
STEPS = st.lists(
    st.tuples(
        KEYS, st.one_of(st.none(), st.binary(max_size=20)), st.sampled_from([None, None, 50.0])
    ),
    max_size=25,
)


def live(store: Backend, steps: list[tuple[str, bytes | None, float | None]]) -> None:
    """Put what has a value, delete what has none."""
    for key, value, ttl in steps:
        record = store.get(key).record
        at = record.mod_revision if record is not None else 0
        if value is not None:
            store.put(key, value, expected=at, ttl=ttl)
        elif at:
            store.delete(key, expected=at)


CUTS = st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=4)
lives = given(before=STEPS, meanwhile=STEPS, page=st.integers(1, 7), breaks=CUTS)


@settings(max_examples=60, deadline=None)
@lives
@pytest.mark.parametrize("direction", [(s, t) for s in CLOCKED for t in CLOCKED], ids="-to-".join)
def test_any_store_arrives_as_it_was_however_often_it_is_cut_off(
    direction: tuple[str, str], **story: Any
) -> None:
    check_arrival(direction, **story)


@settings(max_examples=10, deadline=None)
@lives
@pytest.mark.parametrize("direction", [("sqlite", "etcd3"), ("etcd3", "etcd3")], ids="-to-".join)
def test_any_store_arrives_at_etcd_as_it_was(direction: tuple[str, str], **story: Any) -> None:
    """Each step goes to another process, so a few examples have to do."""
    for steps in (story["before"], story["meanwhile"]):
        steps[:] = [step for step in steps if step[0]]  # etcd knows no empty key
    check_arrival(direction, **story)


def check_arrival(
    direction: tuple[str, str],
    *,
    before: list[tuple[str, bytes | None, float | None]],
    meanwhile: list[tuple[str, bytes | None, float | None]],
    page: int,
    breaks: list[tuple[int, bool]],
) -> None:
    clock = FakeClock()
    with ExitStack() as stack:

        def open_one(engine: str) -> Backend:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            return stack.enter_context(ENGINES[engine](folder, clock))

        source, target = map(open_one, direction)
        live(source, before)
        states = {source.current_revision(): (content(source), set(source.ttls(*EVERYTHING)))}
        for at, after in breaks:
            try:
                migrate(source, Fragile(target, at=at, after=after), page=page, clock=clock)
            except Interrupted:
                live(source, meanwhile[:5])
                del meanwhile[:5]
                now = source.current_revision()
                states[now] = (content(source), set(source.ttls(*EVERYTHING)))
                if target.get(MARKER).record is None and content(target):
                    return  # it was cut off behind its last write
                continue
            return
        done = migrate(source, target, page=page, clock=clock)
        values, expiring = states[done.source_revision]
        assert content(target) == values
        assert set(target.ttls(*EVERYTHING)) == expiring
        assert target.current_revision() > source.current_revision()
