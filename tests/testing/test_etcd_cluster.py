"""Three members go on without one, and not without two."""

from __future__ import annotations

import pytest
from etcdfixtures import require_etcd

from kregistry.testing.etcd import (
    EtcdCluster,
    EtcdctlFailed,
    EtcdFailed,
    EtcdNotRunning,
    EtcdSettings,
)


def value_of(cluster: EtcdCluster, member: int, key: str) -> str:
    """What one member answers."""
    return cluster.members[member].ctl("get", key, "--print-value-only").rstrip("\n")


def test_its_members_share_what_is_written(cluster: EtcdCluster) -> None:
    cluster.members[0].ctl("put", "shared", "by all")

    assert [value_of(cluster, index, "shared") for index in range(3)] == ["by all"] * 3
    assert len(set(cluster.endpoints)) == 3


def test_all_members_see_the_same_leader(cluster: EtcdCluster) -> None:
    leader = cluster.members[cluster.leader()].status()

    assert {member.status().leader_id for member in cluster.members} == {leader.member_id}
    assert len({member.status().member_id for member in cluster.members}) == 3


def test_it_survives_the_loss_of_its_leader(cluster: EtcdCluster) -> None:
    lost = cluster.leader()
    cluster.members[lost].kill()

    heir = cluster.leader()
    cluster.wait_healthy()
    cluster.members[heir].ctl("put", "after the loss", "1")

    assert heir != lost
    cluster.members[lost].start()
    cluster.wait_healthy()
    assert value_of(cluster, lost, "after the loss") == "1"


def test_a_paused_leader_is_replaced(cluster: EtcdCluster) -> None:
    paused = cluster.leader()
    cluster.members[paused].pause()

    heir = cluster.leader()

    assert heir != paused
    cluster.members[heir].ctl("put", "while paused", "1")
    cluster.members[paused].resume()
    cluster.wait_healthy()
    assert value_of(cluster, paused, "while paused") == "1"


def test_without_a_majority_nothing_is_written(cluster: EtcdCluster) -> None:
    kept, *others = cluster.members
    for other in others:
        other.kill()

    with pytest.raises(EtcdctlFailed):
        kept.ctl("put", "alone", "1", "--command-timeout=300ms")
    with pytest.raises(EtcdFailed, match="not healthy"):
        cluster.wait_healthy(timeout=0)
    with pytest.raises(EtcdFailed, match="no leader"):
        cluster.leader(timeout=0.3)

    for other in others:
        other.launch()
    for other in others:
        other.wait_ready()
    cluster.wait_healthy()
    kept.ctl("put", "alone", "2")


def test_data_survive_the_end_of_all_members(cluster: EtcdCluster) -> None:
    cluster.ctl("put", "kept", "1")
    cluster.kill()

    with pytest.raises(EtcdFailed, match="no member runs"):
        cluster.wait_healthy()
    with pytest.raises(EtcdFailed, match="no member runs"):
        cluster.leader()
    with pytest.raises(EtcdNotRunning):
        cluster.members[0].pause()

    cluster.start()
    assert value_of(cluster, cluster.leader(), "kept") == "1"
    cluster.restart()
    assert value_of(cluster, cluster.leader(), "kept") == "1"


def test_a_cluster_that_cannot_start_leaves_nothing() -> None:
    require_etcd()
    cluster = EtcdCluster(2, EtcdSettings(flags=("--no-such-flag",)))

    with pytest.raises(EtcdFailed, match="no-such-flag"), cluster:
        pass

    assert not any(member.running for member in cluster.members)
    assert not cluster.members[0].log.parent.exists()


@pytest.mark.parametrize("members", [0, -1])
def test_a_cluster_has_members(members: int) -> None:
    with pytest.raises(ValueError, match="at least one member"):
        EtcdCluster(members)


def test_a_cluster_of_one_leads_itself() -> None:
    require_etcd()
    with EtcdCluster(1) as cluster:
        assert cluster.leader() == 0
