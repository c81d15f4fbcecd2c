"""The one watch that fills the feed: what breaks it, and what its watchers get to know of that."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from relay import Relay

from kregistry.storage.backend import Change, ChangeStream
from kregistry.storage.errors import BackendClosed, RevisionCompacted
from kregistry.storage.etcd3 import Access, EtcdBackend, follower
from kregistry.storage.etcd3.members import Member
from kregistry.storage.etcd3.messages import Method
from kregistry.storage.wakers import ThreadWaker
from kregistry.testing.etcd import Certificates, EtcdServer, EtcdSettings

START, END = "/registry/", "/registry0"
TIMEOUT = 20.0


@pytest.fixture
def relay(fresh_etcd: EtcdServer) -> Iterator[Relay]:
    with Relay(fresh_etcd.port) as wire:
        yield wire


@pytest.fixture
def backend(relay: Relay) -> Iterator[EtcdBackend]:
    with EtcdBackend(Access.of([relay.endpoint]), request_timeout=5.0) as opened:
        yield opened


def read(stream: ChangeStream, many: int) -> list[Change]:
    """The next changes, at least *many*."""
    found: list[Change] = []
    deadline = time.monotonic() + TIMEOUT
    while len(found) < many:
        changes = stream.poll()
        found += changes
        waker = ThreadWaker()
        if not changes and stream.park(waker):
            assert waker.wait(deadline - time.monotonic()), f"only {len(found)} of {many} changes"
    return found


def test_watches_begin_anew_after_compaction_has_ended_those_that_were_cut_off(
    fresh_etcd: EtcdServer, relay: Relay, backend: EtcdBackend
) -> None:
    with_history_lost = backend.watch(START, END, after=backend.current_revision())
    relay.cut()
    for number in range(5):
        fresh_etcd.ctl("put", "/registry/a", str(number))
    fresh_etcd.ctl("compact", "5")
    relay.mend()
    with pytest.raises(RevisionCompacted):
        read(with_history_lost, 1)
    assert not backend._feed.is_watched, "who was failed and does not close is no watcher"
    anew = backend.watch(START, END, after=backend.current_revision())
    fresh_etcd.ctl("put", "/registry/b", "seen")
    (change,) = read(anew, 1)
    assert (change.key, change.value) == ("/registry/b", b"seen")


def test_a_deletion_that_is_compacted_while_the_watch_is_cut_off_is_not_skipped_silently(
    fresh_etcd: EtcdServer, relay: Relay, backend: EtcdBackend
) -> None:
    revision = backend.put("/registry/a", b"1", expected=0)
    stream = backend.watch(START, END, after=revision)
    relay.cut()
    fresh_etcd.ctl("del", "/registry/a")
    fresh_etcd.ctl("compact", str(revision + 1))
    fresh_etcd.ctl("put", "/registry/b", "later")
    relay.mend()
    with pytest.raises(RevisionCompacted):
        assert read(stream, 1)[0].revision == revision + 1


def test_a_member_that_is_not_trusted_does_not_end_what_others_can_go_on_with(
    tmp_path: Path,
) -> None:
    settings = []
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
        settings.append(EtcdSettings(tls=Certificates.make(tmp_path / name)))
    ours = settings[0].tls
    assert ours is not None
    with (
        EtcdServer(settings[0]) as server,
        EtcdServer(settings[1]) as stranger,
        Relay(server.port) as wire,
    ):
        access = Access.of(
            [f"https://127.0.0.1:{wire.port}", *stranger.endpoints],
            trusted_ca_file=str(ours.ca),
            cert_file=str(ours.client_cert),
            key_file=str(ours.client_key),
        )
        with EtcdBackend(access, request_timeout=5.0) as backend:
            stream = backend.watch(START, END, after=backend.current_revision())
            wire.cut()
            server.ctl("put", "/registry/a", "1")
            wire.mend()
            assert [change.key for change in read(stream, 1)] == ["/registry/a"]


def test_history_is_read_from_whoever_is_there(fresh_etcd: EtcdServer) -> None:
    with Relay(fresh_etcd.port) as one, Relay(fresh_etcd.port) as other:
        access = Access.of([one.endpoint, other.endpoint])
        with EtcdBackend(access, request_timeout=5.0) as backend:
            first = backend.put("/registry/a", b"1", expected=0)
            backend.put("/registry/b", b"2", expected=0)
            for wire in (one, other):
                stream = backend.watch(START, END, after=first - 1)
                wire.hold()
                assert [change.key for change in read(stream, 2)] == ["/registry/a", "/registry/b"]
                wire.mend()
                stream.close()


def test_what_comes_between_two_logs_is_in_the_second(
    fresh_etcd: EtcdServer, backend: EtcdBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.watch(START, END, after=1).close()
    feed, revision, come = backend._feed, backend.current_revision(), threading.Event()
    receive = feed.receive

    def receive_while_the_log_is_replaced(changes: Sequence[Change], upto: int) -> bool:
        if not changes or come.is_set():
            return receive(changes, upto)
        assert feed.retire()
        taken = receive(changes, upto)
        feed.open(revision)
        come.set()
        return taken

    monkeypatch.setattr(feed, "receive", receive_while_the_log_is_replaced)
    fresh_etcd.ctl("put", "/registry/a", "1")
    assert come.wait(TIMEOUT)
    stream = backend.watch(START, END, after=revision)
    fresh_etcd.ctl("put", "/registry/b", "2")
    assert [change.key for change in read(stream, 2)] == ["/registry/a", "/registry/b"]


def test_what_was_committed_is_read_after_the_store_was_closed_under_the_watch(
    backend: EtcdBackend,
) -> None:
    before = set(threading.enumerate())
    stream = backend.watch(START, END, after=backend.current_revision())
    backend.put("/registry/a", b"1", expected=0)
    begun = set(threading.enumerate()) - before
    (thread,) = (each for each in begun if each.name == "kregistry-etcd3-watch")
    backend._members.close()  # as close() does, and the watch notices first
    thread.join(1.0)
    backend.close()
    assert [change.key for change in stream.poll()] == ["/registry/a"]
    with pytest.raises(BackendClosed):
        stream.poll()


def test_a_member_that_is_closed_is_not_connected_to_again(fresh_etcd: EtcdServer) -> None:
    access = Access.of(fresh_etcd.endpoints)
    member = Member(access.endpoints[0], access)
    assert member.ask(Method.STATUS, b"", 5.0, ())
    member.close()
    with pytest.raises(BackendClosed):
        member.ask(Method.STATUS, b"", 5.0, ())


MEGABYTE = 1 << 20


def test_a_revision_that_takes_long_to_tell_is_waited_for(
    fresh_etcd: EtcdServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "_LAG", 0.1)  # is noticed a tick later, after about two seconds
    with (
        Relay(fresh_etcd.port, speed=4 * MEGABYTE) as relay,
        EtcdBackend(Access.of([relay.endpoint])) as slow,
        EtcdBackend(Access.of(fresh_etcd.endpoints)) as fast,
    ):
        for number in range(20):
            fast.put(f"/registry/{number}", bytes(MEGABYTE), expected=0)
        stream = slow.watch(START, END, after=slow.current_revision())
        fresh_etcd.ctl("del", "--prefix", START)
        slow.current_revision()  # so it is known that something is to come
        changes = read(stream, 20)
        assert len({change.revision for change in changes}) == 1


def test_history_is_read_in_portions_of_bytes(fresh_etcd: EtcdServer) -> None:
    with (
        EtcdBackend(Access.of(fresh_etcd.endpoints)) as writer,
        EtcdBackend(Access.of(fresh_etcd.endpoints)) as reader,
    ):
        for number in range(24):
            writer.put(f"/registry/{number}", bytes(MEGABYTE), expected=0)
        stream = reader.watch(START, END, after=1)
        polls = [stream.poll()]
        while stream.position < writer.current_revision():
            polls.append(stream.poll())
        assert sum(map(len, polls)) == 24
        assert max(map(len, polls)) < 12
