"""Keys with a time to live, when etcd or somebody else gets in the way."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from relay import Relay

from kregistry.storage.errors import BackendUnavailable
from kregistry.storage.etcd3 import Access, EtcdBackend
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
