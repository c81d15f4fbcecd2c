"""Each test gets an etcd that nobody has used."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from etcdfixtures import require_etcd

from kregistry.testing.etcd import EtcdFailed, EtcdServer, EtcdSettings, FreshEtcds


@pytest.mark.parametrize("time", range(3))
def test_the_store_of_each_test_is_at_revision_one(fresh_etcd: EtcdServer, time: int) -> None:
    assert fresh_etcd.status().revision == 1
    assert fresh_etcd.ctl("get", "", "--prefix", "--keys-only") == ""

    fresh_etcd.ctl("put", "used", str(time))


def test_no_server_is_handed_out_twice(fresh_etcds: FreshEtcds) -> None:
    seen = []
    for _ in range(10):
        with fresh_etcds.fresh() as server:
            seen.append((server.pid, server.log.parent))
            assert server.status().revision == 1
            server.ctl("put", "used", "1")

    assert len(set(seen)) == 10


def test_threads_get_servers_of_their_own(fresh_etcds: FreshEtcds) -> None:
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: fresh_etcds.take(), range(8)))

    assert len({server.pid for server in taken}) == 8
    assert len({server.endpoints for server in taken}) == 8
    for server in taken:
        fresh_etcds.discard(server)


def test_a_used_server_is_gone_after_the_next_one_was_taken(fresh_etcds: FreshEtcds) -> None:
    with fresh_etcds.fresh() as used:
        folder = used.log.parent
    with fresh_etcds.fresh():
        assert not used.running
        assert not folder.exists()


def test_giving_back_twice_is_giving_back_once(fresh_etcds: FreshEtcds) -> None:
    server = fresh_etcds.take()
    fresh_etcds.discard(server)
    fresh_etcds.discard(server)

    with fresh_etcds.fresh() as other:
        assert other is not server


def test_closing_ends_all_of_them() -> None:
    require_etcd()
    with FreshEtcds(ahead=2) as servers:
        kept, used = servers.take(), servers.take()
        servers.discard(used)

    assert not kept.running
    assert not kept.log.parent.exists()
    assert not used.log.parent.exists()
    servers.close()
    with pytest.raises(ValueError, match="closed"):
        servers.take()


def test_a_server_that_died_before_it_was_taken_is_an_error() -> None:
    require_etcd()
    with (
        FreshEtcds(EtcdSettings(flags=("--no-such-flag",)), ahead=1) as servers,
        pytest.raises(EtcdFailed, match="no-such-flag"),
    ):
        servers.take()


@pytest.mark.parametrize("ahead", [0, -1])
def test_at_least_one_is_started_ahead(ahead: int) -> None:
    with pytest.raises(ValueError, match="at least one server"):
        FreshEtcds(ahead=ahead)
