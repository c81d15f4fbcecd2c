"""Keys with a time to live, when etcd or somebody else gets in the way."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import grpc
import pytest
from relay import Relay
from scriptedetcd import Refused, ScriptedEtcd

from kregistry.meta.wire import encode
from kregistry.storage.errors import BackendUnavailable
from kregistry.storage.etcd3 import Access, EtcdBackend
from kregistry.storage.etcd3.leases import Leases
from kregistry.storage.etcd3.members import Members
from kregistry.storage.etcd3.messages import Method
from kregistry.testing import FakeClock
from kregistry.testing.etcd import EtcdServer

TIMEOUT = 15.0
START, END = "/registry/", "/registry0"


def test_keys_that_were_due_while_etcd_was_away_are_deleted_when_it_is_back(
    fresh_etcd: EtcdServer,
) -> None:
    clock = FakeClock()
    with (
        Relay(fresh_etcd.port) as relay,
        EtcdBackend(Access.of([relay.endpoint]), clock=clock, request_timeout=1.0) as backend,
    ):
        for number in range(5):
            backend.put(f"/registry/{number}", b"", expected=0, ttl=10.0)
        relay.cut()
        clock.advance(11.0)
        with suppress(BackendUnavailable):  # unless the housekeeper was faster
            backend.expire_now()
        with pytest.raises(BackendUnavailable):
            backend.get("/registry/0")
        relay.mend()
        deadline = time.monotonic() + TIMEOUT  # long before their lease would end
        while backend.range(START, END).records:
            assert time.monotonic() < deadline
            backend.expire_now()


def test_threads_do_not_wait_for_each_other_when_no_lease_is_to_be_had() -> None:
    with (
        ScriptedEtcd({Method.GRANT: silence}, silence) as etcd,
        EtcdBackend(Access.of([etcd.endpoint]), request_timeout=1.0) as backend,
        ThreadPoolExecutor(8) as threads,
    ):
        begin = time.monotonic()
        for number in range(8):
            threads.submit(backend.put, f"/{number}", b"", expected=0, ttl=5.0)
        threads.shutdown()
        assert time.monotonic() - begin < 6.0


def test_a_lease_is_not_shared_with_keys_that_it_would_not_outlive_by_far(
    fresh_etcd: EtcdServer,
) -> None:
    clock = FakeClock()
    members = Members(Access.of(fresh_etcd.endpoints), timeout=5.0)
    leases = Leases(members, clock)
    first = leases.lease_for(10.0)
    clock.advance(5.0)
    assert leases.lease_for(10.0) == first
    clock.advance(25.0)
    assert leases.lease_for(10.0) != first, "it would delete the key when this process does"
    members.close()


def test_a_lease_that_somebody_has_revoked_is_not_missed(fresh_etcd: EtcdServer) -> None:
    with EtcdBackend(Access.of(fresh_etcd.endpoints), request_timeout=5.0) as backend:
        first = backend.put("/registry/a", b"", expected=0, ttl=60.0)
        (lease,) = fresh_etcd.ctl("lease", "list").split()[3:]
        fresh_etcd.ctl("lease", "revoke", lease)
        assert backend.get("/registry/a").record is None
        assert backend.put("/registry/a", b"", expected=0, ttl=60.0) > first


def test_an_etcd_that_forgets_every_lease_is_given_up() -> None:
    def forgotten(request: bytes) -> bytes:
        raise Refused(grpc.StatusCode.NOT_FOUND, "etcdserver: requested lease not found")

    granted = encode((1, encode((3, 7))), (2, 77), (3, 35))
    with (
        ScriptedEtcd({Method.GRANT: lambda request: granted}, forgotten) as etcd,
        EtcdBackend(Access.of([etcd.endpoint]), request_timeout=5.0) as backend,
        pytest.raises(BackendUnavailable, match="forgets the leases"),
    ):
        backend.put("/registry/a", b"", expected=0, ttl=5.0)


@pytest.mark.parametrize("ttl", [1e10, 2.0**64, 1e300])
def test_a_key_may_live_longer_than_etcd_can_count(fresh_etcd: EtcdServer, ttl: float) -> None:
    with EtcdBackend(Access.of(fresh_etcd.endpoints), request_timeout=5.0) as backend:
        backend.put("/registry/a", b"", expected=0, ttl=ttl)
        (lease,) = fresh_etcd.ctl("lease", "list").split()[3:]
        told = fresh_etcd.ctl("lease", "timetolive", lease)
        assert int(told.split("granted with TTL(")[1].split("s)")[0]) == 9_000_000_000
        assert backend.ttls(START, END)["/registry/a"] == pytest.approx(ttl)


def silence(request: bytes) -> bytes:
    threading.Event().wait(1.5)  # longer than anybody waits for the answer
    return b""
