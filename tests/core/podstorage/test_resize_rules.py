"""What a resize may change, and what ephemeral containers may do, in the API server's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from podfactory import create, report

from kregistry.core.pod import PodStorage
from kregistry.core.v1 import (
    Container,
    ContainerResizePolicy,
    EphemeralContainer,
    Pod,
    ResourceRequirements,
)
from kregistry.meta.context import Context
from kregistry.meta.errors import Invalid, NotFound
from kregistry.meta.options import UpdateOptions
from kregistry.meta.quantity import Quantity
from kregistry.registry import DefaultUpdatedObjectInfo

CPU = {"requests": {"cpu": "100m"}, "limits": {"cpu": "200m"}}
MAIN = {"name": "c", "image": "i", "resources": CPU}
ONLY = "only cpu and memory resources are mutable"
MIRROR = {"annotations": {"kubernetes.io/config.mirror": "x"}}


def resized(
    pods: PodStorage, ctx: Context, change: Callable[[Pod], None]
) -> tuple[Pod | None, list[str]]:
    def apply(pod: Pod) -> None:
        change(pod)

    try:
        return pods.resize.modify(ctx, "foo", apply), []
    except Invalid as error:
        return None, [str(each) for each in error.errors]


def set_cpu(pod: Pod, amount: str = "150m", index: int = 0) -> None:
    pod.spec.containers[index].resources.requests["cpu"] = Quantity(amount)


def test_a_resize_changes_resources_and_the_generation(pods: PodStorage, ctx: Context) -> None:
    made = create(pods, ctx, containers=[MAIN])

    def change(pod: Pod) -> None:
        set_cpu(pod)
        pod.spec.containers[0].resize_policy = [
            ContainerResizePolicy(resource_name="cpu", restart_policy="NotRequired")
        ]
        pod.spec.containers[0].image = "ignored"
        pod.metadata.labels["ignored"] = "yes"
        pod.status.phase = "Failed"

    found, errs = resized(pods, ctx, change)
    assert errs == []
    assert found is not None
    container = found.spec.containers[0]
    assert container.resources.requests == {"cpu": Quantity("150m")}
    assert container.resize_policy[0].resource_name == "cpu"
    assert container.image == "i"
    assert found.metadata.labels == {}
    assert found.status == made.status
    assert found.metadata.generation == made.metadata.generation + 1


def test_a_resize_to_the_same_changes_nothing(pods: PodStorage, ctx: Context) -> None:
    made = create(pods, ctx, containers=[MAIN])
    found, _ = resized(pods, ctx, lambda pod: set_cpu(pod, "0.1"))
    assert found is not None
    assert found.metadata == made.metadata


def _drop_requests(pod: Pod) -> None:
    pod.spec.containers[0].resources.requests = {"memory": Quantity("1Gi")}


def _add_storage(pod: Pod) -> None:
    pod.spec.containers[0].resources.requests["ephemeral-storage"] = Quantity("1Gi")


def _to_guaranteed(pod: Pod) -> None:
    same = {"cpu": Quantity("1"), "memory": Quantity("1Gi")}
    pod.spec.containers[0].resources = ResourceRequirements(limits=same, requests=dict(same))


def _add_container(pod: Pod) -> None:
    extra = Container(
        name="d",
        image="i",
        image_pull_policy="Always",
        termination_message_policy="File",
    )
    pod.spec.containers.append(extra)


def _rename(pod: Pod) -> None:
    pod.spec.containers[0].name = "other"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            _drop_requests,
            [
                "spec.containers[0].resources.requests: Forbidden: resource requests cannot be "
                "removed"
            ],
        ),
        (_add_storage, [f"spec: Forbidden: {ONLY}"]),
        (
            _to_guaranteed,
            [
                'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of '
                "resizing"
            ],
        ),
        (
            _add_container,
            ["spec.containers: Forbidden: containers may not be added or removed on resize"],
        ),
        (
            _rename,
            [
                "spec.containers[0].name: Forbidden: containers may not be renamed or reordered "
                "on resize"
            ],
        ),
    ],
)
def test_a_resize_is_judged(
    pods: PodStorage, ctx: Context, change: Callable[[Pod], None], expected: list[str]
) -> None:
    create(pods, ctx, containers=[MAIN])
    found, errs = resized(pods, ctx, change)
    assert found is None
    assert errs == expected


@pytest.mark.parametrize(
    ("meta", "spec", "expected"),
    [
        (MIRROR, {"nodeName": "n"}, "[]: Forbidden: static pods cannot be resized"),
        ({}, {"os": {"name": "windows"}}, "[]: Forbidden: windows pods cannot be resized"),
    ],
)
def test_some_pods_cannot_be_resized_at_all(
    pods: PodStorage, ctx: Context, meta: dict[str, Any], spec: dict[str, Any], expected: str
) -> None:
    create(pods, ctx, meta=meta, containers=[MAIN], **spec)
    assert resized(pods, ctx, set_cpu)[1] == [expected]


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (
            {"state": {"running": {}}},
            ["spec: Forbidden: Pod running on node without support for resize"],
        ),
        ({"state": {"running": {}}, "resources": CPU}, []),
        ({"state": {"waiting": {}}}, []),
    ],
)
def test_the_node_must_be_able_to_resize(
    pods: PodStorage, ctx: Context, first: dict[str, Any], expected: list[str]
) -> None:
    create(pods, ctx, containers=[MAIN])
    filled = {"ready": False, "restartCount": 0, "image": "", "imageID": "", "lastState": {}}
    report(pods, ctx, "foo", {"containerStatuses": [{"name": "c", **filled, **first}]})
    assert resized(pods, ctx, set_cpu)[1] == expected


INIT = {"name": "a", "image": "i", "resources": CPU}
SIDECAR = {**INIT, "restartPolicy": "Always"}


@pytest.mark.parametrize(("init", "name"), [(INIT, "cpu"), (SIDECAR, "cpu"), (SIDECAR, "storage")])
def test_init_containers_are_resized_too(
    pods: PodStorage, ctx: Context, init: dict[str, Any], name: str
) -> None:
    create(pods, ctx, containers=[MAIN], initContainers=[init])
    resource = "ephemeral-storage" if name == "storage" else name

    def change(pod: Pod) -> None:
        pod.spec.init_containers[0].resources.requests[resource] = Quantity("150m")

    expected = (
        "spec.initContainers[0]: Forbidden: only cpu and memory resources for init or sidecar "
        "containers are mutable"
    )
    assert resized(pods, ctx, change)[1] == ([] if resource == "cpu" else [expected])


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (None, "spec.resources: Forbidden: pod-level resources cannot be removed"),
        (
            {"limits": {"cpu": "2"}},
            "spec.resources.requests: Forbidden: pod-level resource requests cannot be removed",
        ),
        ({"requests": {"cpu": "900m"}, "limits": {"cpu": "2"}}, ""),
        (
            {"requests": {"cpu": "1"}, "limits": {"cpu": "2", "hugepages-2Mi": "2Mi"}},
            "spec: Forbidden: only cpu and memory resources are mutable at pod-level",
        ),
    ],
)
def test_resources_of_the_whole_pod_may_change_but_not_go(
    pods: PodStorage, ctx: Context, new: dict[str, Any] | None, expected: str
) -> None:
    resources = {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}
    create(pods, ctx, containers=[MAIN], resources=resources)

    def change(pod: Pod) -> None:
        if new is None:
            pod.spec.resources = None
            return
        amounts = {
            side: {name: Quantity(text) for name, text in new.get(side, {}).items()}
            for side in ("requests", "limits")
        }
        pod.spec.resources = ResourceRequirements(**amounts)

    _, errs = resized(pods, ctx, change)
    assert (expected in errs) if expected else errs == []


# Ephemeral containers.


def debug(name: str = "dbg", image: str = "busybox") -> EphemeralContainer:
    return EphemeralContainer(
        name=name,
        image=image,
        image_pull_policy="Always",
        termination_message_policy="File",
    )


def test_only_ephemeral_containers_are_added(pods: PodStorage, ctx: Context) -> None:
    made = create(pods, ctx)

    def change(pod: Pod) -> None:
        pod.spec.ephemeral_containers.append(debug())
        pod.spec.containers[0].image = "ignored"
        pod.metadata.annotations["ignored"] = "yes"
        pod.metadata.finalizers = ["example.com/ignored"]

    found = pods.ephemeral_containers.modify(ctx, "foo", change)
    assert [each.name for each in found.spec.ephemeral_containers] == ["dbg"]
    assert found.spec.containers == made.spec.containers
    assert (found.metadata.annotations, found.metadata.finalizers) == ({}, [])
    assert found.metadata.generation == made.metadata.generation + 1


def test_a_static_pod_gets_no_ephemeral_containers(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx, meta=MIRROR, nodeName="n")

    def change(pod: Pod) -> None:
        pod.spec.ephemeral_containers = [debug()]

    with pytest.raises(Invalid) as caught:
        pods.ephemeral_containers.modify(ctx, "foo", change)
    assert [str(each) for each in caught.value.errors] == [
        "[]: Forbidden: static pods do not support ephemeral containers"
    ]


@pytest.mark.parametrize("part", ["status", "ephemeral_containers", "resize"])
def test_a_part_of_no_pod_cannot_be_written_even_by_force(
    pods: PodStorage, ctx: Context, part: str
) -> None:
    info = DefaultUpdatedObjectInfo(Pod())
    with pytest.raises(NotFound):
        getattr(pods, part).update(ctx, "foo", info, force_allow_create=True)


@pytest.mark.parametrize("part", ["status", "ephemeral_containers", "resize"])
def test_a_rehearsed_part_stays_as_it_is(pods: PodStorage, ctx: Context, part: str) -> None:
    made = create(pods, ctx, containers=[MAIN])

    def change(pod: Pod) -> None:
        pod.status.phase = "Running"
        pod.spec.ephemeral_containers = [debug()]
        set_cpu(pod)

    options = UpdateOptions(dry_run=("All",))
    changed = getattr(pods, part).modify(ctx, "foo", change, options=options)
    assert changed != made
    assert pods.pod.get(ctx, "foo") == made


@pytest.mark.parametrize("part", ["ephemeral_containers", "resize"])
@pytest.mark.parametrize(
    "change",
    [
        lambda pod: setattr(pod, "spec", None),
        lambda pod: setattr(pod.spec, "containers", None),
        lambda pod: setattr(pod.spec, "containers", [7]),
        lambda pod: setattr(pod.spec, "ephemeral_containers", "x"),
        lambda pod: setattr(pod.spec.containers[0], "resources", "much"),
        lambda pod: setattr(pod.spec.containers[0], "resources", None),
        lambda pod: setattr(pod.spec, "resources", 7),
        lambda pod: pod.spec.containers[0].resources.limits.update(cpu="1"),
    ],
)
def test_values_of_other_types_never_leak_as_bugs(
    pods: PodStorage, ctx: Context, part: str, change: Callable[[Pod], None]
) -> None:
    made = create(pods, ctx, containers=[MAIN])

    def broken(pod: Pod) -> None:
        change(pod)

    try:
        found = getattr(pods, part).modify(ctx, "foo", broken)
    except Invalid:
        return
    assert found.spec == made.spec  # what was wrong is none of this part's business
