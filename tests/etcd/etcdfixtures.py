"""Fixtures for tests that need a real etcd; the conftest.py of all tests imports them.

Without an etcd the tests are skipped, except in CI, where they fail: nothing may look tested
that was not.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from kregistry.testing.etcd import (
    EtcdCluster,
    EtcdNotFound,
    EtcdServer,
    FreshEtcds,
    find_etcd,
    find_etcdctl,
)


def require_etcd() -> None:
    """Skip the test that asks if there is no etcd; in CI, let it fail."""
    try:
        find_etcd()
        find_etcdctl()
    except EtcdNotFound as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI has to test with a real etcd: {missing}", pytrace=False)
        pytest.skip(f"NOT TESTED WITH A REAL ETCD: {missing}")


@pytest.fixture(scope="session")
def etcd() -> Iterator[EtcdServer]:
    """One server for all tests, each of which keeps to keys of its own."""
    require_etcd()
    with EtcdServer() as server:
        yield server


@pytest.fixture(scope="session")
def fresh_etcds() -> Iterator[FreshEtcds]:
    """Empty servers, as many as a test wants."""
    require_etcd()
    with FreshEtcds() as servers:
        yield servers


@pytest.fixture(scope="module")
def module_etcd(fresh_etcds: FreshEtcds) -> Iterator[EtcdServer]:
    """One server for the tests of a module, empty at first; each leaves no keys behind."""
    with fresh_etcds.fresh() as server:
        yield server


@pytest.fixture
def fresh_etcd(fresh_etcds: FreshEtcds) -> Iterator[EtcdServer]:
    """An empty server, at revision 1."""
    with fresh_etcds.fresh() as server:
        yield server


@pytest.fixture(scope="module")
def cluster() -> Iterator[EtcdCluster]:
    """Three members, with a leader. A test leaves all of them running."""
    require_etcd()
    with EtcdCluster() as members:
        members.wait_healthy()
        yield members
