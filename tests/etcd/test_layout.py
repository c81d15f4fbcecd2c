"""What lies in etcd is what users of Kubernetes expect there, and what others write is seen."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Iterator, Sequence

import pytest

from kregistry.core.pod import PODS, PodStrategy, set_pod_defaults
from kregistry.core.v1 import Container, Pod, PodSpec
from kregistry.meta.context import Context
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.registry import Store
from kregistry.storage import Config, factory
from kregistry.storage.backend import Backend, Change, ChangeStream
from kregistry.storage.errors import RevisionCompacted
from kregistry.storage.etcd3 import Access, EtcdBackend
from kregistry.storage.etcd3.messages import Method, put_request, read_revision
from kregistry.testing.etcd import EtcdServer, find_etcdctl
from kregistry.testing.suites.backend_cases import take

ALL = ("", chr(0x10FFFF))
PATIENCE = 30.0


@pytest.fixture
def backend(fresh_etcd: EtcdServer) -> Iterator[Backend]:
    with EtcdBackend(Access.of(fresh_etcd.endpoints), request_timeout=20.0) as opened:
        yield opened


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def test_etcdctl_shows_what_a_user_of_kubernetes_expects(fresh_etcd: EtcdServer) -> None:
    with factory.create(Config(type="etcd3", endpoints=fresh_etcd.endpoints)) as storage:
        pods = Store(PODS, storage, PodStrategy())
        spec = PodSpec(containers=[Container(name="c", image="busybox")])
        for namespace, name in (("kube-system", "dns"), ("default", "web")):
            pod = Pod(metadata=ObjectMeta(name=name), spec=spec)
            set_pod_defaults(pod)
            created = pods.create(Context(namespace=namespace), pod)
    keys = lines(fresh_etcd.ctl("get", "--prefix", "/registry", "--keys-only"))
    assert keys == ["/registry/pods/default/web", "/registry/pods/kube-system/dns"]
    (stored,) = json.loads(fresh_etcd.ctl("get", keys[0], "-w", "json"))["kvs"]
    assert stored["mod_revision"] == int(created.metadata.resource_version)
    value = json.loads(fresh_etcd.ctl("get", keys[0], "--print-value-only"))
    assert (value["kind"], value["metadata"]["name"]) == ("Pod", "web")
    assert "resourceVersion" not in value["metadata"]
    assert lines(fresh_etcd.ctl("get", "", "--prefix", "--keys-only")) == keys, "nothing else"


def test_what_etcdctl_writes_is_read_and_watched(backend: Backend, fresh_etcd: EtcdServer) -> None:
    stream = backend.watch(*ALL, after=1)
    fresh_etcd.ctl("put", "/a", "1")
    fresh_etcd.ctl("put", "/a", "2")
    fresh_etcd.ctl("del", "/a")
    assert take(stream, 3, PATIENCE) == [
        Change("/a", 2, b"1", None, 0),
        Change("/a", 3, b"2", b"1", 2),
        Change("/a", 4, None, b"2", 3),
    ]
    stream.close()


TRANSACTION = """
put /t/a 1
put /t/b 2
put /u/c 3
del /t/old



"""


def transact(server: EtcdServer, text: str) -> None:
    """Run a transaction without conditions, as ``etcdctl txn`` reads it."""
    subprocess.run(
        [find_etcdctl(), f"--endpoints={server.endpoints[0]}", "txn"],
        input="\n" + text.lstrip("\n"),
        env={"ETCDCTL_API": "3"},
        text=True,
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )


def read_until(stream: ChangeStream, revision: int, limit: int) -> list[Sequence[Change]]:
    polls: list[Sequence[Change]] = []
    deadline = time.monotonic() + PATIENCE
    while stream.position < revision:
        assert time.monotonic() < deadline
        if found := stream.poll(limit):
            polls.append(found)
    return polls


@pytest.mark.parametrize("limit", [1, 2, 256])
def test_what_happens_at_once_is_told_at_once(
    backend: Backend, fresh_etcd: EtcdServer, limit: int
) -> None:
    """A transaction of somebody else changes several keys in one revision."""
    backend.put("/t/old", b"0", expected=0)
    live = backend.watch("/t/", "/t0", after=2)
    transact(fresh_etcd, TRANSACTION)
    later = backend.put("/t/z", b"", expected=0)
    at_once = [
        Change("/t/a", 3, b"1", None, 0),
        Change("/t/b", 3, b"2", None, 0),
        Change("/t/old", 3, None, b"0", 2),
    ]
    polls = read_until(live, later, limit)
    assert list(polls[0][:3]) == at_once
    assert [change.revision for poll in polls for change in poll] == [3, 3, 3, later]
    live.close()
    with EtcdBackend(Access.of(fresh_etcd.endpoints)) as other:
        replayed = other.watch("/t/", "/t0", after=2)
        polls = read_until(replayed, later, limit)
        assert list(polls[0][:3]) == at_once
        assert [change.revision for poll in polls for change in poll] == [3, 3, 3, later]
        replayed.close()


def test_keys_that_are_no_text_disturb_nobody(backend: Backend, fresh_etcd: EtcdServer) -> None:
    assert isinstance(backend, EtcdBackend)
    stream = backend.watch(*ALL, after=1)
    backend._members.write(Method.TXN, put_request(b"/a\xff\xfe", b"1"), read_revision)
    after = backend.put("/b", b"2", expected=0)
    changes = take(stream, 2, PATIENCE)
    assert [change.key.encode("utf-8", "surrogateescape") for change in changes] == [
        b"/a\xff\xfe",
        b"/b",
    ]
    assert changes[-1].revision == after
    records = backend.range("/a", "/c").records
    assert [record.value for record in records] == [b"1", b"2"]
    (stored, _) = json.loads(fresh_etcd.ctl("get", "/", "--prefix", "-w", "json"))["kvs"]
    assert base64.b64decode(stored["key"]) == b"/a\xff\xfe"
    stream.close()


def test_a_compaction_by_others_is_found_out(backend: Backend, fresh_etcd: EtcdServer) -> None:
    revision = 0
    for number in range(40):
        revision = backend.put("/n", b"%d" % number, expected=revision)
    assert backend.compacted_revision() == 0
    for compacted in (2, 3, 17, 30, 41):
        fresh_etcd.ctl("compact", str(compacted))
        assert backend.compacted_revision() == compacted
        with pytest.raises(RevisionCompacted) as caught:
            backend.watch(*ALL, after=compacted - 1)
        assert caught.value.compacted == compacted
    stream = backend.watch(*ALL, after=41)
    assert list(stream.poll()) == []
    stream.close()


def test_a_long_history_is_read_in_portions(backend: Backend, fresh_etcd: EtcdServer) -> None:
    revision = 0
    for number in range(2500):
        revision = backend.put("/n/0", b"%d" % number, expected=revision)
    stream = backend.watch("/n/", "/n0", after=1)
    polls = read_until(stream, revision, 64)
    assert [change.revision for poll in polls for change in poll] == list(range(2, revision + 1))
    assert max(map(len, polls)) <= 64
    stream.close()
