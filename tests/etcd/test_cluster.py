"""Three members, of which one is killed, paused or stopped while everybody writes and watches.

The long form is ``python -m kregistry.testing.soak --storage etcd3 --seconds 1200``.
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import ExitStack, suppress

import pytest

from kregistry.storage import Config, factory
from kregistry.storage.backend import Backend
from kregistry.storage.errors import BackendUnavailable, RevisionMismatch
from kregistry.testing.etcd import Disturber, EtcdCluster
from kregistry.testing.soak import clear
from kregistry.testing.traffic import Run, Traffic, judge

PATIENCE = 90.0
ALL = ("", chr(0x10FFFF))


def open_cluster(cluster: EtcdCluster, **settings: float) -> Backend:
    settings = {"compaction_interval": 0, "request_timeout": 3.0, **settings}
    return factory.create_backend(Config(type="etcd3", endpoints=cluster.endpoints, **settings))


def test_nothing_acknowledged_is_lost_and_watches_are_ordered_unique_and_complete(
    cluster: EtcdCluster,
) -> None:
    """Each member is once the victim, the leader among them."""
    traffic = Traffic(
        clients=6, operations=400, keys=12, watchers=4, compaction=0.1, patience=PATIENCE
    )
    disturber = Disturber(cluster, random.Random(0))
    with ExitStack() as stores:
        backends = [stores.enter_context(open_cluster(cluster)) for _ in range(3)]
        clear(backends[0])
        run = Run(backends[0], traffic, *backends[1:])
        outcomes = []
        thread = threading.Thread(target=lambda: outcomes.append(run.run()), daemon=True)
        thread.start()
        leader = cluster.leader()
        for number, kind in enumerate(("kill", "pause", "stop")):
            disturber.disturb(kind, cluster.members[(leader + number) % 3], 1.0)
        thread.join(3 * PATIENCE)
        (outcome,) = outcomes
        assert judge(outcome) == []
        assert len(outcome.history.log) > 100
        newest = {record.key: record.value for record in backends[1].range(*ALL).records}
        told: dict[str, bytes | None] = {}
        for change in outcome.history.log:
            told[change.key] = change.value
        assert newest == {key: value for key, value in told.items() if value is not None}


@pytest.mark.parametrize("kind", ["kill", "pause"])
def test_a_watcher_is_carried_over_when_its_member_goes(cluster: EtcdCluster, kind: str) -> None:
    with open_cluster(cluster) as watching, open_cluster(cluster) as writing:
        assert isinstance(watching, type(writing))
        stream = watching.watch(*ALL, after=watching.current_revision())
        followed = watching._members.current.endpoint  # type: ignore[attr-defined]
        member = next(m for m in cluster.members if str(followed) == m.endpoints[0])
        written = [write(writing, "/w/before")]
        do = {"kill": member.kill, "pause": member.pause}[kind]
        do()
        try:
            written += [write(writing, f"/w/{number}") for number in range(20)]
            seen: list[int] = []
            deadline = time.monotonic() + PATIENCE
            while len(seen) < len(written):
                assert time.monotonic() < deadline, f"{seen} of {written}"
                bell = threading.Event()
                if stream.park(bell.set):
                    bell.wait(0.5)
                seen += [change.revision for change in stream.poll()]
            assert seen == written
        finally:
            {"kill": member.start, "pause": member.resume}[kind]()
            cluster.wait_healthy()
        stream.close()
        clear(writing)


def write(backend: Backend, key: str) -> int:
    """Write until it is certain that it is written; the revision of that."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(BackendUnavailable):
            try:
                return backend.put(key, b"", expected=0)
            except RevisionMismatch:  # an attempt of unknown outcome was carried out
                return backend.get(key).record.mod_revision  # type: ignore[union-attr]
    raise TimeoutError(f"{key} could not be written")


def test_every_read_and_nearly_every_write_survives_the_loss_of_a_member(
    cluster: EtcdCluster,
) -> None:
    with open_cluster(cluster, request_timeout=20.0) as backend:
        first = write(backend, "/r/first")
        for member in cluster.members:
            member.kill()
            try:
                assert backend.get("/r/first").record is not None
                assert backend.current_revision() >= first
            finally:
                member.start()
                cluster.wait_healthy()
        clear(backend)
