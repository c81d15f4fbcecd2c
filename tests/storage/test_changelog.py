from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from kregistry.storage.backend import Change
from kregistry.storage.errors import BackendClosed, RevisionCompacted
from kregistry.storage.log.changelog import ChangeLog, History, LogStream
from kregistry.storage.wakers import ThreadWaker

PATIENCE = 30.0


def change(revision: int, key: str = "/pods/a") -> Change:
    return Change(key, revision, b"%d" % revision, None, 0)


def everything(log: ChangeLog, after: int = 1) -> LogStream:
    return log.stream("/", "0", after=after)


def revisions(changes: Sequence[Change]) -> list[int]:
    return [each.revision for each in changes]


def test_a_stream_reads_what_follows_its_place_in_order() -> None:
    log = ChangeLog(revision=1)
    stream = everything(log)
    assert stream.poll() == ()
    log.publish([change(2), change(3)])
    log.publish([change(4)])
    assert revisions(stream.poll()) == [2, 3, 4]
    assert revisions(everything(log, after=3).poll()) == [4]
    assert stream.position == 4


def test_a_stream_reads_at_most_the_limit_at_once_and_skips_nothing() -> None:
    log = ChangeLog(revision=1)
    log.publish([change(revision) for revision in range(2, 12)])
    stream = everything(log)
    assert revisions(stream.poll(4)) == [2, 3, 4, 5]
    assert stream.position == 5
    assert revisions(stream.poll(100)) == list(range(6, 12))
    with pytest.raises(ValueError, match="limit must be positive"):
        stream.poll(0)


def test_a_stream_sees_only_its_range_but_moves_past_the_rest() -> None:
    log = ChangeLog(revision=1)
    exact, below = (
        log.stream("/pods/a", "/pods/a\0", after=1),
        log.stream("/pods/", "/pods0", after=1),
    )
    log.publish(
        [change(2, "/pods/a/x"), change(3, "/podsx"), change(4, "/pods/a"), change(5, "/z")]
    )
    assert revisions(exact.poll()) == [4]
    assert revisions(below.poll()) == [2, 4]
    assert exact.poll() == below.poll() == ()
    assert exact.position == below.position == 5


def test_a_stream_may_start_in_the_future() -> None:
    log = ChangeLog(revision=1)
    stream = everything(log, after=3)
    woken: list[int] = []
    assert stream.park(lambda: woken.append(1))
    log.publish([change(2)])
    assert stream.poll() == ()
    log.publish([change(3), change(4)])
    assert revisions(stream.poll()) == [4]


def test_revisions_may_have_gaps() -> None:
    log = ChangeLog(revision=10)
    log.publish([change(15), change(20), change(21), change(40)])
    assert revisions(everything(log, after=10).poll()) == [15, 20, 21, 40]
    assert revisions(everything(log, after=17).poll()) == [20, 21, 40]
    assert revisions(everything(log, after=39).poll()) == [40]


def test_changes_must_follow_each_other() -> None:
    log = ChangeLog(revision=5)
    with pytest.raises(ValueError, match="does not follow"):
        log.publish([change(5)])


def test_parking_wakes_once_when_the_range_changes() -> None:
    log = ChangeLog(revision=1)
    stream = log.stream("/pods/", "/pods0", after=1)
    woken: list[str] = []
    assert stream.park(lambda: woken.append("a"))
    log.publish([change(2, "/nodes/x")])
    assert woken == []
    log.publish([change(3, "/pods/x")])
    log.publish([change(4, "/pods/x")])
    assert woken == ["a"]
    assert revisions(stream.poll()) == [3, 4]


def test_parking_is_refused_when_there_is_something_already() -> None:
    log = ChangeLog(revision=1)
    stream = everything(log)
    log.publish([change(2)])
    assert not stream.park(lambda: None)
    stream.poll()
    assert stream.park(lambda: None)


def test_parking_again_replaces_the_first_wake_and_leaves_nothing_behind() -> None:
    log = ChangeLog(revision=1)
    stream = everything(log)
    woken: list[int] = []
    for number in range(100):
        assert stream.park(lambda number=number: woken.append(number))  # type: ignore[misc]
    assert log.parked == 1
    log.publish([change(2)])
    assert woken == [99]
    assert log.parked == 0


def test_polling_ends_parking() -> None:
    log = ChangeLog(revision=1)
    stream = everything(log)
    assert stream.park(lambda: pytest.fail("woken"))
    assert stream.poll() == ()
    assert log.parked == 0
    log.publish([change(2)])


def test_two_readers_of_one_range_do_not_lose_each_other() -> None:
    log = ChangeLog(revision=1)
    first, second = everything(log), everything(log)
    woken: list[str] = []
    assert first.park(lambda: woken.append("first"))
    first.close()
    assert second.park(lambda: woken.append("second"))
    first.close()
    first.poll()
    log.publish([change(2)])
    assert woken == ["first", "second"]


def test_a_parked_reader_is_not_ended_by_compaction_it_has_nothing_to_lose_by() -> None:
    log = ChangeLog(revision=1)
    idle = log.stream("/nodes/", "/nodes0", after=1)
    assert idle.park(lambda: None)
    log.publish([change(revision) for revision in range(2, 50)])
    log.compact(49)
    log.publish([change(50, "/nodes/x")])
    assert revisions(idle.poll()) == [50]


def test_a_woken_reader_knows_what_it_has_not_missed() -> None:
    log = ChangeLog(revision=1)
    stream = log.stream("/nodes/", "/nodes0", after=1)
    assert stream.park(lambda: None)
    log.publish([change(revision) for revision in range(2, 50)])
    log.publish([change(50, "/nodes/x")])
    log.compact(49)
    assert revisions(stream.poll()) == [50]


def test_a_reader_that_compaction_passed_is_told_so() -> None:
    log = ChangeLog(revision=1)
    stream = everything(log)
    log.publish([change(2), change(3), change(4)])
    log.compact(3)
    with pytest.raises(RevisionCompacted) as caught:
        stream.poll()
    assert (caught.value.revision, caught.value.compacted) == (1, 3)
    with pytest.raises(RevisionCompacted):
        everything(log, after=2)
    assert revisions(everything(log, after=3).poll()) == [4]


def test_a_reader_behind_compaction_that_missed_nothing_goes_on() -> None:
    log = ChangeLog(revision=1)
    ranges = [
        ("/nodes/", "/nodes0"),
        ("/nodes/x", "/nodes/x\0"),
        ("/n", "/o"),
        ("/pods/", "/pods0"),
    ]
    streams = [log.stream(*keys, after=1) for keys in ranges]
    log.publish([change(2, "/nodes/x"), change(3), change(4)])
    assert [len(stream.poll(1)) for stream in streams] == [1, 1, 1, 1]
    log.compact(4)
    log.publish([change(5, "/nodes/x")])
    assert [revisions(stream.poll()) for stream in streams[:3]] == [[5], [5], [5]]
    with pytest.raises(RevisionCompacted):
        streams[3].poll()


def test_compaction_beyond_what_the_log_knows_hides_nothing() -> None:
    log = ChangeLog(revision=1)
    stream = log.stream("/pods/", "/pods0", after=1)
    log.publish([change(2, "/nodes/a")])
    log.compact(3)
    assert stream.position == 2, "nobody knows what 3 is"
    log.publish([change(3, "/pods/a")])
    with pytest.raises(RevisionCompacted):
        stream.poll()


def test_a_log_that_begins_late_takes_the_past_for_compacted() -> None:
    log = ChangeLog(revision=1000)
    with pytest.raises(RevisionCompacted):
        everything(log, after=999)
    assert everything(log, after=1000).poll() == ()


def test_closing_a_stream_leaves_what_was_there_and_ends() -> None:
    log = ChangeLog(revision=1)
    stream = everything(log)
    log.publish([change(2), change(3)])
    stream.close()
    stream.close()
    log.publish([change(4)])
    assert not stream.park(lambda: None)
    assert revisions(stream.poll(1)) == [2]
    assert revisions(stream.poll()) == [3]
    assert stream.poll() == ()


def test_closing_wakes_a_parked_reader() -> None:
    log = ChangeLog(revision=1)
    stream, other = everything(log), everything(log)
    woken: list[str] = []
    assert stream.park(lambda: woken.append("stream"))
    assert other.park(lambda: woken.append("other"))
    stream.close()
    assert woken == ["stream"]
    log.close()
    log.close()
    assert woken == ["stream", "other"]


def test_a_closed_log_is_read_to_its_end() -> None:
    log = ChangeLog(revision=1)
    stream = everything(log)
    log.publish([change(2)])
    log.close()
    assert revisions(stream.poll()) == [2]
    with pytest.raises(BackendClosed):
        stream.poll()
    with pytest.raises(BackendClosed):
        everything(log)


class Table:
    """A history that the log falls back on."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.reads = 0

    def read(self, start: str, end: str, after: int, limit: int) -> History:
        self.reads += 1
        found = [each for each in self.changes if start <= each.key < end and each.revision > after]
        some = found[:limit]
        return History(some, (found if len(found) < limit else some)[-1].revision)


def test_what_fell_out_of_a_bounded_log_is_read_from_the_history() -> None:
    table = Table()
    log = ChangeLog(revision=1, capacity=4, read_history=table.read)
    stream = everything(log)
    for revision in range(2, 102):
        table.changes.append(change(revision))
        log.publish([change(revision)])
    seen: list[int] = []
    while found := stream.poll(7):
        seen += revisions(found)
    assert seen == list(range(2, 102))
    assert 0 < table.reads < 100
    assert len(log.since(log._window.floor)) <= 8


def test_history_may_be_ahead_of_the_log_and_nothing_is_read_twice() -> None:
    table = Table()
    table.changes = [change(2), change(3), change(4), change(5)]
    log = ChangeLog(revision=3, read_history=table.read)
    stream = everything(log)
    assert revisions(stream.poll()) == [2, 3, 4, 5]
    log.publish([change(4), change(5), change(6)])
    assert revisions(stream.poll()) == [6]


def test_a_closed_stream_reads_no_history_after_its_end() -> None:
    table = Table()
    table.changes = [change(2), change(3), change(4)]
    log = ChangeLog(revision=3, read_history=table.read)
    stream = everything(log)
    stream.close()
    assert revisions(stream.poll()) == [2, 3]
    assert stream.poll() == ()


def test_a_log_bounded_in_bytes_keeps_the_newest_and_reads_the_rest_from_the_history() -> None:
    past: list[Change] = []

    def read_history(start: str, end: str, after: int, limit: int) -> History:
        found = [each for each in past if each.revision > after][:limit]
        return History(found, found[-1].revision)

    log = ChangeLog(revision=1, max_bytes=1000, read_history=read_history)
    stream = everything(log)
    for revision in range(2, 60):
        past.append(Change("/a", revision, b"x" * (revision % 7 * 40), b"y" * 30, 0))
        log.publish(past[-1:])
        held = log.since(log._window.floor)
        assert held[-1] is past[-1]
        assert sum(len(each.value or b"") + 30 for each in held) <= 1000
    log.publish([Change("/a", 60, b"x" * 5000, None, 0)])
    past.append(log.since(59)[0])
    assert revisions(log.since(59)) == [60]
    read = [*stream.poll(limit=1000), *stream.poll(limit=1000)]
    assert revisions(read) == list(range(2, 61))


def test_what_history_reads_ahead_is_kept_for_the_next_poll() -> None:
    table = Table()
    table.changes = [change(revision) for revision in range(2, 12)]
    log = ChangeLog(revision=11, read_history=lambda *keys: table.read(*keys[:3], 100))
    stream = everything(log)
    polled = [revisions(stream.poll(limit=3)) for _ in range(5)]
    assert polled == [[2, 3, 4], [5, 6, 7], [8, 9, 10], [11], []]
    assert table.reads == 1
    assert stream.position == 11


@pytest.mark.parametrize("from_history", [True, False])
def test_changes_of_one_revision_come_together(from_history: bool) -> None:
    """A transaction of etcd may change several keys at once; no poll splits it."""
    at_once = [Change(f"/{each}", 3, b"", None, 0) for each in "abcde"]
    past = [change(2), *at_once, change(4)]
    if from_history:
        log = ChangeLog(revision=4, read_history=lambda *keys: History(past, 4))
    else:
        log = ChangeLog(revision=1)
    stream = everything(log)
    if not from_history:
        log.publish(past)
    polled = [list(stream.poll(limit=2)) for _ in range(4)]
    assert polled == [past[:6], past[6:], [], []]


def test_a_long_scan_does_not_split_a_revision() -> None:
    log = ChangeLog(revision=1)
    stream = log.stream("/b", "/c", after=1)
    at_once = [Change("/a" if each < 1023 else "/b", 3, b"", None, 0) for each in range(1026)]
    log.publish([change(2), *at_once])
    assert len(stream.poll()) == 3
    assert stream.position == 3


def test_a_bounded_log_needs_a_history() -> None:
    with pytest.raises(ValueError, match="history"):
        ChangeLog(revision=1, capacity=4)


def wait_for(stream: LogStream, seen: list[int], until: int) -> None:
    while not seen or seen[-1] < until:
        found = stream.poll(3)
        if found:
            seen += revisions(found)
            continue
        waker = ThreadWaker()
        if stream.park(waker):
            assert waker.wait(PATIENCE)


def test_concurrent_readers_see_every_change_once_while_the_log_is_cut() -> None:
    table = Table()
    log = ChangeLog(revision=1, capacity=8, read_history=table.read)
    logs: list[list[int]] = [[] for _ in range(8)]
    readers = [
        threading.Thread(target=wait_for, args=(everything(log), seen, 2000), daemon=True)
        for seen in logs
    ]
    for reader in readers:
        reader.start()
    for revision in range(2, 2001):
        table.changes.append(change(revision))
        log.publish([change(revision)])
    for reader in readers:
        reader.join(PATIENCE)
    assert logs == [list(range(2, 2001))] * 8


def test_a_thousand_parked_threads_are_all_woken_though_the_writer_wakes_one() -> None:
    log = ChangeLog(revision=1)
    logs: list[list[int]] = [[] for _ in range(1000)]
    usual = threading.stack_size(256 * 1024)
    readers = [
        threading.Thread(target=wait_for, args=(everything(log), seen, 5), daemon=True)
        for seen in logs
    ]
    for reader in readers:
        reader.start()
    threading.stack_size(usual)
    for revision in range(2, 6):
        log.publish([change(revision)])
    for reader in readers:
        reader.join(PATIENCE)
    assert logs == [[2, 3, 4, 5]] * 1000


def test_readers_that_stopped_waiting_do_not_cut_others_off() -> None:
    log = ChangeLog(revision=1)
    streams = [everything(log) for _ in range(100)]
    wakers = [ThreadWaker() for _ in streams]
    for stream, waker in zip(streams, wakers, strict=True):
        assert stream.park(waker)
    for waker in wakers[:99]:
        assert not waker.wait(0)  # gave up, without polling
    log.publish([change(2)])
    assert wakers[99].wait(PATIENCE)


def test_streams_that_have_read_all_go_on_behind_an_advance() -> None:
    log = ChangeLog(revision=1)
    current, foreign, behind = everything(log), log.stream("/z", "/zz", after=1), everything(log)
    log.publish([change(2)])
    assert revisions(current.poll()) == [2]
    log.advance(100)
    assert (log.head, log.compacted) == (100, 100)
    assert (current.position, foreign.position, behind.position) == (100, 100, 1)
    log.publish([change(101)])
    assert revisions(current.poll()) == [101]
    assert foreign.poll() == ()
    with pytest.raises(RevisionCompacted):
        behind.poll()


def test_an_advance_neither_wakes_nor_forgets_who_waits() -> None:
    log = ChangeLog(revision=1)
    stream, bell = everything(log), threading.Event()
    assert stream.park(bell.set)
    log.advance(100)
    assert not bell.is_set()
    log.publish([change(101)])
    assert bell.is_set()
    assert revisions(stream.poll()) == [101]


def test_a_reader_that_was_woken_before_an_advance_is_told_what_it_missed() -> None:
    log = ChangeLog(revision=1)
    stream, bell = everything(log), threading.Event()
    assert stream.park(bell.set)
    log.publish([change(2)])
    log.advance(100)
    with pytest.raises(RevisionCompacted):
        stream.poll()


def test_a_log_never_advances_backwards() -> None:
    log = ChangeLog(revision=5)
    for revision in (1, 4, 5):
        log.advance(revision)
    assert log.head == 5


def test_a_bounded_log_counts_its_bytes_anew_behind_an_advance() -> None:
    log = ChangeLog(revision=1, max_bytes=100, read_history=lambda *_: ())
    log.publish([Change("/pods/a", 2, bytes(60), None, 0)])
    log.advance(100)
    stream = everything(log, after=100)
    log.publish([Change("/pods/a", 101, bytes(40), None, 0)])
    log.publish([Change("/pods/a", 102, bytes(40), None, 0)])
    assert revisions(stream.poll()) == [101, 102]
    assert log.count_since(100) == 2


def test_readers_of_the_same_keys_go_through_the_log_side_by_side() -> None:
    log = ChangeLog(revision=1)
    first, second, third = everything(log), everything(log), everything(log)
    log.publish([change(2), change(3)])
    run = first.poll()
    log.publish([change(4)])
    assert second.poll() is run
    assert third.poll() is run
    assert revisions(first.poll()) == revisions(second.poll()) == [4]
    assert revisions(log.stream("/pods/", "/pods0", after=3).poll()) == [4]


def test_what_others_found_does_not_lead_a_closed_stream_beyond_its_end() -> None:
    log = ChangeLog(revision=1)
    closed, other = everything(log), everything(log)
    log.publish([change(2), change(3)])
    closed.close()
    log.publish([change(4)])
    assert revisions(other.poll()) == [2, 3, 4]
    assert revisions(closed.poll()) == [2, 3]
    assert closed.poll() == ()
    third = everything(log)
    assert [revisions(third.poll()), revisions(third.poll()), third.poll()] == [[2, 3], [4], ()]


def test_what_readers_leave_for_each_other_is_bounded_and_goes_with_the_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kregistry.storage.log.window._RUNS", 4)
    log = ChangeLog(revision=1)
    for revision in range(2, 30):
        log.publish([change(revision)])
    for after in range(1, 29):
        assert revisions(everything(log, after=after).poll()) == list(range(after + 1, 30))
        assert len(log._window._runs) <= 4
    monkeypatch.setattr("kregistry.storage.log.window._RUN_BYTES", 100)
    for revision in range(30, 40):
        log.publish([Change("/pods/a", revision, bytes(40), None, 0)])
        assert revisions(everything(log, after=revision - 1).poll()) == [revision]
        assert sum(len(each[0].value or b"") for each in log._window._runs.values()) <= 100
    log.compact(39)
    assert not log._window._runs


def test_nobody_can_change_what_others_read() -> None:
    log = ChangeLog(revision=1)
    log.publish([change(2)])
    assert isinstance(everything(log).poll(), tuple)


@pytest.mark.parametrize("retired", [set(range(0, 60, 2)), set(range(40)), {0}, set()])
def test_every_thread_of_a_crowd_is_woken_whoever_gave_up_before(retired: set[int]) -> None:
    wakers = [ThreadWaker() for _ in range(60)]
    awake: list[int] = []

    def wait(number: int) -> None:
        assert wakers[number].wait(PATIENCE)
        awake.append(number)

    for number in retired:
        assert not wakers[number].wait(0)
    waiting = [
        threading.Thread(target=wait, args=(number,), daemon=True)
        for number in range(60)
        if number not in retired
    ]
    for thread in waiting:
        thread.start()
    wakers[0].wake_all(dict(enumerate(wakers)))
    for thread in waiting:
        thread.join(PATIENCE)
    assert sorted(awake) == [number for number in range(60) if number not in retired]
