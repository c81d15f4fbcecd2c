"""Who changes what everybody shares is named."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

import pytest

from kregistry.core.pod.strategy import PODS, PodStrategy
from kregistry.core.v1 import Container, Pod
from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.registry import Store
from kregistry.storage import Config, Interface, factory
from kregistry.storage.interface import GetOptions, ListOptions
from kregistry.testing import MutationDetector, SharedObjectMutated

CTX = Context(namespace="ns")
SHARED = GetOptions(shared=True)


@pytest.fixture
def storage() -> Iterator[Interface[Object]]:
    with factory.create(Config(type="memory")) as storage:
        pods = storage.for_resource(PODS)
        for name in ("a", "b"):
            meta = ObjectMeta(name=name, namespace="ns", labels={"app": "x"})
            pods.create(CTX, f"/pods/ns/{name}", Pod(metadata=meta))
        yield storage


@pytest.fixture
def pods(storage: Interface[Object]) -> Interface[Pod]:
    return storage.for_resource(PODS)


def shared(pods: Interface[Pod], name: str) -> Pod:
    return pods.get(CTX, f"/pods/ns/{name}", SHARED)


def innocent(pods: Interface[Pod]) -> int:
    return len(shared(pods, "a").metadata.labels)


def offender(pods: Interface[Pod]) -> None:
    pod = pods.get(CTX, "/pods/ns/a", SHARED)
    pod.metadata.labels["app"] = "mine"


def later_offender(pods: Interface[Pod]) -> None:
    options = ListOptions(recursive=True, shared=True)
    for pod in pods.get_list(CTX, "/pods", options).items:
        pod.spec.containers.append(Container(name="extra"))


def watched(
    storage: Interface[Object], *steps: Callable[[Interface[Pod]], object]
) -> MutationDetector:
    with MutationDetector(storage) as detector:
        for step in steps:
            step(storage.for_resource(PODS))
    return detector


def test_who_only_reads_is_left_alone(storage: Interface[Object]) -> None:
    assert watched(storage, innocent, innocent).mutations == []


def test_who_changes_an_object_is_named_with_what_changed(storage: Interface[Object]) -> None:
    line = inspect.getsourcelines(offender)[1] + 1
    with pytest.raises(SharedObjectMutated) as caught:
        watched(storage, innocent, offender)
    (mutation,) = caught.value.mutations
    assert mutation.key == "/registry/pods/ns/a"
    assert f"{__file__}:{line} in offender" in mutation.places
    assert '-   "app": "x"' in mutation.diff
    assert '+   "app": "mine"' in mutation.diff
    assert "offender" in str(caught.value)


def test_each_offender_is_told_apart_by_what_was_handed_out_in_between(
    storage: Interface[Object],
) -> None:
    with pytest.raises(SharedObjectMutated) as caught:  # the innocent one brings the first up
        watched(storage, offender, innocent, later_offender)
    first, *others = caught.value.mutations
    assert [place.rpartition(" ")[2] for place in first.places] == ["offender"]
    assert [each.key[-1] for each in others] == ["a", "b"]
    assert all("later_offender" in " ".join(each.places) for each in others)
    assert all("extra" in each.diff for each in others)


def test_a_change_that_could_not_even_be_stored_is_told(pods: Interface[Pod]) -> None:
    with pytest.raises(SharedObjectMutated, match="unreadable"), MutationDetector(pods):
        shared(pods, "a").metadata.labels["app"] = object()  # type: ignore[assignment]


def test_objects_of_ones_own_may_be_changed(pods: Interface[Pod]) -> None:
    store = Store(PODS, pods, PodStrategy())
    with MutationDetector(store):
        store.get(CTX, "a").metadata.labels["app"] = "mine"
        store.list(CTX).items[0].metadata.labels.clear()
        store.get(CTX, "a", shared=True)


def test_every_store_over_the_storage_is_covered(storage: Interface[Object]) -> None:
    store = Store(PODS, storage, PodStrategy())
    with pytest.raises(SharedObjectMutated):
        watched(storage, lambda _: store.get(CTX, "b", shared=True).metadata.labels.clear())


def test_an_error_of_the_code_under_test_comes_out_as_it_is(
    storage: Interface[Object], pods: Interface[Pod]
) -> None:
    with pytest.raises(ZeroDivisionError):
        watched(storage, offender, lambda _: 1 // 0)
    assert innocent(pods) == 1  # and nobody looks any more


def test_one_detector_at_a_time(pods: Interface[Pod]) -> None:
    with MutationDetector(pods):
        with pytest.raises(RuntimeError), MutationDetector(pods):
            pass
        innocent(pods)
    with MutationDetector(pods):
        innocent(pods)


def test_what_shares_nothing_is_refused() -> None:
    with pytest.raises(TypeError):
        MutationDetector(object())  # type: ignore[arg-type]
