"""The etcd3 backend, and storage over it, in lock-step with the models, driven by hypothesis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from etcdfixtures import require_etcd

from kregistry.meta.object import Object
from kregistry.storage.backend import Backend
from kregistry.storage.config import Config
from kregistry.storage.etcd3 import Access, EtcdBackend
from kregistry.storage.factory import create
from kregistry.storage.interface import Interface
from kregistry.testing import FakeClock
from kregistry.testing.etcd import EtcdServer, FreshEtcds
from kregistry.testing.suites.backend_machine import BackendMachine
from kregistry.testing.suites.bounds import bounds
from kregistry.testing.suites.storage_machine import StorageMachine

#: Every run needs an etcd that nobody has used.
SERVERS: list[FreshEtcds] = []


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    require_etcd()
    with FreshEtcds() as fresh:
        SERVERS[:] = [fresh]
        yield


class EtcdMachine(BackendMachine):
    """The backend."""

    counts_up = True
    server: EtcdServer

    def make_backends(self, clock: FakeClock) -> list[Backend]:
        self.server = SERVERS[0].take()
        access = Access.of(self.server.endpoints)
        return [EtcdBackend(access, clock=clock, request_timeout=20.0)]

    def dispose(self) -> None:
        SERVERS[0].discard(self.server)


class EtcdStorageMachine(StorageMachine):
    """Storage over it."""

    server: EtcdServer

    def make_storages(self, clock: FakeClock) -> list[Interface[Object]]:
        self.server = SERVERS[0].take()
        config = Config(
            type="etcd3",
            endpoints=self.server.endpoints,
            prefix="",
            clock=clock,
            compaction_interval=0,
            request_timeout=20.0,
        )
        return [create(config)]

    def dispose(self) -> None:
        SERVERS[0].discard(self.server)


TestMachine = EtcdMachine.TestCase
TestMachine.settings = bounds()

TestStorageMachine = EtcdStorageMachine.TestCase
TestStorageMachine.settings = bounds()
