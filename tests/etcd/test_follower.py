"""The one watch that fills the feed: what breaks it, and what its watchers get to know of that."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from relay import Relay

from kregistry.storage.backend import Change, ChangeStream
from kregistry.storage.errors import RevisionCompacted
from kregistry.storage.etcd3 import Access, EtcdBackend
from kregistry.storage.wakers import ThreadWaker
from kregistry.testing.etcd import EtcdServer

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
