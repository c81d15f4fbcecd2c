"""Binding: a Pod gets its node once, and only the Pod that is meant."""

from __future__ import annotations

import pytest
from podfactory import binding, create

from kregistry.core.pod import PodStorage
from kregistry.core.v1 import Binding, ObjectReference
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Conflict, Invalid, NotFound, StatusError
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.registry import Store

CONFLICT = 'Operation cannot be fulfilled on pods/binding "foo": pod foo '


def node_of(pods: PodStorage, ctx: Context) -> str:
    return pods.pod.get(ctx, "foo").spec.node_name


@pytest.mark.case("RP11", "RP19")
def test_a_pod_is_bound_and_keeps_its_containers(pods: PodStorage, ctx: Context) -> None:
    before = create(pods, ctx)

    assert pods.binding.create(ctx, "foo", binding()).status == "Success"

    pod = pods.pod.get(ctx, "foo")
    assert pod.spec.node_name == "machine"
    assert pod.spec.containers == before.spec.containers
    assert pod.metadata.generation == before.metadata.generation
    scheduled = [(each.type, each.status) for each in pod.status.conditions]
    assert scheduled == [("PodScheduled", "True")]


@pytest.mark.case("RP12")
def test_a_bound_pod_is_nominated_no_longer(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx, status={"nominatedNodeName": "other"})

    pods.binding.create(ctx, "foo", binding())

    assert pods.pod.get(ctx, "foo").status.nominated_node_name == ""


@pytest.mark.case("RP13")
def test_no_pod_cannot_be_bound(pods: PodStorage, ctx: Context) -> None:
    with pytest.raises(NotFound) as caught:
        pods.binding.create(ctx, "foo", binding())
    assert str(caught.value) == 'pods "foo" not found'


@pytest.mark.case("RP14")
def test_without_a_namespace_no_pod_can_be_bound(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx)

    with pytest.raises(BadRequest, match=r"[Nn]amespace"):
        pods.binding.create(Context(), "foo", binding())


@pytest.mark.case("RP15")
def test_labels_and_annotations_of_a_binding_become_the_pods(
    pods: PodStorage, ctx: Context
) -> None:
    create(pods, ctx, meta={"labels": {"a": "1", "b": "2"}, "annotations": {"x": "1"}})

    pods.binding.create(
        ctx, "foo", binding(labels={"b": "3", "c": "4"}, annotations={"x": "2", "y": "3"})
    )

    meta = pods.pod.get(ctx, "foo").metadata
    assert meta.labels == {"a": "1", "b": "3", "c": "4"}
    assert meta.annotations == {"x": "2", "y": "3"}


@pytest.mark.case("RP16")
def test_a_bound_pod_is_not_bound_again(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx)
    pods.binding.create(ctx, "foo", binding())

    with pytest.raises(Conflict) as caught:
        pods.binding.create(ctx, "foo", binding(node="other"))

    assert str(caught.value) == CONFLICT + 'is already assigned to node "machine"'
    assert node_of(pods, ctx) == "machine"


@pytest.mark.case("RP17")
@pytest.mark.parametrize("gated", [True, False])
def test_a_gated_pod_is_not_bound(pods: PodStorage, ctx: Context, gated: bool) -> None:
    create(pods, ctx, schedulingGates=[{"name": "wait"}] if gated else [])

    if gated:
        with pytest.raises(Conflict) as caught:
            pods.binding.create(ctx, "foo", binding())
        assert str(caught.value) == CONFLICT + "has non-empty .spec.schedulingGates"
    else:
        pods.binding.create(ctx, "foo", binding())
    assert node_of(pods, ctx) == ("" if gated else "machine")


@pytest.mark.case("RP18")
@pytest.mark.parametrize("uid", ["same", "", "changed"])
@pytest.mark.parametrize("version", ["same", "", "changed"])
def test_a_binding_means_one_pod_in_one_version(
    pods: PodStorage, ctx: Context, uid: str, version: str
) -> None:
    meta = create(pods, ctx).metadata
    wanted = binding(
        uid={"same": meta.uid, "": "", "changed": "another"}[uid],
        resource_version={"same": meta.resource_version, "": "", "changed": "1"}[version],
    )

    if "changed" in (uid, version):
        with pytest.raises(Conflict):
            pods.binding.create(ctx, "foo", wanted)
        assert node_of(pods, ctx) == ""
    else:
        pods.binding.create(ctx, "foo", wanted)
        assert node_of(pods, ctx) == "machine"


def to(kind: str, name: str, *, pod: str = "foo") -> Binding:
    meta = ObjectMeta(name=pod, namespace="ns")
    return Binding(metadata=meta, target=ObjectReference(kind=kind, name=name))


@pytest.mark.case("RP20")
@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (to("Node", ""), Invalid),
        (to("Node", "machine", pod="bar"), BadRequest),
        (to("unknown", "machine"), Invalid),
        (to("", "machine"), None),
        (to("Node", "machine"), None),
    ],
)
def test_a_binding_names_its_pod_and_a_node(
    pods: PodStorage, ctx: Context, wanted: Binding, error: type[StatusError] | None
) -> None:
    create(pods, ctx)

    if error is not None:
        with pytest.raises(error):
            pods.binding.create(ctx, "foo", wanted)
    else:
        pods.binding.create(ctx, "foo", wanted)
    assert node_of(pods, ctx) == ("" if error else "machine")


@pytest.mark.case("RP04")
def test_a_pod_that_somebody_else_removed_after_its_mark_is_no_failure(
    pods: PodStorage, ctx: Context
) -> None:
    store: Store = pods.pod
    create(pods, ctx)
    checks: list[str] = []

    def race(ctx: Context, obj: object) -> None:
        checks.append("check")
        if len(checks) == 2:
            store.storage.delete(ctx, store.keys.key(ctx, "foo"))

    gone = store.delete(ctx, "foo", validate=race)

    assert gone.immediate
    assert gone.result.metadata.deletion_timestamp is not None
    assert gone.result.metadata.deletion_grace_period_seconds == 0
    with pytest.raises(NotFound):
        store.delete(ctx, "foo")
