"""The etcd3 backend passes the published suites, each case over an etcd of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from kregistry.storage.backend import Backend
from kregistry.storage.etcd3 import Access, EtcdBackend
from kregistry.testing import BackendSuite, StorageSuite, WatchSuite
from kregistry.testing.etcd import EtcdServer, FreshEtcds
from kregistry.testing.traffic import Run, Traffic, judge


@pytest.fixture
def fresh_backends(fresh_etcds: FreshEtcds) -> Iterator[Callable[[], Backend]]:
    taken = []

    def make() -> Backend:
        taken.append(fresh_etcds.take())
        return EtcdBackend(Access.of(taken[-1].endpoints), request_timeout=20.0)

    yield make
    for server in taken:
        fresh_etcds.discard(server)


class TestBackend(BackendSuite):
    @pytest.fixture
    def make_backend(self, fresh_backends: Callable[[], Backend]) -> Callable[[], Backend]:
        return fresh_backends


class TestStorage(StorageSuite, WatchSuite):
    @pytest.fixture
    def make_backend(self, fresh_backends: Callable[[], Backend]) -> Callable[[], Backend]:
        return fresh_backends


@pytest.mark.parametrize("ways", [1, 3])
def test_etcd_is_linearizable(fresh_etcd: EtcdServer, ways: int) -> None:
    """The long form is the soak, over a cluster whose members come and go."""
    access = Access.of(fresh_etcd.endpoints)
    with ExitStack() as stores:
        first, *others = (
            stores.enter_context(EtcdBackend(access, request_timeout=20.0)) for _ in range(ways)
        )
        outcome = Run(first, Traffic(seed=ways, operations=150), *others).run()

    assert judge(outcome) == []
    assert len(outcome.history.log) > 200
