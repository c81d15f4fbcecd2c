"""Objects that are decoded once, for everybody who changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kregistry.core.pod.strategy import PODS, PodStrategy
from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.meta.errors import Expired
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import ListOptions as StoreListOptions
from kregistry.registry import Store
from kregistry.runtime.errors import DecodeError
from kregistry.storage import Interface
from kregistry.storage.backend import Page
from kregistry.storage.errors import KeyNotFound, RevisionCompacted
from kregistry.storage.interface import GetOptions, ListOptions
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.objects import ObjectStorage, StorageSettings
from kregistry.storage.predicate import SelectionPredicate
from kregistry.testing.forwarding import Forwarding
from storages import KINDS, opened

CTX = Context()
SHARED = GetOptions(shared=True)


@pytest.fixture(params=KINDS)
def pods(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Interface[Pod]]:
    with opened(request, tmp_path) as storage:
        yield storage.for_resource(PODS)


def key(name: str) -> str:
    return f"/pods/ns/{name}"


def add(pods: Interface[Pod], *names: str) -> None:
    for name in names:
        pods.create(CTX, key(name), Pod(metadata=ObjectMeta(name=name, namespace="ns")))


def relabel(pods: Interface[Pod], name: str, label: str) -> Pod:
    def change(stored: Pod, _: object) -> Pod:
        stored.metadata.labels["app"] = label
        return stored

    return pods.guaranteed_update(CTX, key(name), change)


def shared(pods: Interface[Pod], *, version: str = "", match: str = "", **how: Any) -> list[Pod]:
    options = ListOptions(
        recursive=True,
        shared=True,
        resource_version=version,
        resource_version_match=match,
        predicate=SelectionPredicate(**how),
    )
    return list(pods.get_list(CTX, "/pods", options).items)


def fresh(pods: Interface[Pod]) -> list[Pod]:
    return list(pods.list(CTX, "/pods").items)


def identical(left: list[Pod], right: list[Pod]) -> bool:
    return [id(each) for each in left] == [id(each) for each in right]


def test_everybody_who_asks_for_it_gets_the_same_object(pods: Interface[Pod]) -> None:
    add(pods, "a")
    first = pods.get(CTX, key("a"), SHARED)
    assert pods.get(CTX, key("a"), SHARED) is first
    assert shared(pods)[0] is first
    assert pods.get(CTX, key("a")) == first
    assert pods.get(CTX, key("a")) is not first
    assert fresh(pods)[0] is not first


def test_a_new_version_is_a_new_object_and_the_old_one_stays_as_it_was(
    pods: Interface[Pod],
) -> None:
    add(pods, "a")
    first = pods.get(CTX, key("a"), SHARED)
    version = first.metadata.resource_version
    updated = relabel(pods, "a", "x")
    second = pods.get(CTX, key("a"), SHARED)
    assert second is not first
    assert second == updated
    assert (first.metadata.labels, first.metadata.resource_version) == ({}, version)


def test_updates_get_objects_of_their_own(pods: Interface[Pod]) -> None:
    add(pods, "a")
    known = pods.get(CTX, key("a"), SHARED)
    relabel(pods, "a", "x")
    pods.delete(CTX, key("a"))
    assert known.metadata.labels == {}


def test_a_list_reads_the_values_it_lacks_and_only_those(pods: Interface[Pod]) -> None:
    add(pods, *(f"p{number:03}" for number in range(300)))
    first = shared(pods)
    assert first == fresh(pods)
    assert identical(shared(pods), first)
    relabel(pods, "p001", "x")
    relabel(pods, "p299", "x")
    pods.delete(CTX, key("p100"))
    add(pods, "p000a")
    second = shared(pods)
    assert second == fresh(pods)
    old = {id(each) for each in first}
    assert [each.metadata.name for each in second if id(each) not in old] == [
        "p000a",
        "p001",
        "p299",
    ]


def test_pages_and_the_past_are_shared_too(pods: Interface[Pod]) -> None:
    add(pods, "a", "b", "c")
    whole = shared(pods)
    options = ListOptions(recursive=True, shared=True, predicate=SelectionPredicate(limit=2))
    page = pods.get_list(CTX, "/pods", options)
    assert identical(list(page.items), whole[:2])
    assert page.metadata.remaining_item_count == 1
    relabel(pods, "c", "x")
    rest = shared(pods, limit=2, continue_=page.metadata.continue_)
    assert rest == whole[2:]
    then = page.metadata.resource_version
    assert shared(pods, version=then, match="Exact") == whole
    assert shared(pods) == fresh(pods)


def test_one_that_was_deleted_is_not_found_and_not_kept(pods: Interface[Pod]) -> None:
    add(pods, "a")
    assert isinstance(pods, ObjectStorage)
    pods.get(CTX, key("a"), SHARED)
    assert len(pods._decoded) == 1
    pods.delete(CTX, key("a"))
    assert len(pods._decoded) == 0
    with pytest.raises(KeyNotFound):
        pods.get(CTX, key("a"), SHARED)
    assert pods.get(CTX, key("a"), GetOptions(shared=True, ignore_not_found=True)) == Pod()


def test_nothing_is_kept_for_those_who_do_not_ask(pods: Interface[Pod]) -> None:
    add(pods, "a")
    assert isinstance(pods, ObjectStorage)
    assert fresh(pods)[0] == pods.get(CTX, key("a"))
    assert len(pods._decoded) == 0


def test_no_more_is_kept_than_the_settings_allow() -> None:
    settings = StorageSettings(remembered_objects=10)
    with ObjectStorage(MemoryBackend(), settings) as root:
        pods = root.for_resource(PODS)
        add(pods, *(f"p{number}" for number in range(50)))
        assert shared(pods) == shared(pods) == fresh(pods)
        assert len(pods._decoded) <= 10


class CompactedAfterKeys(Forwarding):
    """Compacts, and lets others write, whenever the keys of a list were read."""

    in_memory = False
    active = False

    def range(self, start: str, end: str, **how: Any) -> Page:
        page = super().range(start, end, **how)
        if self.active and how.get("keys_only"):
            self.inner.put("/registry/others/x", b"", expected=0)
            self.inner.compact(self.inner.current_revision())
        return page


def test_a_list_that_is_overtaken_by_compaction_begins_anew() -> None:
    backend = CompactedAfterKeys(MemoryBackend())
    with ObjectStorage(backend) as root:
        pods = root.for_resource(PODS)
        add(pods, "a", "b")
        version = fresh(pods)[-1].metadata.resource_version
        backend.active = True
        with pytest.raises(Expired):
            shared(pods, version=version, match="Exact")
        backend.inner.delete("/registry/others/x", expected=4)
        assert shared(pods) == fresh(pods)
        with pytest.raises(RevisionCompacted):
            backend.inner.range("", "/~", revision=3)


def test_a_page_that_is_overtaken_by_compaction_can_be_read_anew_from_its_beginning() -> None:
    backend = CompactedAfterKeys(MemoryBackend())
    with ObjectStorage(backend) as root:
        pods = root.for_resource(PODS)
        add(pods, "a", "b", "c", "d")
        options = ListOptions(recursive=True, predicate=SelectionPredicate(limit=1))
        token = pods.get_list(CTX, "/pods", options).metadata.continue_
        pods.get(CTX, key("b"), SHARED)  # its value need not be read
        backend.active = True
        with pytest.raises(Expired) as caught:
            shared(pods, limit=2, continue_=token)
        backend.active = False
        rest = shared(pods, continue_=caught.value.continue_token)
        assert [each.metadata.name for each in rest] == ["b", "c", "d"]


def test_what_cannot_be_read_fails_each_time_and_is_not_kept() -> None:
    with ObjectStorage(MemoryBackend()) as root:
        pods = root.for_resource(PODS)
        pods.backend.put("/registry/pods/ns/bad", b"{", expected=0)
        for _ in range(2):
            with pytest.raises(DecodeError):
                pods.get(CTX, key("bad"), SHARED)
            with pytest.raises(DecodeError):
                shared(pods)
        assert len(pods._decoded) == 0


def test_a_store_shares_unless_it_decorates(pods: Interface[Pod]) -> None:
    ctx = Context(namespace="ns")
    add(pods, "a", "b")
    plain = Store(PODS, pods, PodStrategy())
    first = plain.get(ctx, "a", shared=True)
    assert plain.get(ctx, "a", shared=True) is first
    assert plain.list(ctx, shared=True).items[0] is first
    assert plain.list(ctx, StoreListOptions(limit=1), shared=True).items[0] is first
    assert plain.get(ctx, "a") is not first

    def decorate(obj: Pod) -> None:
        obj.metadata.annotations["seen"] = "yes"

    decorated = Store(PODS, pods, PodStrategy(), decorator=decorate)
    assert decorated.get(ctx, "a", shared=True).metadata.annotations == {"seen": "yes"}
    assert [each.metadata.annotations for each in decorated.list(ctx, shared=True)] == [
        {"seen": "yes"},
        {"seen": "yes"},
    ]
    assert first.metadata.annotations == {}
    assert plain.get(ctx, "a", shared=True) is first


def test_a_list_that_was_changed_by_its_reader_is_whole_for_the_next_one(
    pods: Interface[Pod],
) -> None:
    add(pods, "a", "b")
    options = ListOptions(recursive=True, shared=True)
    for _ in range(3):
        items = pods.get_list(CTX, "/pods", options).items
        assert isinstance(items, list)
        assert [each.metadata.name for each in items] == ["a", "b"]
        items.clear()


def test_lists_of_different_ranges_do_not_mix(pods: Interface[Pod]) -> None:
    add(pods, "a", "b")
    other = Pod(metadata=ObjectMeta(name="c", namespace="zz"))
    pods.create(CTX, "/pods/zz/c", other)
    for _ in range(2):
        for path, names in (("/pods", "abc"), ("/pods/ns", "ab"), ("/pods/zz", "c")):
            found = pods.get_list(CTX, path, ListOptions(recursive=True, shared=True))
            assert "".join(each.metadata.name for each in found) == names
    relabel(pods, "a", "x")
    assert [each.metadata.labels for each in shared(pods)] == [{"app": "x"}, {}, {}]
