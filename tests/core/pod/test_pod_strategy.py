"""PodStrategy: what becomes of a Pod on its way, and how it goes."""

from __future__ import annotations

from typing import Any

import pytest
from podsamples import CODEC, CONTEXT, made

from kregistry.core.pod import (
    PODS,
    PodStrategy,
    compute_qos_class,
    qos_class,
    set_pod_defaults,
)
from kregistry.core.pod.conditions import find_condition, update_condition
from kregistry.core.pod.fields import pod_attributes, selectable_fields
from kregistry.core.v1 import Pod, PodCondition, PodIP, PodStatus, Service
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest
from kregistry.meta.options import DeleteOptions, ListOptions
from kregistry.meta.time import Time
from kregistry.registry import Store
from kregistry.storage import Config, factory

STRATEGY = PodStrategy()


def prepared(spec: dict[str, Any] | None = None, **more: Any) -> Pod:
    pod = made(spec, **more)
    STRATEGY.prepare_for_create(CONTEXT, pod)
    return pod


def test_what_pods_allow() -> None:
    assert STRATEGY.namespace_scoped()
    assert not STRATEGY.allow_create_on_update()
    assert STRATEGY.allow_unconditional_update()
    assert STRATEGY.get_reset_fields() == {"v1": ("status",)}
    assert STRATEGY.recognizes(PODS.gvk)
    assert STRATEGY.object_kinds(Pod()) == ([PODS.gvk], False)


def test_a_new_pod_is_pending_whatever_its_maker_says() -> None:
    pod = made()
    pod.status = PodStatus(phase="Running", pod_ip="1.2.3.4", reason="x")
    pod.metadata.generation = 9
    STRATEGY.prepare_for_create(CONTEXT, pod)
    assert pod.status == PodStatus(phase="Pending", qos_class="BestEffort")
    assert pod.metadata.generation == 1


def test_the_quality_of_service_that_a_maker_claims_is_believed() -> None:
    """A quirk of the API server that clients can see."""
    pod = made()
    pod.status.qos_class = "Guaranteed"
    STRATEGY.prepare_for_create(CONTEXT, pod)
    assert pod.status.qos_class == "Guaranteed"


@pytest.mark.case("RP33")
def test_a_gated_pod_says_that_it_waits() -> None:
    pod = prepared({"schedulingGates": [{"name": "a"}]})
    (condition,) = CODEC.to_dict(pod)["status"]["conditions"]
    assert condition == {
        "type": "PodScheduled",
        "status": "False",
        "reason": "SchedulingGated",
        "message": "Scheduling is blocked due to non-empty scheduling gates",
        "lastProbeTime": None,
        "lastTransitionTime": None,
    }


DISABLED = {
    "schedulingGroup": {"podGroupName": "g"},
    "volumes": [
        {
            "name": "v",
            "projected": {
                "sources": [
                    {"clusterTrustBundle": {"name": "x", "path": "p"}},
                    {"podCertificate": {"signerName": "x", "keyType": "y"}},
                ]
            },
        }
    ],
    "containers": [
        {"name": "a", "image": "i", "lifecycle": {"stopSignal": "SIGTERM"}},
        {
            "name": "b",
            "image": "i",
            "lifecycle": {"stopSignal": "SIGTERM", "preStop": {"exec": {"command": ["x"]}}},
        },
    ],
}


@pytest.mark.case("RP55")
def test_fields_of_features_that_are_off_are_dropped() -> None:
    spec = prepared(DISABLED).spec
    assert spec.scheduling_group is None
    assert spec.volumes[0].projected is not None
    assert [CODEC.to_dict(source) for source in spec.volumes[0].projected.sources] == [{}, {}]
    assert spec.containers[0].lifecycle is None
    assert spec.containers[1].lifecycle is not None
    assert spec.containers[1].lifecycle.stop_signal is None


@pytest.mark.case("RP55")
def test_an_update_keeps_them_where_the_stored_pod_has_them() -> None:
    old, new = made(DISABLED), made(DISABLED)
    STRATEGY.prepare_for_update(CONTEXT, new, old)
    assert new.spec == old.spec
    STRATEGY.prepare_for_update(CONTEXT, new, made())
    assert new.spec.scheduling_group is None


def quality(requests: dict[str, str], limits: dict[str, str] | None = None) -> str:
    resources = {"requests": requests, "limits": limits or {}}
    return compute_qos_class(made(container={"resources": resources}).spec)


@pytest.mark.case("RP32")
@pytest.mark.parametrize(
    ("requests", "limits", "expected"),
    [
        ({}, {}, "BestEffort"),
        ({"ephemeral-storage": "1Gi"}, {}, "BestEffort"),
        ({"cpu": "0"}, {}, "BestEffort"),
        ({"cpu": "1"}, {}, "Burstable"),
        ({}, {"cpu": "1"}, "Burstable"),
        ({}, {"cpu": "1", "memory": "1Gi"}, "Guaranteed"),
        ({"cpu": "1000m"}, {"cpu": "1", "memory": "1Gi"}, "Guaranteed"),
        ({"cpu": "500m"}, {"cpu": "1", "memory": "1Gi"}, "Burstable"),
    ],
)
def test_quality_of_service_follows_from_cpu_and_memory(
    requests: dict[str, str], limits: dict[str, str], expected: str
) -> None:
    assert quality(requests, limits) == expected


@pytest.mark.case("RP32")
def test_every_container_has_to_be_limited_for_a_guarantee() -> None:
    full = {"limits": {"cpu": "1", "memory": "1Gi"}}
    two = [{"name": "a", "image": "i", "resources": full}, {"name": "b", "image": "i"}]
    assert compute_qos_class(made({"containers": two}).spec) == "Burstable"
    init = [{"name": "b", "image": "i"}]
    assert (
        compute_qos_class(made({"containers": two[:1], "initContainers": init}).spec) == "Burstable"
    )
    assert compute_qos_class(made({"containers": two[:1]}).spec) == "Guaranteed"


def test_the_pod_speaks_for_its_containers() -> None:
    container = {"name": "c", "image": "i", "resources": {"requests": {"cpu": "1"}}}

    def of(resources: dict[str, Any]) -> str:
        return compute_qos_class(made({"containers": [container], "resources": resources}).spec)

    assert of({}) == "BestEffort"
    assert of({"limits": {"cpu": "1", "memory": "1Gi"}}) == "Guaranteed"
    assert of({"limits": {"cpu": "1"}}) == "Burstable"
    assert of({"requests": {"cpu": "1"}}) == "Burstable"


@pytest.mark.case("RP32")
def test_a_stored_class_stays() -> None:
    pod = made()
    assert qos_class(pod) == "BestEffort"
    pod.status.qos_class = "Burstable"
    assert qos_class(pod) == "Burstable"


@pytest.mark.case("RP34")
@pytest.mark.parametrize(
    ("asked", "own", "node", "phase", "granted"),
    [
        (None, 30, "n", "Running", 30),
        (5, 30, "n", "Running", 5),
        (0, 30, "n", "Running", 0),
        (-1, 30, "n", "Running", 1),
        (None, None, "n", "Running", 0),
        (5, 30, "", "Pending", 0),
        (5, 30, "n", "Failed", 0),
        (5, 30, "n", "Succeeded", 0),
        (None, -7, "n", "Running", 1),
        (-1, 30, "", "Pending", 0),
    ],
)
def test_a_pod_gets_time_to_end(
    asked: int | None, own: int | None, node: str, phase: str, granted: int
) -> None:
    pod = made()
    pod.spec.termination_grace_period_seconds = own
    pod.spec.node_name = node
    pod.status.phase = phase
    options = DeleteOptions(grace_period_seconds=asked)
    assert STRATEGY.check_graceful_delete(CONTEXT, pod, options) == granted
    assert options.grace_period_seconds == asked


@pytest.mark.case("RP31", "RP40")
def test_pods_are_selected_by_ten_fields() -> None:
    pod = made({"nodeName": "n", "hostNetwork": True, "serviceAccountName": "s"})
    pod.status.pod_ips = [PodIP(ip="1.1.1.1"), PodIP(ip="::1")]
    pod.status.nominated_node_name = "m"
    pod.status.phase = "Running"
    assert selectable_fields(pod) == {
        "metadata.name": "p",
        "metadata.namespace": "ns",
        "spec.hostNetwork": "true",
        "spec.nodeName": "n",
        "spec.restartPolicy": "Always",
        "spec.schedulerName": "default-scheduler",
        "spec.serviceAccountName": "s",
        "status.nominatedNodeName": "m",
        "status.phase": "Running",
        "status.podIP": "1.1.1.1",
    }
    assert selectable_fields(Pod()).keys() == selectable_fields(pod).keys()
    assert selectable_fields(Pod())["spec.hostNetwork"] == "false"


@pytest.mark.case("RP39")
def test_names_of_fields_are_converted() -> None:
    with factory.create(Config()) as storage:
        pods = Store(PODS, storage, PodStrategy())
        pod = made(meta={"name": "bound"})
        pod.spec.node_name = "n"
        set_pod_defaults(pod)
        ctx = Context(namespace=pod.metadata.namespace)
        pods.create(ctx, pod)

        def found(selector: str) -> int:
            return len(pods.list(ctx, ListOptions(field_selector=selector)))

        assert (found("spec.host=n"), found("spec.host!=n"), found("spec.host=x")) == (1, 0, 0)
        assert (found("status.podIPs="), found("status.podIPs=1.1.1.1")) == (1, 0)
        for name, value in selectable_fields(pods.get(ctx, "bound")).items():
            assert found(f"{name}={value}") == 1
        with pytest.raises(BadRequest, match=r"^field label not supported: spec\.x$"):
            found("spec.x=1")
    pods.destroy()
    pods.destroy()


def test_only_pods_have_the_attributes_of_pods() -> None:
    assert pod_attributes(made(meta={"labels": {"a": "b"}}))[0] == {"a": "b"}
    with pytest.raises(TypeError, match=r"^not a pod$"):
        pod_attributes(Service())


def test_a_condition_keeps_its_time_while_its_status_lasts() -> None:
    early, late = Time("2026-01-01T00:00:00Z"), Time("2026-01-02T00:00:00Z")
    status = PodStatus()
    assert update_condition(status, PodCondition(type="Ready", status="True"), early)
    same = PodCondition(type="Ready", status="True")
    assert not update_condition(status, same, late)
    assert same.last_transition_time == early
    assert update_condition(status, PodCondition(type="Ready", status="True", reason="x"), late)
    assert status.conditions[0].last_transition_time == early
    assert update_condition(status, PodCondition(type="Ready", status="False"), late)
    assert status.conditions[0].last_transition_time == late
    assert update_condition(status, PodCondition(type="Other", status="True"), late)
    assert [found.type for found in status.conditions] == ["Ready", "Other"]
    assert find_condition(status, "Other") is status.conditions[1]
    assert find_condition(status, "None") is None
