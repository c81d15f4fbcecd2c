"""Lists that pin an indexed field look at what matches, and at little else."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from kregistry.core.pod.fields import INDEXED_FIELDS, LITERAL_FIELDS, pod_attributes
from kregistry.core.pod.strategy import PODS, PodStrategy
from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.meta.errors import Expired, TooLargeResourceVersion
from kregistry.meta.object import ObjectList
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import ListOptions as StoreListOptions
from kregistry.registry import Store
from kregistry.runtime import fields, labels
from kregistry.runtime.codec import Codec
from kregistry.storage import Interface
from kregistry.storage.backend import Page, Snapshot
from kregistry.storage.interface import ListOptions
from kregistry.storage.keys import below
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.objects import ObjectStorage, StorageSettings
from kregistry.storage.predicate import SelectionPredicate
from kregistry.storage.reading.fieldindex import FieldIndex, values_of
from kregistry.storage.sqlite import SqliteBackend
from kregistry.storage.transformer import Transformer
from kregistry.testing.forwarding import Forwarding
from storages import KINDS, opened

CTX = Context()


class Counted(Forwarding):
    """Counts the records that are read."""

    read = 0

    def get(self, key: str) -> Snapshot:
        self.read += 1
        return super().get(key)

    def range(self, start: str, end: str, **how: Any) -> Page:
        page = super().range(start, end, **how)
        self.read += len(page.records)
        return page


class Reversing(Transformer):
    """Stores bytes the other way round."""

    def from_storage(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        return data[::-1], False

    def to_storage(self, data: bytes, context: bytes) -> bytes:
        return data[::-1]


def pod(name: str, node: str, namespace: str = "ns") -> Pod:
    made = Pod(metadata=ObjectMeta(name=name, namespace=namespace))
    made.spec.node_name = node
    return made


def add(pods: Interface[Pod], name: str, node: str, namespace: str = "ns") -> None:
    pods.create(CTX, f"/pods/{namespace}/{name}", pod(name, node, namespace))


def bind(pods: Interface[Pod], name: str, node: str, namespace: str = "ns") -> None:
    def change(stored: Pod, _: object) -> Pod:
        stored.spec.node_name = node
        return stored

    pods.guaranteed_update(CTX, f"/pods/{namespace}/{name}", change)


def on_node(
    pods: Interface[Pod],
    node: str,
    *,
    indexed: bool = True,
    path: str = "/pods",
    version: str = "",
    match: str = "",
    **how: Any,
) -> ObjectList[Pod]:
    predicate = SelectionPredicate(
        field=fields.equals("spec.nodeName", node), get_attrs=pod_attributes, **how
    )
    if indexed:
        predicate = attrs.evolve(
            predicate, index_fields=INDEXED_FIELDS, literal_fields=LITERAL_FIELDS
        )
    options = ListOptions(
        recursive=True,
        predicate=predicate,
        resource_version=version,
        resource_version_match=match,
    )
    return pods.get_list(CTX, path, options)


def names(found: ObjectList[Pod]) -> list[str]:
    return [f"{each.metadata.namespace}/{each.metadata.name}" for each in found]


@pytest.fixture(params=KINDS)
def pods(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Interface[Pod]]:
    with opened(request, tmp_path) as storage:
        yield storage.for_resource(PODS)


def test_a_list_by_node_follows_the_pods(pods: Interface[Pod]) -> None:
    add(pods, "a", "n1")
    add(pods, "b", "n2")
    assert names(on_node(pods, "n1")) == ["ns/a"]
    bind(pods, "b", "n1")
    add(pods, "c", "")
    assert names(on_node(pods, "n1")) == ["ns/a", "ns/b"]
    bind(pods, "a", "n3")
    pods.delete(CTX, "/pods/ns/b")
    assert names(on_node(pods, "n1")) == []
    assert names(on_node(pods, "n3")) == ["ns/a"]
    assert names(on_node(pods, "")) == ["ns/c"]


def test_it_is_cut_by_namespace(pods: Interface[Pod]) -> None:
    for namespace in ("a", "b", "bb"):
        for name in ("x", "y"):
            add(pods, name, "n1", namespace)
    assert names(on_node(pods, "n1", path="/pods/b")) == ["b/x", "b/y"]
    assert len(on_node(pods, "n1")) == 6


def test_it_looks_at_what_matches_and_at_nothing_else() -> None:
    backend = Counted(MemoryBackend())
    with ObjectStorage(backend) as root:
        pods = root.for_resource(PODS)
        for number in range(300):
            add(pods, f"p{number:03}", f"n{number % 30}")
        first = names(on_node(pods, "n7"))
        assert len(first) == 10
        backend.read = 0
        assert names(on_node(pods, "n7")) == first
        assert backend.read == 10
        bind(pods, "p000", "n7")
        backend.read = 0
        assert len(on_node(pods, "n7")) == 11
        assert len(on_node(pods, "n7", limit=3)) == 3
        assert backend.read == 14


def random_life(pods: Interface[Pod], dice: random.Random, steps: int) -> Iterator[None]:
    """Pods come, move and go."""
    alive: set[str] = set()
    for _ in range(steps):
        name, node = f"p{dice.randrange(12)}", dice.choice(["n1", "n2", "n3", ""])
        if name not in alive:
            add(pods, name, node)
            alive.add(name)
        elif dice.random() < 0.3:
            pods.delete(CTX, f"/pods/ns/{name}")
            alive.discard(name)
        else:
            bind(pods, name, node)
        yield


def test_it_never_differs_from_a_look_at_all_now_and_then(pods: Interface[Pod]) -> None:
    dice = random.Random(7)
    versions: list[str] = []
    for step, _ in enumerate(random_life(pods, dice, 80)):
        found = on_node(pods, "n1")
        assert found == on_node(pods, "n1", indexed=False)
        versions.append(found.metadata.resource_version)
        then = dice.choice(versions[-20:])
        past = on_node(pods, "n1", version=then, match="Exact")
        assert past == on_node(pods, "n1", indexed=False, version=then, match="Exact")
        assert past.metadata.resource_version == then
        if step == 40:
            pods.compact(int(versions[25]))


def test_pages_show_the_state_of_the_first(pods: Interface[Pod]) -> None:
    for name in "abcdef":
        add(pods, name, "n1")
    whole = on_node(pods, "n1")
    page = on_node(pods, "n1", limit=2)
    found = list(page)
    bind(pods, "c", "n2")
    pods.delete(CTX, "/pods/ns/d")
    add(pods, "cc", "n1")
    while page.metadata.continue_:
        assert page.metadata.remaining_item_count is None
        page = on_node(pods, "n1", limit=2, continue_=page.metadata.continue_)
        found += list(page)
    assert found == list(whole)
    assert page.metadata.resource_version == whole.metadata.resource_version


def test_a_page_after_compaction_is_too_old(pods: Interface[Pod]) -> None:
    for name in "abcd":
        add(pods, name, "n1")
    page = on_node(pods, "n1", limit=2)
    bind(pods, "c", "n2")
    pods.compact(pods.current_resource_version(CTX))
    with pytest.raises(Expired):
        on_node(pods, "n1", limit=2, continue_=page.metadata.continue_)
    assert names(on_node(pods, "n1")) == ["ns/a", "ns/b", "ns/d"]


def test_what_is_compacted_is_too_old_though_the_index_knows_it(pods: Interface[Pod]) -> None:
    for name in "abcd":
        add(pods, name, "n1")
    page = on_node(pods, "n1", limit=2)
    version = page.metadata.resource_version
    add(pods, "e", "n2")
    pods.compact(pods.current_resource_version(CTX))
    for node in ("n1", "n9"):
        for indexed in (False, True):
            with pytest.raises(Expired):
                on_node(pods, node, indexed=indexed, version=version, match="Exact")
            with pytest.raises(Expired) as caught:
                on_node(pods, node, indexed=indexed, continue_=page.metadata.continue_)
    assert names(on_node(pods, "n1", continue_=caught.value.continue_token)) == ["ns/c", "ns/d"]


def test_the_future_is_refused(pods: Interface[Pod]) -> None:
    add(pods, "a", "n1")
    later = str(pods.current_resource_version(CTX) + 10)
    for match in ("NotOlderThan", "Exact"):
        with pytest.raises(TooLargeResourceVersion):
            on_node(pods, "n1", version=later, match=match)
    with pytest.raises(TooLargeResourceVersion):
        on_node(pods, "n1", version=str(2**64 - 1), match="Exact")


def test_an_index_that_compaction_has_passed_is_built_anew(pods: Interface[Pod]) -> None:
    add(pods, "a", "n1")
    assert names(on_node(pods, "n1")) == ["ns/a"]
    add(pods, "b", "n1")
    bind(pods, "a", "n2")
    pods.compact(pods.current_resource_version(CTX))
    for _ in range(2):
        assert names(on_node(pods, "n1")) == ["ns/b"]


def test_what_another_process_writes_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    mine = ObjectStorage(SqliteBackend(path, synchronous="normal"))
    theirs = ObjectStorage(SqliteBackend(path, synchronous="normal"))
    with mine as one, theirs as other:
        here, there = one.for_resource(PODS), other.for_resource(PODS)
        add(there, "a", "n1")
        assert names(on_node(here, "n1")) == ["ns/a"]
        watch = here.watch(CTX, "/pods", ListOptions(recursive=True))
        for number in range(20):
            add(there, f"b{number:02}", "n1")
            assert len(on_node(here, "n1")) == number + 2
        watch.stop()
        bind(there, "a", "n2")
        assert len(on_node(here, "n1")) == 20


@pytest.mark.parametrize("make", [MemoryBackend, None])
def test_each_list_is_one_state_while_others_write(
    make: Callable[[], MemoryBackend] | None, tmp_path: Path
) -> None:
    """One Pod is on n1 at any time, and which one tells the revision."""
    backend = make() if make else SqliteBackend(tmp_path / "s.db", synchronous="normal")
    with ObjectStorage(backend) as root:
        pods = root.for_resource(PODS)
        add(pods, "a", "n1")
        add(pods, "b", "n2")
        stop = threading.Event()
        failures: list[BaseException] = []

        def write() -> None:
            try:
                while not stop.is_set():
                    bind(pods, "b", "n1")  # both
                    bind(pods, "a", "n2")  # b
                    bind(pods, "a", "n1")  # both
                    bind(pods, "b", "n2")  # a
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        try:
            for _ in range(150):
                found = on_node(pods, "n1")
                version = found.metadata.resource_version
                assert found == on_node(pods, "n1", indexed=False, version=version, match="Exact")
                assert len(found) >= 1
        finally:
            stop.set()
            thread.join(30)
        assert failures == []


def test_documents_of_another_writer_are_looked_at() -> None:
    documents = {
        "spaced": b'{"kind":"Pod","metadata":{"name":"spaced"},"spec":{"nodeName" : "n1"}}',
        "escaped": b'{"kind":"Pod","metadata":{"name":"escaped"},"spec":{"nodeNam\\u0065":"n1"}}',
        "value": b'{"kind":"Pod","metadata":{"name":"value"},"spec":{"nodeName":"\\u006e1"}}',
        "first": b' {"kind":"Pod","metadata":{"name":"first"},"spec":{"nodeName":"n1"}}',
        "twice": b'{"nodeName":"n2","metadata":{"name":"twice"},"spec":{"nodeName":"n1"}}',
        "other": b'{"kind":"Pod","metadata":{"name":"other"},"spec":{"nodeName":"n2"}}',
    }
    with ObjectStorage(MemoryBackend()) as root:
        pods = root.for_resource(PODS)
        for name, document in documents.items():
            pods.backend.put(f"/registry/pods/ns/{name}", document, expected=0)
        found = [each.metadata.name for each in on_node(pods, "n1")]
        assert found == ["escaped", "first", "spaced", "twice", "value"]


@pytest.mark.parametrize(
    ("data", "values"),
    [
        (b'{"a":1}', []),
        (b'{"nodeName":"n1"}', ["n1"]),
        (b'{"nodeName":"n1","x":{"nodeName":"n2"}}', ["n1", "n2"]),
        (b'{"nodeName":null}', [""]),
        (b'{"nodeName": "n1"}', [""]),
        (b'{"nodeName":"a\\"b"}', [""]),
        (b'{"nodeName":"n1', [""]),
        (b'["nodeName"', [""]),
        (b'{"x":"\\u0041","nodeName":"n1"}', ["", "n1"]),
    ],
)
def test_values_are_taken_from_bytes_where_there_is_no_doubt(
    data: bytes, values: list[str]
) -> None:
    assert list(values_of(b'"nodeName"', data)) == values


def test_behind_a_transformer_the_clear_bytes_count() -> None:
    with ObjectStorage(MemoryBackend(), StorageSettings(transformer=Reversing())) as root:
        pods = root.for_resource(PODS)
        add(pods, "a", "n1")
        add(pods, "b", "n2")
        assert names(on_node(pods, "n1")) == ["ns/a"]
        bind(pods, "b", "n1")
        assert names(on_node(pods, "n1")) == ["ns/a", "ns/b"]


def test_what_left_long_ago_is_not_remembered_for_ever() -> None:
    backend = MemoryBackend()
    data = [Codec().encode(pod("a", f"n{number % 2}")) for number in range(2)]
    revision = first = backend.put("/pods/a", data[0], expected=0)
    index = FieldIndex(backend, below("/pods/"), "spec.nodeName", lambda key, value: value)
    assert index.candidates("n0", below("/pods/"), 0) == (["/pods/a"], first)
    for number in range(1, 5001):
        revision = backend.put("/pods/a", data[number % 2], expected=revision)
    assert index.candidates("n0", below("/pods/"), 0) == (["/pods/a"], revision)
    assert index.candidates("n1", below("/pods/"), 0) == ([], revision)
    assert index.candidates("n1", below("/pods/"), revision - 1) == (["/pods/a"], revision - 1)
    assert index.candidates("n0", below("/pods/"), first) is None
    assert len(index._left) <= 4096


def test_a_store_of_pods_finds_them_by_node() -> None:
    backend = Counted(MemoryBackend())
    with ObjectStorage(backend) as root:
        store = Store(PODS, root, PodStrategy())
        pods = root.for_resource(PODS)
        for number in range(50):
            add(pods, f"p{number:02}", f"n{number % 10}", f"ns{number % 5}")
        options = StoreListOptions(field_selector="spec.nodeName=n3")
        assert len(store.list(CTX, options)) == 5
        backend.read = 0
        assert len(store.list(CTX, options)) == 5
        assert len(store.list(Context(namespace="ns3"), options)) == 5
        assert len(store.list(Context(namespace="ns4"), options)) == 0
        assert backend.read == 10


def test_labels_narrow_it_further(pods: Interface[Pod]) -> None:
    add(pods, "a", "n1")
    made = pod("b", "n1")
    made.metadata.labels["app"] = "x"
    pods.create(CTX, "/pods/ns/b", made)
    assert names(on_node(pods, "n1", label=labels.parse("app=x"))) == ["ns/b"]
