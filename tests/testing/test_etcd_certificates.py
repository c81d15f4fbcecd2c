"""An etcd that speaks TLS answers those only whose certificate it can check."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from etcdfixtures import require_etcd

from kregistry.testing.etcd import (
    Certificates,
    EtcdCluster,
    EtcdctlFailed,
    EtcdServer,
    EtcdSettings,
)
from kregistry.testing.etcd.cluster import CLUSTER_SETTINGS
from kregistry.testing.etcd.etcdctl import etcdctl


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secure(certificates: Certificates) -> Iterator[EtcdServer]:
    """A server that speaks TLS."""
    require_etcd()
    with EtcdServer(EtcdSettings(tls=certificates)) as server:
        yield server


def test_a_client_with_a_certificate_is_served(secure: EtcdServer) -> None:
    assert secure.endpoints[0].startswith("https://127.0.0.1:")
    assert secure.ctl("put", "key", "value") == "OK\n"
    assert secure.ctl("get", "key", "--print-value-only") == "value\n"


def test_a_client_may_call_it_localhost(secure: EtcdServer) -> None:
    endpoint = f"https://localhost:{secure.port}"

    etcdctl([endpoint], secure.settings.tls, ["put", "key", "value"])


@pytest.mark.parametrize("shown", ["no certificate", "a stranger's certificate", "no TLS"])
def test_any_other_client_is_refused(secure: EtcdServer, shown: str, tmp_path: Path) -> None:
    flags, endpoint = [f"--cacert={certificates_of(secure).ca}"], secure.endpoints[0]
    if shown == "a stranger's certificate":
        stranger = Certificates.make(tmp_path)
        flags += [f"--cert={stranger.client_cert}", f"--key={stranger.client_key}"]
    elif shown == "no TLS":
        flags, endpoint = [], f"http://127.0.0.1:{secure.port}"

    with pytest.raises(EtcdctlFailed):
        etcdctl([endpoint], None, [*flags, "--command-timeout=1s", "get", "key"])


def test_the_name_in_the_certificate_is_the_user(certificates: Certificates) -> None:
    require_etcd()
    with EtcdServer(EtcdSettings(tls=certificates)) as server:
        server.ctl("user", "add", "root", "--no-password")
        server.ctl("user", "grant-role", "root", "root")
        server.ctl("auth", "enable")
        assert server.ctl("put", "key", "value") == "OK\n"


def test_a_user_without_a_role_may_not_read(certificates: Certificates, tmp_path: Path) -> None:
    require_etcd()
    with EtcdServer(EtcdSettings(tls=certificates)) as server:
        server.ctl("user", "add", "root:secret")
        server.ctl("user", "grant-role", "root", "root")
        server.ctl("user", "add", "guest:secret")
        server.ctl("auth", "enable")
        assert server.ctl("--user=root:secret", "get", "key") == ""
        with pytest.raises(EtcdctlFailed, match="permission denied"):
            server.ctl("--user=guest:secret", "get", "key")


def test_a_cluster_speaks_tls_too(certificates: Certificates) -> None:
    require_etcd()
    settings = EtcdSettings(
        heartbeat=CLUSTER_SETTINGS.heartbeat,
        election_timeout=CLUSTER_SETTINGS.election_timeout,
        tls=certificates,
    )
    with EtcdCluster(3, settings) as cluster:
        cluster.wait_healthy()
        cluster.members[cluster.leader()].ctl("put", "key", "value")


def test_private_keys_are_private(certificates: Certificates) -> None:
    for key in (certificates.server_key, certificates.client_key):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def certificates_of(server: EtcdServer) -> Certificates:
    """What it was started with."""
    assert server.settings.tls is not None
    return server.settings.tls
