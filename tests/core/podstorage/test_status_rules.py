"""What a node may report, in the words of the API server."""

from __future__ import annotations

from typing import Any

import pytest
from podfactory import create, pod, report

from kregistry.core.pod import PodStorage
from kregistry.core.pod.statusstrategy import PodStatusStrategy
from kregistry.core.v1 import Pod, PodCondition
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Invalid
from kregistry.meta.quantity import Quantity

QUALIFIED = "name part must consist of alphanumeric characters"
NOT_AN_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
ONE_PER_FAMILY = "may specify no more than one IP for each IP family"
BACK = "Forbidden: may not be transitioned to non-terminated state"
IDS = "must be between 0 and 2147483647, inclusive"


def complaints(pods: PodStorage, ctx: Context, status: dict[str, Any]) -> list[str]:
    try:
        report(pods, ctx, "foo", status)
    except Invalid as error:
        return [str(each) for each in error.errors]
    return []


def of_container(**more: Any) -> dict[str, Any]:
    filled = {"name": "c", "ready": False, "restartCount": 0, "image": "", "imageID": ""}
    return {**filled, "state": {}, "lastState": {}, **more}


def container_status(**more: Any) -> dict[str, Any]:
    return {"containerStatuses": [of_container(**more)]}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (
            {"conditions": [{"type": "Ready", "status": "True", "observedGeneration": -1}]},
            [
                "status.conditions[0].observedGeneration: Invalid value: -1: must be a "
                "non-negative integer"
            ],
        ),
        (
            {"conditions": [{"type": "no good", "status": "True"}]},
            [f'status.conditions[0].Type: Invalid value: "no good": {QUALIFIED}'],
        ),
        ({"conditions": [{"type": "example.com/fine", "status": "True"}]}, []),
        (
            {"nominatedNodeName": "A_B"},
            ['status.nominatedNodeName: Invalid value: "A_B": a lowercase RFC 1123 subdomain'],
        ),
        (
            {"observedGeneration": -3},
            ["status.observedGeneration: Invalid value: -3: must be a non-negative integer"],
        ),
        (
            {"qosClass": "Guaranteed"},
            ['status.qosClass: Invalid value: "Guaranteed": field is immutable'],
        ),
        (
            {"resourceClaimStatuses": [{"name": "x"}, {"name": "x", "resourceClaimName": "A"}]},
            [
                'status.resourceClaimStatuses[0].name: Invalid value: "x": must match the name '
                "of an entry in `spec.resourceClaims`",
                'status.resourceClaimStatuses[1].name: Invalid value: "x": must match the name',
                'status.resourceClaimStatuses[1].name: Duplicate value: "x"',
                'status.resourceClaimStatuses[1].resourceClaimName: Invalid value: "A": a lower',
            ],
        ),
        (
            {"extendedResourceClaimStatus": {"requestMappings": [], "resourceClaimName": ""}},
            [
                "status.extendedResourceClaimStatus.requestMappings: Required value: at least "
                "one request mapping is required",
                "status.extendedResourceClaimStatus.resourceClaimName: Required value",
            ],
        ),
        (
            {
                "extendedResourceClaimStatus": {
                    "requestMappings": [
                        {"containerName": "z", "resourceName": "r", "requestName": "q"},
                        {"containerName": "c", "resourceName": "r", "requestName": "Q"},
                    ],
                    "resourceClaimName": "claim",
                }
            },
            [
                "status.extendedResourceClaimStatus.requestMappings[0].containerName: Invalid",
                "status.extendedResourceClaimStatus.requestMappings[1].resourceName: Invalid",
                "status.extendedResourceClaimStatus.requestMappings[1].requestName: Invalid",
            ],
        ),
        (
            {"podIPs": [{"ip": "x"}]},
            [f'status.podIPs[0]: Invalid value: "x": {NOT_AN_IP}'],
        ),
        (
            {"podIPs": [{"ip": "10.00.0.1"}]},
            ['status.podIPs[0]: Invalid value: "10.00.0.1": must not have leading 0s'],
        ),
        ({"podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]}, []),
        (
            {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}]},
            [
                'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: '
                + ONE_PER_FAMILY
            ],
        ),
        (
            {"hostIP": "10.0.0.1", "hostIPs": [{"ip": "10.0.0.2"}]},
            ['status.hostIPs[0].ip: Invalid value: "10.0.0.2": must be equal to `hostIP`'],
        ),
        (
            container_status(user={"linux": {"uid": -1, "gid": -2, "supplementalGroups": [-3]}}),
            [
                f"status.containerStatuses[0].linux.uid: Invalid value: -1: {IDS}",
                f"status.containerStatuses[0].linux.gid: Invalid value: -2: {IDS}",
                "status.containerStatuses[0].linux.supplementalGroups[0]: Invalid value: -3: must",
            ],
        ),
        (
            container_status(
                allocatedResourcesStatus=[
                    {"name": "gone", "resources": []},
                    {
                        "name": "claim:d/r",
                        "resources": [
                            {"resourceID": "1", "health": "Sick", "message": ""},
                            {"resourceID": "1", "health": "Healthy", "message": "x" * 1025},
                        ],
                    },
                ]
            ),
            [
                "status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value",
                "status.containerStatuses[0].allocatedResourcesStatus[1].name: Invalid value",
                "status.containerStatuses[0].allocatedResourcesStatus[1].resources[0].health: "
                'Unsupported value: "Sick": supported values: "Healthy", "Unhealthy", "Unknown"',
                "status.containerStatuses[0].allocatedResourcesStatus[1].resources[0].message",
                "status.containerStatuses[0].allocatedResourcesStatus[1].resources[1].resourceID: "
                'Duplicate value: "1"',
                "status.containerStatuses[0].allocatedResourcesStatus[1].resources[1].message",
            ],
        ),
        (
            {
                "ephemeralContainerStatuses": [
                    of_container(allocatedResourcesStatus=[{"name": "x", "resources": []}])
                ]
            },
            [
                "status.ephemeralContainerStatuses[0].allocatedResourcesStatus: Forbidden: must "
                "not be specified in container status"
            ],
        ),
    ],
)
def test_a_report_is_judged(
    pods: PodStorage, ctx: Context, status: dict[str, Any], expected: list[str]
) -> None:
    create(pods, ctx)
    found = complaints(pods, ctx, status)
    assert len(found) == len(expected), found
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start)


def test_a_bound_pod_is_not_nominated(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx, nodeName="n1")
    assert complaints(pods, ctx, {"nominatedNodeName": "n2"}) == [
        "status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to "
        "a node"
    ]


def test_a_pod_for_windows_has_no_users_of_linux(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx, os={"name": "windows"})
    assert complaints(pods, ctx, container_status(user={"linux": {"uid": 1, "gid": 1}})) == [
        "status.containerStatuses[0].linux: Forbidden: cannot be set for a windows pod"
    ]


ENDED = {"state": {"terminated": {"exitCode": 1}}}
RULE = {"action": "Restart", "exitCodes": {"operator": "In", "values": [1]}}
EVERYTHING = {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [9]}}
OTHERS = {"action": "Restart", "exitCodes": {"operator": "NotIn", "values": [1]}}


@pytest.mark.parametrize(
    ("policy", "container", "code", "allowed"),
    [
        ("Always", {}, 0, True),
        ("OnFailure", {}, 1, True),
        ("OnFailure", {}, 0, False),
        ("Never", {}, 1, False),
        ("Never", {"restartPolicy": "Always"}, 0, True),
        ("Never", {"restartPolicy": "Never", "restartPolicyRules": [RULE]}, 1, True),
        ("Never", {"restartPolicy": "Never", "restartPolicyRules": [RULE]}, 2, False),
        ("Never", {"restartPolicy": "Never", "restartPolicyRules": [OTHERS]}, 2, True),
        ("Never", {"restartPolicy": "Never", "restartPolicyRules": [OTHERS]}, 1, False),
        ("Never", {"restartPolicy": "Never", "restartPolicyRules": [EVERYTHING]}, 0, True),
    ],
)
@pytest.mark.parametrize("kind", ["containerStatuses", "initContainerStatuses"])
def test_what_ended_comes_back_if_it_may(
    pods: PodStorage,
    ctx: Context,
    policy: str,
    container: dict[str, Any],
    code: int,
    allowed: bool,
    kind: str,
) -> None:
    main = {"name": "c", "image": "i"}
    one = {"name": "d", "image": "i", **container}
    spec: dict[str, Any] = {"restartPolicy": policy}
    if kind == "initContainerStatuses":
        if policy == "Always":
            allowed = code != 0  # an init container that succeeded is done
        spec |= {"containers": [main], "initContainers": [one]}
    else:
        spec |= {"containers": [main, one]}
    create(pods, ctx, **spec)
    other = of_container(name="x")
    ended = of_container(name="d", state={"terminated": {"exitCode": code}})
    assert complaints(pods, ctx, {kind: [other, ended]}) == []
    found = complaints(pods, ctx, {kind: [of_container(name="d", state={"running": {}})]})
    assert found == ([] if allowed else [f"status.{kind}[1].state: {BACK}"])


def test_an_ephemeral_container_never_comes_back(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx)
    key = "ephemeralContainerStatuses"
    assert complaints(pods, ctx, {key: [of_container(**ENDED)]}) == []
    assert complaints(pods, ctx, {key: [of_container(state={"running": {}})]}) == [
        f"status.{key}[0].state: {BACK}"
    ]


def test_containers_that_come_back_are_named_in_the_order_of_their_kinds(
    pods: PodStorage, ctx: Context
) -> None:
    main = {"name": "c", "image": "i"}
    create(
        pods, ctx, restartPolicy="Never", containers=[main], initContainers=[main | {"name": "d"}]
    )
    kinds = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"]
    names = dict(zip(kinds, "cde", strict=True))
    gone = {kind: [of_container(name=name, **ENDED)] for kind, name in names.items()}
    assert complaints(pods, ctx, gone) == []
    back = {kind: [of_container(name=name)] for kind, name in names.items()}
    assert complaints(pods, ctx, back) == [f"status.{kind}[0].state: {BACK}" for kind in kinds]


def test_an_address_that_was_stored_before_the_rules_is_kept(
    pods: PodStorage, ctx: Context
) -> None:
    create(pods, ctx)
    store = pods.pod

    def old(pod: Pod, meta: object) -> Pod:
        from kregistry.core.v1 import PodIP

        pod.status.pod_ips = [PodIP(ip="010.0.0.1")]
        return pod

    store.storage.guaranteed_update(ctx, store.keys.key(ctx, "foo"), old)
    asked = Context(namespace="ns")
    report(pods, asked, "foo", {"phase": "Running"})
    assert asked.warnings == [
        'status.podIPs[0].ip: non-standard IP address "010.0.0.1" will be considered invalid in '
        'a future Kubernetes release: use "10.0.0.1"'
    ]


def test_another_spelling_of_an_address_is_worth_a_word(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx)
    asked = Context(namespace="ns")
    report(pods, asked, "foo", {"podIPs": [{"ip": "fd00:0::1"}]})
    assert asked.warnings == [
        'status.podIPs[0].ip: IPv6 address "fd00:0::1" should be in RFC 5952 canonical format '
        '("fd00::1")'
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda pod: setattr(pod.status, "phase", 7), "PodStatus.phase"),
        (lambda pod: setattr(pod.status, "conditions", [None]), "status.conditions[0]"),
        (lambda pod: setattr(pod.status, "conditions", 7), "status.conditions"),
        (lambda pod: setattr(pod.status, "pod_ips", ["10.0.0.1"]), "status.podIPs[0]"),
        (lambda pod: setattr(pod, "status", None), "status"),
        (
            lambda pod: setattr(pod.status, "allocated_resources", {"cpu": "much"}),
            "PodStatus.allocated_resources",
        ),
    ],
)
def test_values_of_other_types_are_told_by_their_field(
    pods: PodStorage, ctx: Context, change: Any, field: str
) -> None:
    create(pods, ctx)

    def broken(pod: Pod) -> None:
        change(pod)

    with pytest.raises((Invalid, BadRequest)) as caught:
        pods.status.modify(ctx, "foo", broken)
    assert field in str(caught.value)


def test_observed_generations_survive_writers_that_do_not_know_them() -> None:
    old, new = pod(), pod()
    old.status.observed_generation = 4
    old.status.conditions = [
        PodCondition(type="A", observed_generation=1),
        PodCondition(type="B", observed_generation=2),
        PodCondition(type="A", observed_generation=3),
    ]
    new.status.conditions = [PodCondition(type=kind) for kind in "AABC"]
    new.status.conditions[2].observed_generation = 9
    PodStatusStrategy().prepare_for_update(Context(namespace="ns"), new, old)
    assert new.status.observed_generation == 4
    found = [(each.type, each.observed_generation) for each in new.status.conditions]
    assert found == [("A", 1), ("A", 3), ("B", 9), ("C", 0)]


def test_a_report_changes_neither_spec_nor_generation(pods: PodStorage, ctx: Context) -> None:
    made = create(pods, ctx)

    def meddle(pod: Pod) -> None:
        pod.spec.containers[0].image = "other"
        pod.spec.containers[0].resources.limits["cpu"] = Quantity("1")
        pod.metadata.labels["seen"] = "yes"
        pod.metadata.generation = 7
        pod.status.phase = "Running"

    found = pods.status.modify(ctx, "foo", meddle)
    assert found.spec == made.spec
    assert found.metadata.generation == made.metadata.generation
    assert (found.metadata.labels, found.status.phase) == ({"seen": "yes"}, "Running")
